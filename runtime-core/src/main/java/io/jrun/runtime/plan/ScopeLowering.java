package io.jrun.runtime.plan;

import static io.jrun.runtime.plan.TapeAssembler.Operand.number;
import static io.jrun.runtime.plan.TapeAssembler.Operand.register;
import static io.jrun.runtime.plan.TapeAssembler.Operand.scratch;

import io.jrun.posix.ByteString;
import io.jrun.runtime.cgroup.CgroupPlace;
import io.jrun.runtime.host.CheckLine;
import io.jrun.runtime.plan.TapeAssembler.Label;
import io.jrun.runtime.plan.TapeAssembler.Operand;

/**
 * Asks the user's systemd for a transient scope of this process, with one exchange over its bus: no other program, no
 * waiting on time. Only what systemd itself moves may leave the cgroup of a login session.
 */
final class ScopeLowering {

    private static final int SOCKET = 16;
    private static final int TABLE = 17;
    private static final int FIELDS = 18;
    private static final int BODY = 19;
    private static final int VALUE = 20;
    private static final int WORD = 28;

    private static final int TIMEOUT = Scratch.STRUCTURES + 1600;
    private static final int VECTOR = TIMEOUT + 16; // five struct iovec
    private static final int PROCESS = VECTOR + 80;
    private static final int OK = PROCESS + 8;
    private static final int HEAD = OK + 16;
    private static final int LAST = HEAD + 64;

    // Free until hooks bring variables.
    private static final int HEADER_FIELDS = Scratch.LINES;
    private static final int MESSAGE = HEADER_FIELDS + PlanFormat.STRING_MAX;
    private static final int OWN = MESSAGE + PlanFormat.STRING_MAX;
    private static final int OWN_PATH = OWN + PlanFormat.STRING_MAX;

    private static final int AF_UNIX = 1;
    private static final int SOCK_STREAM = 1;
    private static final int SOL_SOCKET = 1;
    private static final int SO_RCVTIMEO = 20;
    private static final int MSG_WAITALL = 0x100;
    private static final int ERROR = 3;
    private static final int SECONDS = 25; // as systemd's own programs wait

    private final CallAssembler calls;
    private final TapeAssembler tape;

    ScopeLowering(CallAssembler calls) {
        this.calls = calls;
        this.tape = calls.tape;
    }

    /**
     * This process is in a scope afterwards.
     *
     * @param name scratch memory with the scope's name, of {@link BusMessages#NAME_LENGTH} bytes
     * @param path scratch memory that gets the host path of the scope's cgroup
     */
    void enter(CgroupPlace.Scope place, int name, int process, int path) {
        Fault fault = Fault.of("make a scope for the container in your systemd");
        Fault bus = Fault.of(ByteString.of("reach your systemd over ").plus(place.bus()))
                .because(
                        Errno.ENOENT,
                        "there is no such socket",
                        "log in anew, or: loginctl enable-linger",
                        CheckLine.CGROUP)
                .because(
                        Errno.ECONNREFUSED,
                        "nobody listens",
                        "log in anew, or: systemctl --user start dbus.socket",
                        CheckLine.CGROUP);
        connect(place.bus(), bus);
        Operand handshake = tape.structure(BusMessages.HANDSHAKE);
        calls.call(SystemCall.WRITE, fault, register(SOCKET), handshake, number(BusMessages.HANDSHAKE.length));
        receive(MESSAGE, number(BusMessages.HANDSHAKE_ANSWER), fault);
        Label known = new Label();
        tape.addInScratch(PlanFormat.OP_TEXT, CallAssembler.RESULT, OK, tape.string("DATA\r\nOK"));
        tape.addInScratch(PlanFormat.OP_LOAD, VALUE, MESSAGE);
        tape.addInScratch(PlanFormat.OP_LOAD, WORD, OK);
        tape.addJump(PlanFormat.OP_IF_EQUAL, known, register(VALUE), register(WORD));
        fail(fault, tape.string("its bus does not know you"));
        tape.mark(known);
        send(name, process, fault);
        awaitMove(name, fault);
        tape.addInScratch(
                PlanFormat.OP_TEXT,
                CallAssembler.RESULT,
                path,
                tape.string(place.hierarchy()),
                scratch(OWN_PATH + "0::".length()));
        calls.close(TABLE);
        calls.close(SOCKET);
    }

    /** struct sockaddr_un of unix(7): the family, then the path. */
    private void connect(ByteString path, Fault fault) {
        byte[] address = new byte[2 + path.length() + 1];
        address[0] = AF_UNIX;
        System.arraycopy(path.toBytes(), 0, address, 2, path.length());
        Operand kind = number(SOCK_STREAM | CallAssembler.O_CLOEXEC);
        calls.callFor(SOCKET, SystemCall.SOCKET, fault, number(AF_UNIX), kind, number(0));
        tape.addInScratch(PlanFormat.OP_STORE, 0, TIMEOUT, number(SECONDS));
        tape.addInScratch(PlanFormat.OP_STORE, 0, TIMEOUT + 8, number(0));
        calls.call(
                SystemCall.SETSOCKOPT,
                fault,
                register(SOCKET),
                number(SOL_SOCKET),
                number(SO_RCVTIMEO),
                scratch(TIMEOUT),
                number(16));
        calls.call(SystemCall.CONNECT, fault, register(SOCKET), tape.structure(address), number(address.length));
    }

