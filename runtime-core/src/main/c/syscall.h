/*
 * The border to the kernel: one function per system call that the starter itself makes, returning
 * what the kernel returns, so an error is the negative errno. Everything that depends on the
 * architecture is here.
 */
#ifndef JRUN_SYSCALL_H
#define JRUN_SYSCALL_H

#include <stddef.h>
#include <stdint.h>

#define ENOENT       2
#define EINTR        4
#define E2BIG        7
#define EAGAIN       11
#define EACCES       13
#define EEXIST       17
#define ENOTDIR      20
#define EINVAL       22
#define ENAMETOOLONG 36
#define ENOSYS       38
#define ERRNO_MAX    4095 /* results below -ERRNO_MAX are addresses */

#define AT_FDCWD          (-100)
#define AT_EMPTY_PATH     0x1000
#define AT_SYMLINK_NOFOLLOW 0x100
#define AT_RECURSIVE      0x8000
#define RESOLVE_NO_MAGICLINKS 0x02
#define RESOLVE_IN_ROOT   0x10
#define MS_RDONLY         1
#define MS_NOSUID         2
#define MS_NODEV          4
#define MS_NOEXEC         8
#define MS_REMOUNT        32
#define MS_NOSYMFOLLOW    256
#define MS_BIND           4096
#define MS_REC            16384
#define MS_UNBINDABLE     (1U << 17)
#define MS_PRIVATE        (1U << 18)
#define MS_SLAVE          (1U << 19)
#define MS_SHARED         (1U << 20)
#define MS_RELATIME       (1U << 21)
#define ST_RELATIME       4096U
#define MOUNT_ATTR_NOSYMFOLLOW 0x200000U
#define ST_KEPT           (1U | 2 | 4 | 8 | 1024 | 2048) /* what mount(2) takes in the same place */
#define O_WRONLY          01
#define O_RDWR            02
#define O_CREAT           0100
#define O_EXCL            0200
#define O_TRUNC           01000
#define O_NONBLOCK        04000
#define O_PATH            010000000
#define O_CLOEXEC         02000000
#define STATX_BASIC_STATS 0x7ff
#define S_IFMT            0170000
#define S_IFREG           0100000
#define S_IFDIR           0040000
#define S_IFIFO           0010000
#define ST_NOEXEC         8
#define F_OK              0
#define X_OK              1
#define W_OK              2
#define AT_EUID           12
#define AT_EGID           14
#define LOCK_EX           2
#define LOCK_NB           4
#define F_SETFD           2
#define MFD_CLOEXEC       1
#define MFD_NOEXEC_SEAL   8
#define WNOHANG           1
#define WALL              0x40000000
#define PR_SET_PDEATHSIG  1
#define SIGHUP            1
#define SIGINT            2
#define SIGKILL           9
#define SIGTERM           15
#define SIGCHLD           17

#if defined(__x86_64__)
#define MACHINE     62 /* EM_X86_64 */
#define O_DIRECTORY 0200000
#define O_NOFOLLOW  0400000
enum {
    NR_read = 0,
    NR_write = 1,
    NR_close = 3,
    NR_lseek = 8,
    NR_rt_sigaction = 13,
    NR_pread64 = 17,
    NR_pwrite64 = 18,
    NR_getpid = 39,
    NR_clone = 56,
    NR_execve = 59,
    NR_wait4 = 61,
    NR_kill = 62,
    NR_uname = 63,
    NR_fcntl = 72,
    NR_flock = 73,
    NR_ftruncate = 77,
    NR_getcwd = 79,
    NR_chdir = 80,
    NR_fchdir = 81,
    NR_fchmod = 91,
    NR_getppid = 110,
    NR_getgroups = 115,
    NR_rt_sigtimedwait = 128,
    NR_fstatfs = 138,
    NR_prctl = 157,
    NR_chroot = 161,
    NR_mount = 165,
    NR_getdents64 = 217,
    NR_exit_group = 231,
    NR_openat = 257,
    NR_mkdirat = 258,
    NR_mknodat = 259,
    NR_unlinkat = 263,
    NR_renameat = 264,
    NR_linkat = 265,
    NR_symlinkat = 266,
    NR_readlinkat = 267,
    NR_fchmodat = 268,
    NR_faccessat = 269,
    NR_utimensat = 280,
    NR_dup3 = 292,
    NR_syncfs = 306,
    NR_memfd_create = 319,
    NR_statx = 332,
    NR_openat2 = 437,
    NR_mount_setattr = 442
};
#elif defined(__aarch64__)
#define MACHINE     183 /* EM_AARCH64 */
#define O_DIRECTORY 040000
#define O_NOFOLLOW  0100000
enum {
    NR_getcwd = 17,
    NR_dup3 = 24,
    NR_fcntl = 25,
    NR_flock = 32,
    NR_mknodat = 33,
    NR_mkdirat = 34,
    NR_unlinkat = 35,
    NR_symlinkat = 36,
    NR_linkat = 37,
    NR_renameat = 38,
    NR_mount = 40,
    NR_fstatfs = 44,
    NR_ftruncate = 46,
    NR_faccessat = 48,
    NR_chdir = 49,
    NR_fchdir = 50,
    NR_chroot = 51,
    NR_fchmod = 52,
    NR_fchmodat = 53,
    NR_openat = 56,
    NR_close = 57,
    NR_getdents64 = 61,
    NR_lseek = 62,
    NR_read = 63,
    NR_write = 64,
    NR_pread64 = 67,
    NR_pwrite64 = 68,
    NR_readlinkat = 78,
    NR_utimensat = 88,
    NR_exit_group = 94,
    NR_kill = 129,
    NR_rt_sigaction = 134,
    NR_rt_sigtimedwait = 137,
    NR_getgroups = 158,
    NR_uname = 160,
    NR_prctl = 167,
    NR_getpid = 172,
    NR_getppid = 173,
    NR_clone = 220,
    NR_execve = 221,
    NR_wait4 = 260,
    NR_syncfs = 267,
    NR_memfd_create = 279,
    NR_statx = 291,
    NR_openat2 = 437,
    NR_mount_setattr = 442
};
#else
#error "no system call convention for this architecture"
#endif

