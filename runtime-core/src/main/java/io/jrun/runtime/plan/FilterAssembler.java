package io.jrun.runtime.plan;

import java.util.ArrayList;
import java.util.List;

/**
 * Writes a seccomp filter. An instruction is a {@code struct sock_filter} as a number: code in the lowest 16 bits, the
 * jumps when true and when false in 8 bits each, the value in the highest 32. Source: linux/filter.h, seccomp(2).
 */
final class FilterAssembler {

    /** Source: linux/bpf_common.h, BPF_MAXINSNS. */
    static final int INSTRUCTIONS_MAX = 4096;

    private static final int LOAD_WORD = 0x20; // BPF_LD | BPF_W | BPF_ABS
    private static final int AND = 0x54; // BPF_ALU | BPF_AND | BPF_K
    private static final int JUMP = 0x05; // BPF_JMP | BPF_JA
    private static final int RETURN = 0x06; // BPF_RET | BPF_K
    static final int EQUAL = 0x15; // BPF_JMP | BPF_JEQ | BPF_K
    static final int GREATER = 0x25; // BPF_JMP | BPF_JGT | BPF_K
    static final int AT_LEAST = 0x35; // BPF_JMP | BPF_JGE | BPF_K

    /** As a jump: to where the tests of one rule end without having held; {@link #endRule} puts the distance in. */
    static final int NO = 255;

    private final List<Long> program = new ArrayList<>();
    private int ruleBegin;

    void load(int offset) {
        add(LOAD_WORD, 0, 0, offset);
    }

    void and(int mask) {
        add(AND, 0, 0, mask);
    }

    /** Jumps count instructions behind this one. */
    void compare(int code, int value, int ifTrue, int ifFalse) {
        add(code, ifTrue, ifFalse, value);
    }

    void answer(int action) {
        add(RETURN, 0, 0, action);
    }

    /** A jump over what follows, up to {@link #land}. */
    int jump() {
        add(JUMP, 0, 0, 0);
        return program.size() - 1;
    }

    void land(int jump) {
        program.set(jump, instruction(JUMP, 0, 0, program.size() - jump - 1));
    }

    void beginRule() {
        ruleBegin = program.size();
    }

    void endRule() {
        for (int at = ruleBegin; at < program.size(); at++) {
            long instruction = program.get(at);
            int code = (int) (instruction & 0xffff);
            int ifTrue = (int) (instruction >>> 16 & 0xff);
            int ifFalse = (int) (instruction >>> 24 & 0xff);
            if (code == EQUAL || code == GREATER || code == AT_LEAST) {
                int end = program.size() - at - 1;
                int value = (int) (instruction >>> 32);
                program.set(at, instruction(code, ifTrue == NO ? end : ifTrue, ifFalse == NO ? end : ifFalse, value));
            }
        }
    }

    List<Long> program() {
        return program;
    }

    private void add(int code, int ifTrue, int ifFalse, int value) {
        program.add(instruction(code, ifTrue, ifFalse, value));
    }

    private static long instruction(int code, int ifTrue, int ifFalse, int value) {
        return (long) value << 32 | (long) ifFalse << 24 | (long) ifTrue << 16 | code;
    }
}
