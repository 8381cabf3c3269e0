package io.jrun.runtime.plan;

import java.nio.ByteBuffer;
import java.util.List;

/**
 * The seccomp filter under which package managers believe to be root: calls that change owners or ids answer 0 and do
 * nothing, for {@code mknod} only where it asks for a device node. All other calls pass. (0 is the true answer of
 * {@code setfsuid} and {@code setfsgid} too: the previous id, which is always 0 here.)
 *
 * <p>Calls of another architecture's table (32-bit programs) pass unfiltered, since their numbers mean something else; so
 * do those of x32, whose numbers have bit 30 set and match none of ours. The filter is a convenience and guards nothing:
 * what is not faked fails as it would without it.
 *
 * <p>Source: seccomp(2); linux/filter.h; setfsuid(2).
 */
final class OwnershipFilter {

    private static final int LOAD_WORD = 0x20; // BPF_LD | BPF_W | BPF_ABS
    private static final int JUMP_EQUAL = 0x15; // BPF_JMP | BPF_JEQ | BPF_K
    private static final int AND = 0x54; // BPF_ALU | BPF_AND | BPF_K
    private static final int RETURN = 0x06; // BPF_RET | BPF_K
    private static final int ALLOW = 0x7fff0000;
    private static final int PRETEND_SUCCESS = 0x00050000; // SECCOMP_RET_ERRNO with errno 0

    private static final int OFFSET_NUMBER = 0; // of struct seccomp_data
    private static final int OFFSET_ARCHITECTURE = 4;
    private static final int OFFSET_ARGUMENTS = 16; // the low half comes first

    private static final int INSTRUCTIONS_MAX = 64;

    private static final int S_IFMT = 0170000;
    private static final int S_IFCHR = 0020000;
    private static final int S_IFBLK = 0060000;

    private static final List<SystemCall> FAKED = List.of(
            SystemCall.CHOWN,
            SystemCall.FCHOWN,
            SystemCall.LCHOWN,
            SystemCall.FCHOWNAT,
            SystemCall.SETUID,
            SystemCall.SETGID,
            SystemCall.SETREUID,
            SystemCall.SETREGID,
            SystemCall.SETRESUID,
            SystemCall.SETRESGID,
            SystemCall.SETGROUPS,
            SystemCall.SETFSUID,
            SystemCall.SETFSGID);

    private final ByteBuffer program = LittleEndian.view(new byte[8 * INSTRUCTIONS_MAX]);

    private OwnershipFilter() {}

    /** The program as an array of {@code struct sock_filter}, 8 bytes each. */
    static byte[] program(Machine machine) {
        OwnershipFilter filter = new OwnershipFilter();
        filter.write(machine);
        byte[] bytes = new byte[filter.program.position()];
        filter.program.get(0, bytes);
        return bytes;
    }

    private void write(Machine machine) {
        instruction(LOAD_WORD, 0, 0, OFFSET_ARCHITECTURE);
        instruction(JUMP_EQUAL, 1, 0, machine.auditArchitecture());
        instruction(RETURN, 0, 0, ALLOW);
        instruction(LOAD_WORD, 0, 0, OFFSET_NUMBER);
        for (SystemCall call : FAKED) {
            if (call.existsOn(machine)) {
                instruction(JUMP_EQUAL, 0, 1, call.number(machine));
                instruction(RETURN, 0, 0, PRETEND_SUCCESS);
            }
        }
        if (SystemCall.MKNOD.existsOn(machine)) {
            pretendForDevices(SystemCall.MKNOD.number(machine), 1);
        }
        pretendForDevices(SystemCall.MKNODAT.number(machine), 2);
        instruction(RETURN, 0, 0, ALLOW);
    }

    /** Leaves the program at the end of its branch, so that the accumulator need not be loaded again. */
    private void pretendForDevices(int number, int modeArgument) {
        instruction(JUMP_EQUAL, 0, 6, number);
        instruction(LOAD_WORD, 0, 0, OFFSET_ARGUMENTS + 8 * modeArgument);
        instruction(AND, 0, 0, S_IFMT);
        instruction(JUMP_EQUAL, 1, 0, S_IFCHR);
        instruction(JUMP_EQUAL, 0, 1, S_IFBLK);
        instruction(RETURN, 0, 0, PRETEND_SUCCESS);
        instruction(RETURN, 0, 0, ALLOW);
    }

    private void instruction(int code, int ifTrue, int ifFalse, int value) {
        program.putShort((short) code).put((byte) ifTrue).put((byte) ifFalse).putInt(value);
    }
}