#if defined(JRUN_HOSTED) /* the test of the plan reader supplies its own kernel */
int64_t system_call(int64_t nr, int64_t a, int64_t b, int64_t c, int64_t d, int64_t e, int64_t f);
#elif defined(__x86_64__)
static inline int64_t system_call(int64_t nr, int64_t a, int64_t b, int64_t c, int64_t d, int64_t e,
                                  int64_t f)
{
    register int64_t r10 __asm__("r10") = d;
    register int64_t r8 __asm__("r8") = e;
    register int64_t r9 __asm__("r9") = f;
    int64_t result;
    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(nr), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                     : "rcx", "r11", "memory");
    return result;
}
#else
static inline int64_t system_call(int64_t nr, int64_t a, int64_t b, int64_t c, int64_t d, int64_t e,
                                  int64_t f)
{
    register int64_t x8 __asm__("x8") = nr;
    register int64_t x0 __asm__("x0") = a;
    register int64_t x1 __asm__("x1") = b;
    register int64_t x2 __asm__("x2") = c;
    register int64_t x3 __asm__("x3") = d;
    register int64_t x4 __asm__("x4") = e;
    register int64_t x5 __asm__("x5") = f;
    __asm__ volatile("svc 0"
                     : "+r"(x0)
                     : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5)
                     : "memory");
    return x0;
}
#endif

