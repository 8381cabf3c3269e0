package io.jrun.runtime.plan;

import static io.jrun.runtime.plan.TapeAssembler.Operand.number;
import static io.jrun.runtime.plan.TapeAssembler.Operand.register;
import static io.jrun.runtime.plan.TapeAssembler.Operand.scratch;

import io.jrun.posix.ByteString;
import io.jrun.runtime.plan.TapeAssembler.Operand;

/** A terminal for the container, whose other end goes through a socket to who asked for it. Source: pty(7), unix(7). */
final class ConsoleLowering {

    private static final int SOCKET = 17;
    private static final int MASTER = 18;
    private static final int SLAVE = 19;

    private static final int AF_UNIX = 1;
    private static final int SOCK_STREAM = 1;
    private static final int O_NOCTTY = 0400;
    private static final int TIOCSCTTY = 0x540e;
    private static final int TIOCSWINSZ = 0x5414;
    private static final int TIOCGPTPEER = 0x5441;
    private static final int TIOCSPTLCK = 0x40045431;
    private static final int TIOCGPTN = 0x80045430;

    private static final int VECTOR = LifecycleCalls.MESSAGE + 64; // struct iovec
    private static final int CONTROL = VECTOR + 16; // struct cmsghdr and one descriptor
    private static final int CONTROL_SIZE = 24;
    private static final String NAME = "/dev/ptmx";

    private final LifecycleCalls life;
    private final CallAssembler calls;
    private final TapeAssembler tape;
    private final ContainerMountLowering mounts;

    ConsoleLowering(LifecycleCalls life, ContainerMountLowering mounts) {
        this.life = life;
        this.calls = life.calls;
        this.tape = life.tape;
        this.mounts = mounts;
    }

    void connect(LifecycleStep.ConnectConsole step) {
        Fault fault = Fault.of(LifecycleCalls.words("connect to the console socket ", step.socket()));
        byte[] path = step.socket().toBytes();
        byte[] address =
                LittleEndian.buffer(110).putShort((short) AF_UNIX).put(path).array();
        Operand type = number(SOCK_STREAM | CallAssembler.O_CLOEXEC);
        calls.callFor(SOCKET, SystemCall.SOCKET, fault, number(AF_UNIX), type, number(0));
        calls.call(SystemCall.CONNECT, fault, register(SOCKET), tape.structure(address), number(path.length + 3));
    }

    void attach(LifecycleStep.AttachConsole step) {
        Fault fault = Fault.of("make the container's terminal");
        Operand none = number(0);
        life.open(MASTER, ByteString.of("/dev/pts/ptmx"), LifecycleCalls.O_RDWR | O_NOCTTY, 0, fault);
        calls.call(SystemCall.IOCTL, fault, register(MASTER), number(TIOCSPTLCK), tape.structure(new byte[8]));
        int flags = LifecycleCalls.O_RDWR | O_NOCTTY | CallAssembler.O_CLOEXEC;
        calls.callFor(SLAVE, SystemCall.IOCTL, fault, register(MASTER), number(TIOCGPTPEER), number(flags));
        if (step.rows() > 0 || step.columns() > 0) {
            byte[] size = LittleEndian.buffer(8)
                    .putShort((short) step.rows())
                    .putShort((short) step.columns())
                    .array();
            calls.call(SystemCall.IOCTL, fault, register(SLAVE), number(TIOCSWINSZ), tape.structure(size));
        }
        calls.call(SystemCall.FCHOWN, fault, register(SLAVE), number((int) step.uid()), number(-1));
        if (step.first()) {
            tape.addInScratch(PlanFormat.OP_STORE, 0, LifecycleCalls.WORD, none);
            calls.call(SystemCall.IOCTL, fault, register(MASTER), number(TIOCGPTN), scratch(LifecycleCalls.WORD));
            tape.addInScratch(PlanFormat.OP_LOAD, CallAssembler.RESULT, LifecycleCalls.WORD);
            calls.text(tape.string("/dev/pts/"), register(CallAssembler.RESULT));
            mounts.bindConsole(scratch(CallAssembler.TEXT), fault);
        }
        sendMaster();
        calls.close(MASTER);
        calls.close(SOCKET);
        for (int descriptor = 0; descriptor <= 2; descriptor++) {
            life.redirect(SLAVE, descriptor, fault);
        }
        calls.close(SLAVE);
        calls.call(SystemCall.IOCTL, fault, none, number(TIOCSCTTY), none);
    }

    /** Source: unix(7), SCM_RIGHTS; cmsg(3). */
    private void sendMaster() {
        Fault fault = Fault.of("send the terminal to the console socket");
        int message = LifecycleCalls.MESSAGE;
        long header = 20L; // cmsg_len: 16 bytes of header and the descriptor
        store(message, number(0));
        store(message + 8, number(0));
        store(message + 16, scratch(VECTOR));
        store(message + 24, number(1));
        store(message + 32, scratch(CONTROL));
        store(message + 40, number(CONTROL_SIZE));
        store(message + 48, number(0));
        store(VECTOR, tape.string(NAME));
        store(VECTOR + 8, number(NAME.length()));
        store(CONTROL, number((int) header));
        tape.add(PlanFormat.OP_SHIFT, CallAssembler.LENGTH, number(1), number(32)); // SCM_RIGHTS above SOL_SOCKET
        tape.add(PlanFormat.OP_OR, CallAssembler.LENGTH, register(CallAssembler.LENGTH), number(1));
        store(CONTROL + 8, register(CallAssembler.LENGTH));
        store(CONTROL + 16, register(MASTER));
        calls.call(SystemCall.SENDMSG, fault, register(SOCKET), scratch(message), number(0));
    }

    private void store(int place, Operand value) {
        tape.addInScratch(PlanFormat.OP_STORE, 0, place, value);
    }
}
