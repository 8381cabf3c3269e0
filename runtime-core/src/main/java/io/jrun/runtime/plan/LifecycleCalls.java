package io.jrun.runtime.plan;

import static io.jrun.runtime.plan.TapeAssembler.Operand.number;
import static io.jrun.runtime.plan.TapeAssembler.Operand.register;
import static io.jrun.runtime.plan.TapeAssembler.Operand.scratch;

import io.jrun.posix.ByteString;
import io.jrun.runtime.plan.TapeAssembler.Label;
import io.jrun.runtime.plan.TapeAssembler.Operand;

/** What the processes of a container's life do again and again, and where they keep what they know. */
final class LifecycleCalls {

    /** The container's process, as the caller's PID namespace numbers it. */
    static final int PROCESS = 21;

    /** From the container's process to its maker, and back: words of 64 bits. */
    static final int UP_IN = 22;

    static final int UP_OUT = 23;
    static final int DOWN_IN = 24;
    static final int DOWN_OUT = 25;

    static final int GATE = 26;
    static final int ANSWER_IN = 27;
    static final int ANSWER_OUT = 28;

    /** From the maker to the caller's process. */
    static final int TELL_IN = 29;

    static final int TELL_OUT = 30;

    /** Standard error, while descriptor 2 leads to who starts the container. */
    static final int ERRORS = 31;

    static final int WORD = Scratch.STRUCTURES + 2048;
    static final int PIPE = WORD + 16;
    static final int OLD_MASK = PIPE + 16;
    static final int OLD_ACTION = OLD_MASK + 16;
    static final int MESSAGE = OLD_ACTION + 48; // struct msghdr of sendmsg(2), and what it points to

    static final int O_RDONLY = 0;
    static final int O_WRONLY = 1;
    static final int O_RDWR = 2;
    static final int O_CREAT = 0100;
    static final int O_TRUNC = 01000;
    static final int O_NONBLOCK = 04000;
    static final int PR_SET_NAME = 15;

    private static final int LOW_HALF = Integer.MAX_VALUE; // a descriptor is never negative

    final CallAssembler calls;
    final TapeAssembler tape;

    LifecycleCalls(CallAssembler calls) {
        this.calls = calls;
        this.tape = calls.tape;
    }

    void pipe(int in, int out, Fault fault) {
        calls.call(SystemCall.PIPE2, fault, scratch(PIPE), number(CallAssembler.O_CLOEXEC));
        tape.addInScratch(PlanFormat.OP_LOAD, in, PIPE);
        tape.add(PlanFormat.OP_AND, in, register(in), number(LOW_HALF));
        tape.addInScratch(PlanFormat.OP_LOAD, out, PIPE + 4);
        tape.add(PlanFormat.OP_AND, out, register(out), number(LOW_HALF));
    }

    void open(int result, ByteString path, int flags, int mode, Fault fault) {
        calls.callFor(
                result,
                SystemCall.OPENAT,
                fault,
                number(CallAssembler.AT_FDCWD),
                tape.string(path),
                number(flags | CallAssembler.O_CLOEXEC),
                number(mode));
    }

    void send(int descriptor, Operand word, Fault fault) {
        tape.addInScratch(PlanFormat.OP_STORE, 0, WORD, word);
        calls.call(SystemCall.WRITE, fault, register(descriptor), scratch(WORD), number(8));
    }

    /** The next word, in WORD; ends the process when the other end is gone, which has told why. */
    void receive(int descriptor, Fault fault) {
        Label again = new Label();
        Label whole = new Label();
        tape.mark(again);
        calls.call(
                SystemCall.READ, fault.tolerating(Errno.EINTR, again), register(descriptor), scratch(WORD), number(8));
        tape.addJump(PlanFormat.OP_IF_EQUAL, whole, register(CallAssembler.RESULT), number(8));
        exit(Fault.OWN_FAILURE);
        tape.mark(whole);
    }

    void exit(int status) {
        calls.call(SystemCall.EXIT_GROUP, Fault.of("end"), number(status));
    }

    void prctl(Fault fault, int option, Operand value) {
        calls.call(SystemCall.PRCTL, fault, number(option), value, number(0), number(0), number(0));
    }

    void redirect(int from, int to, Fault fault) {
        calls.call(SystemCall.DUP3, fault, register(from), number(to), number(0));
    }

    /** A file that gets its content under another name first, so that nobody reads half of it. */
    void publish(ByteString path, Runnable content, int descriptor, Fault fault) {
        ByteString early = path.plus(ByteString.of(".new"));
        open(descriptor, early, O_WRONLY | O_CREAT | O_TRUNC, 0644, fault);
        content.run();
        calls.close(descriptor);
        Operand here = number(CallAssembler.AT_FDCWD);
        calls.call(SystemCall.RENAMEAT2, fault, here, tape.string(early), here, tape.string(path), number(0));
    }

    static ByteString file(ByteString directory, String name) {
        return directory.plus(ByteString.of("/" + name));
    }

    static ByteString words(String words, ByteString object) {
        return ByteString.of(words).plus(object);
    }
}