/* The kernel enters here with argc, argv, envp and auxv on the stack and no return address. */
#if defined(JRUN_HOSTED)
#define ENTRY(function)
#elif defined(__x86_64__)
#define ENTRY(function)                                                                            \
    __asm__(".globl _start\n_start: xor %ebp, %ebp\n mov %rsp, %rdi\n and $-16, %rsp\n "           \
            "call " #function "\n hlt")
#else
#define ENTRY(function)                                                                            \
    __asm__(".globl _start\n_start: mov x29, #0\n mov x0, sp\n bl " #function "\n brk #0")
#endif

/* struct statx of statx(2), the same on every architecture. */
struct statx_time {
    int64_t seconds;
    uint32_t nanoseconds, zero;
};

struct statx {
    uint32_t mask, blksize;
    uint64_t attributes;
    uint32_t nlink, uid, gid;
    uint16_t mode, spare;
    uint64_t ino, size, blocks, attributes_mask;
    struct statx_time atime, btime, ctime, mtime;
    uint32_t rdev_major, rdev_minor, dev_major, dev_minor;
    uint64_t more[14];
};

static inline int64_t sys_read(int fd, void *to, size_t size)
{
    return system_call(NR_read, fd, (intptr_t)to, (int64_t)size, 0, 0, 0);
}

static inline int64_t sys_write(int fd, const void *from, size_t size)
{
    return system_call(NR_write, fd, (intptr_t)from, (int64_t)size, 0, 0, 0);
}

static inline int sys_openat(const char *path, int flags, int mode)
{
    return (int)system_call(NR_openat, AT_FDCWD, (intptr_t)path, flags, mode, 0, 0);
}

static inline int sys_close(int fd)
{
    return (int)system_call(NR_close, fd, 0, 0, 0, 0, 0);
}

static inline int64_t sys_rewind(int fd)
{
    return system_call(NR_lseek, fd, 0, 0, 0, 0, 0);
}

static inline int sys_mkdir(const char *path, int mode)
{
    return (int)system_call(NR_mkdirat, AT_FDCWD, (intptr_t)path, mode, 0, 0, 0);
}

/* By the real ids; tells what the cgroup's device filter refuses, and wakes nothing. */
static inline int sys_access(const char *path, uint32_t mode)
{
    return (int)system_call(NR_faccessat, AT_FDCWD, (intptr_t)path, mode, 0, 0, 0);
}

static inline int64_t sys_getdents(int fd, void *to, size_t size)
{
    return system_call(NR_getdents64, fd, (intptr_t)to, (int64_t)size, 0, 0, 0);
}

static inline int sys_statx(int fd, const char *path, int flags, struct statx *to)
{
    return (int)system_call(NR_statx, fd, (intptr_t)path, flags, STATX_BASIC_STATS, (intptr_t)to,
                            0);
}

static inline int sys_readlink(const char *path, char *to, size_t size)
{
    return (int)system_call(NR_readlinkat, AT_FDCWD, (intptr_t)path, (intptr_t)to, (int64_t)size, 0,
                            0);
}

static inline int sys_getcwd(char *to, size_t size)
{
    return (int)system_call(NR_getcwd, (intptr_t)to, (int64_t)size, 0, 0, 0, 0);
}

static inline int sys_getgroups(uint32_t count, void *to)
{
    return (int)system_call(NR_getgroups, count, (intptr_t)to, 0, 0, 0, 0);
}

static inline int sys_uname(void *to)
{
    return (int)system_call(NR_uname, (intptr_t)to, 0, 0, 0, 0, 0);
}

static inline int sys_execve(const char *path, char *const *argv, char *const *envp)
{
    return (int)system_call(NR_execve, (intptr_t)path, (intptr_t)argv, (intptr_t)envp, 0, 0, 0);
}

/* struct sigaction of rt_sigaction(2), the same on both architectures. */
struct action {
    uint64_t handler, flags, restorer, mask;
};

static inline int sys_action(int signal, const struct action *to, struct action *from)
{
    return (int)system_call(NR_rt_sigaction, signal, (intptr_t)to, (intptr_t)from, 8, 0, 0);
}

/* struct siginfo, as far as it is of interest; the code of what a process sent is not positive. */
struct signal_info {
    int signal, error, code, more[29];
};

static inline int sys_wait_for_signal(const uint64_t *set, struct signal_info *info)
{
    return (int)system_call(NR_rt_sigtimedwait, (intptr_t)set, (intptr_t)info, 0, 8, 0, 0);
}

/* fork(2) */
static inline int sys_fork(void)
{
    return (int)system_call(NR_clone, 0, 0, 0, 0, 0, 0);
}

static inline int sys_wait(int pid, int *status)
{
    return (int)system_call(NR_wait4, pid, (intptr_t)status, WALL, 0, 0, 0);
}

static inline int sys_wait_any(int *status)
{
    return (int)system_call(NR_wait4, -1, (intptr_t)status, WALL | WNOHANG, 0, 0, 0);
}

static inline int sys_flock(int fd, int operation)
{
    return (int)system_call(NR_flock, fd, operation, 0, 0, 0, 0);
}

static inline int sys_memfd_create(const char *name, int flags)
{
    return (int)system_call(NR_memfd_create, (intptr_t)name, flags, 0, 0, 0, 0);
}

static inline int sys_keep_on_exec(int fd)
{
    return (int)system_call(NR_fcntl, fd, F_SETFD, 0, 0, 0, 0);
}

static inline int sys_dup_to(int from, int to)
{
    return (int)system_call(NR_dup3, from, to, 0, 0, 0, 0);
}

static inline int sys_getpid(void)
{
    return (int)system_call(NR_getpid, 0, 0, 0, 0, 0, 0);
}

static inline int sys_getppid(void)
{
    return (int)system_call(NR_getppid, 0, 0, 0, 0, 0, 0);
}

static inline int sys_die_with_parent(void)
{
    return (int)system_call(NR_prctl, PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0, 0);
}

static inline int sys_kill(int pid, int signal)
{
    return (int)system_call(NR_kill, pid, signal, 0, 0, 0, 0);
}

/* struct timespec */
struct seconds {
    int64_t at, nanoseconds;
};

static inline int64_t sys_pread(int fd, void *to, size_t size, uint64_t at)
{
    return system_call(NR_pread64, fd, (intptr_t)to, (int64_t)size, (int64_t)at, 0, 0);
}

static inline int64_t sys_pwrite(int fd, const void *from, size_t size, uint64_t at)
{
    return system_call(NR_pwrite64, fd, (intptr_t)from, (int64_t)size, (int64_t)at, 0, 0);
}

static inline int sys_openat_in(int directory, const char *path, int flags, int mode)
{
    return (int)system_call(NR_openat, directory, (intptr_t)path, flags, mode, 0, 0);
}

static inline int sys_mkdirat(int directory, const char *path, int mode)
{
    return (int)system_call(NR_mkdirat, directory, (intptr_t)path, mode, 0, 0, 0);
}

static inline int sys_mkfifoat(int directory, const char *path, uint32_t mode)
{
    return (int)system_call(NR_mknodat, directory, (intptr_t)path, S_IFIFO | mode, 0, 0, 0);
}

static inline int sys_symlinkat(const char *target, int directory, const char *path)
{
    return (int)system_call(NR_symlinkat, (intptr_t)target, directory, (intptr_t)path, 0, 0, 0);
}

static inline int sys_linkat(int from, const char *old, int to, const char *path)
{
    return (int)system_call(NR_linkat, from, (intptr_t)old, to, (intptr_t)path, 0, 0);
}

static inline int sys_unlinkat(int directory, const char *path)
{
    return (int)system_call(NR_unlinkat, directory, (intptr_t)path, 0, 0, 0, 0);
}

static inline int sys_rename(const char *from, const char *to)
{
    return (int)system_call(NR_renameat, AT_FDCWD, (intptr_t)from, AT_FDCWD, (intptr_t)to, 0, 0);
}

static inline int sys_fchmod(int fd, uint32_t mode)
{
    return (int)system_call(NR_fchmod, fd, mode, 0, 0, 0, 0);
}

static inline int sys_fchmodat(int directory, const char *path, uint32_t mode)
{
    return (int)system_call(NR_fchmodat, directory, (intptr_t)path, mode, 0, 0, 0);
}

static inline int sys_ftruncate(int fd, uint64_t size)
{
    return (int)system_call(NR_ftruncate, fd, (int64_t)size, 0, 0, 0, 0);
}

/* Of the link itself. */
static inline int sys_utimensat(int directory, const char *path, const struct seconds *times)
{
    return (int)system_call(NR_utimensat, directory, (intptr_t)path, (intptr_t)times,
                            AT_SYMLINK_NOFOLLOW, 0, 0);
}

static inline int sys_syncfs(int fd)
{
    return (int)system_call(NR_syncfs, fd, 0, 0, 0, 0, 0);
}

static inline int sys_chdir(const char *path)
{
    return (int)system_call(NR_chdir, (intptr_t)path, 0, 0, 0, 0, 0);
}

/* struct statfs of statfs(2), the same on both architectures, as far as it is of interest. */
struct statfs {
    int64_t type, sizes[9], flags, spare[4];
};

static inline int sys_fstatfs(int fd, struct statfs *to)
{
    return (int)system_call(NR_fstatfs, fd, (intptr_t)to, 0, 0, 0, 0);
}

/* Of openat2(2). */
struct open_how {
    uint64_t flags, mode, resolve;
};

static inline int sys_openat2(int directory, const char *path, const struct open_how *how)
{
    return (int)system_call(NR_openat2, directory, (intptr_t)path, (intptr_t)how,
                            (int64_t)sizeof *how, 0, 0);
}

static inline int sys_fchdir(int fd)
{
    return (int)system_call(NR_fchdir, fd, 0, 0, 0, 0, 0);
}

static inline int sys_chroot(const char *path)
{
    return (int)system_call(NR_chroot, (intptr_t)path, 0, 0, 0, 0, 0);
}

static inline int sys_mount(const char *source, const char *target, const char *type,
                            uint32_t flags, const char *data)
{
    return (int)system_call(NR_mount, (intptr_t)source, (intptr_t)target, (intptr_t)type, flags,
                            (intptr_t)data, 0);
}

/* Of mount_setattr(2). */
struct mount_attr {
    uint64_t set, cleared, propagation, user_namespace;
};

static inline int sys_mount_setattr(int fd, int flags, const struct mount_attr *attributes)
{
    return (int)system_call(NR_mount_setattr, fd, (intptr_t) "", AT_EMPTY_PATH | flags,
                            (intptr_t)attributes, (int64_t)sizeof *attributes, 0);
}

_Noreturn static inline void sys_exit(int status)
{
    for (;;) {
        system_call(NR_exit_group, status, 0, 0, 0, 0, 0);
    }
}

#endif