    private void send(int name, int process, Fault fault) {
        byte[][] pieces = BusMessages.startScope();
        tape.addInScratch(PlanFormat.OP_STORE, 0, PROCESS, register(process));
        vector(0, tape.structure(pieces[0]), pieces[0].length);
        vector(1, scratch(name), BusMessages.NAME_LENGTH);
        vector(2, tape.structure(pieces[1]), pieces[1].length);
        vector(3, scratch(PROCESS), 4);
        vector(4, tape.structure(pieces[2]), pieces[2].length);
        calls.call(SystemCall.WRITEV, fault, register(SOCKET), scratch(VECTOR), number(5));
    }

    private void vector(int index, Operand address, int length) {
        tape.addInScratch(PlanFormat.OP_STORE, 0, VECTOR + 16 * index, address);
        tape.addInScratch(PlanFormat.OP_STORE, 0, VECTOR + 16 * index + 8, number(length));
    }

    /** Each message may be the one behind the move, which shows in proc(5); an error ends the start. */
    private void awaitMove(int name, Fault fault) {
        Label next = new Label();
        Label moved = new Label();
        Label noError = new Label();
        tape.mark(next);
        receive(HEAD, number(16), fault);
        load(BODY, HEAD + 4);
        load(FIELDS, HEAD + 12);
        tape.add(PlanFormat.OP_ADD, FIELDS, register(FIELDS), number(7));
        tape.add(PlanFormat.OP_AND, FIELDS, register(FIELDS), number(~7));
        receivePart(HEADER_FIELDS, FIELDS, fault);
        receivePart(MESSAGE, BODY, fault);
        tape.addInScratch(PlanFormat.OP_LOAD, VALUE, HEAD + 1);
        tape.add(PlanFormat.OP_AND, VALUE, register(VALUE), number(0xff));
        tape.addJump(PlanFormat.OP_IF_LESS, noError, register(VALUE), number(ERROR));
        tape.addJump(PlanFormat.OP_IF_LESS, noError, number(ERROR), register(VALUE));
        fail(fault, scratch(MESSAGE + 4)); // a string: its length, its bytes and NUL
        tape.mark(noError);
        compareOwn(name, next, fault);
        tape.mark(moved);
        tape.add(PlanFormat.OP_ADD, VALUE, register(VALUE), number(-1));
        calls.call(SystemCall.PREAD64, fault, register(TABLE), scratch(OWN_PATH), register(VALUE), number(0));
    }

    /** Whether the last line of the own cgroup's table ends with the name; VALUE is then its length. */
    private void compareOwn(int name, Label otherwise, Fault fault) {
        Label other = new Label();
        Label end = new Label();
        Operand here = number(CallAssembler.AT_FDCWD);
        Operand flags = number(CallAssembler.O_CLOEXEC);
        calls.callFor(TABLE, SystemCall.OPENAT, fault, here, tape.string("/proc/self/cgroup"), flags);
        Operand most = number(PlanFormat.STRING_MAX - 1);
        calls.callFor(VALUE, SystemCall.READ, fault, register(TABLE), scratch(OWN), most);
        tape.addJump(PlanFormat.OP_IF_LESS, other, register(VALUE), number(BusMessages.NAME_LENGTH + 1));
        tape.add(PlanFormat.OP_ADD, WORD, register(VALUE), number(-BusMessages.NAME_LENGTH - 1));
        Operand length = number(BusMessages.NAME_LENGTH);
        calls.call(SystemCall.PREAD64, fault, register(TABLE), scratch(LAST), length, register(WORD));
        for (int at = 0; at < BusMessages.NAME_LENGTH; at += 8) {
            Label same = new Label();
            tape.addInScratch(PlanFormat.OP_LOAD, WORD, LAST + at);
            tape.addInScratch(PlanFormat.OP_LOAD, FIELDS, name + at);
            tape.addJump(PlanFormat.OP_IF_EQUAL, same, register(WORD), register(FIELDS));
            tape.addJump(PlanFormat.OP_JUMP, other);
            tape.mark(same);
        }
        tape.addJump(PlanFormat.OP_JUMP, end);
        tape.mark(other);
        calls.close(TABLE);
        tape.addJump(PlanFormat.OP_JUMP, otherwise);
        tape.mark(end);
    }

    /** The 32 bits at a place, which are a length and so not negative. */
    private void load(int to, int place) {
        tape.addInScratch(PlanFormat.OP_LOAD, to, place);
        tape.add(PlanFormat.OP_AND, to, register(to), number(Integer.MAX_VALUE));
    }

    /** What may be empty, and is ended by NUL wherever it ends. */
    private void receivePart(int place, int length, Fault fault) {
        Label fits = new Label();
        Label end = new Label();
        tape.addJump(PlanFormat.OP_IF_EQUAL, end, register(length), number(0));
        tape.addJump(PlanFormat.OP_IF_LESS, fits, register(length), number(PlanFormat.STRING_MAX));
        fail(fault, tape.string("its answer is too long"));
        tape.mark(fits);
        receive(place, register(length), fault);
        tape.mark(end);
    }

    private void receive(int place, Operand length, Fault fault) {
        Label whole = new Label();
        Fault late = fault.because(
                Errno.EAGAIN,
                "it did not answer within " + SECONDS + " seconds",
                "see what it waits for: systemctl --user list-jobs");
        calls.callFor(
                VALUE,
                SystemCall.RECVFROM,
                late,
                register(SOCKET),
                scratch(place),
                length,
                number(MSG_WAITALL),
                number(0),
                number(0));
        tape.addJump(PlanFormat.OP_IF_EQUAL, whole, register(VALUE), length);
        fail(fault, tape.string("it broke off"));
        tape.mark(whole);
    }

    private void fail(Fault fault, Operand cause) {
        tape.addFailing(PlanFormat.OP_FAIL, CallAssembler.RESULT, fault, number(PlanFormat.NO_ERRNO), cause);
    }
}
