package io.jrun.runtime.plan;

/**
 * The system calls that plans make or filter, with their numbers. A call that came before aarch64 did has no number
 * there.
 *
 * <p>Source: Linux, arch/x86/entry/syscalls/syscall_64.tbl and include/uapi/asm-generic/unistd.h.
 */
enum SystemCall {
    CAPSET(126, 91),
    CHDIR(80, 49),
    CHOWN(92, SystemCall.NONE),
    CHROOT(161, 51),
    CLOCK_GETTIME(228, 113),
    CLONE(56, 220),
    CLOSE(3, 57),
    CLOSE_RANGE(436, 436),
    CONNECT(42, 203),
    DUP3(292, 24),
    EXIT_GROUP(231, 94),
    FACCESSAT(269, 48),
    FCHDIR(81, 50),
    FCHMODAT(268, 53),
    FCHOWN(93, 55),
    FCHOWNAT(260, 54),
    FCNTL(72, 25),
    FLOCK(73, 32),
    FSTATFS(138, 44),
    FTRUNCATE(77, 46),
    GETPID(39, 172),
    GETPPID(110, 173),
    IOCTL(16, 29),
    KILL(62, 129),
    LCHOWN(94, SystemCall.NONE),
    MEMFD_CREATE(319, 279),
    MKDIRAT(258, 34),
    MKNOD(133, SystemCall.NONE),
    MKNODAT(259, 33),
    MOUNT(165, 40),
    MOUNT_SETATTR(442, 442),
    MOVE_MOUNT(429, 429),
    OPENAT(257, 56),
    OPENAT2(437, 437),
    OPEN_TREE(428, 428),
    PERSONALITY(135, 92),
    PIDFD_OPEN(434, 434),
    PIPE2(293, 59),
    PIVOT_ROOT(155, 41),
    PPOLL(271, 73),
    PRCTL(157, 167),
    PREAD64(17, 67),
    PRLIMIT64(302, 261),
    PWRITE64(18, 68),
    READ(0, 63),
    READLINKAT(267, 78),
    RECVFROM(45, 207),
    RENAMEAT2(316, 276),
    RT_SIGACTION(13, 134),
    RT_SIGPROCMASK(14, 135),
    SECCOMP(317, 277),
    SENDMSG(46, 211),
    SETDOMAINNAME(171, 162),
    SETFSGID(123, 152),
    SETFSUID(122, 151),
    SETGID(106, 144),
    SETGROUPS(116, 159),
    SETHOSTNAME(170, 161),
    SETNS(308, 268),
    SETREGID(114, 143),
    SETRESGID(119, 149),
    SETRESUID(117, 147),
    SETREUID(113, 145),
    SETSID(112, 157),
    SETSOCKOPT(54, 208),
    SETUID(105, 146),
    SOCKET(41, 198),
    STATX(332, 291),
    SYMLINKAT(266, 36),
    TIMERFD_CREATE(283, 85),
    TIMERFD_SETTIME(286, 86),
    UMASK(95, 166),
    UMOUNT2(166, 39),
    UNLINKAT(263, 35),
    UNSHARE(272, 97),
    WAIT4(61, 260),
    WRITE(1, 64),
    WRITEV(20, 66);

    private static final int NONE = -1;

    private final int x86Number;
    private final int armNumber;

    SystemCall(int x86Number, int armNumber) {
        this.x86Number = x86Number;
        this.armNumber = armNumber;
    }

    boolean existsOn(Machine machine) {
        return raw(machine) != NONE;
    }

    int number(Machine machine) {
        if (!existsOn(machine)) {
            throw new IllegalArgumentException(name() + " does not exist on " + machine);
        }
        return raw(machine);
    }

    private int raw(Machine machine) {
        return machine == Machine.X86_64 ? x86Number : armNumber;
    }
}
