/*
 * Makes one system call of one process of a command fail, or kills the process at that call. Processes are numbered in the
 * order in which they are made, calls from the moment on at which the program under test is there; a process that becomes
 * another program is left alone from then on.
 *
 * usage: faults PROGRAM FILE list COMMAND...                     writes lines "PROCESS NUMBER NAME"
 *        faults PROGRAM FILE PROCESS NUMBER ERRNO|kill COMMAND...  writes "done NAME" when it has done it
 *
 * Ends as the command does. Source: ptrace(2), syscall(2).
 */
#define _GNU_SOURCE
#include <elf.h>
#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#define PROCESSES 256

static const struct {
    long number;
    const char *name;
} names[] = {
#define CALL(name) {SYS_##name, #name}
    CALL(bind),       CALL(brk),          CALL(capset),     CALL(chdir),       CALL(chroot),       CALL(clock_gettime),
    CALL(clone),      CALL(close),        CALL(connect),    CALL(close_range),  CALL(dup3),       CALL(execve),      CALL(exit_group),   CALL(faccessat),
    CALL(fchdir),     CALL(fcntl),        CALL(flock),      CALL(fstat),       CALL(fstatfs),      CALL(ftruncate),
    CALL(getcwd),     CALL(getdents64),   CALL(getegid),    CALL(geteuid),     CALL(getgid),       CALL(getgroups),
    CALL(getpid),     CALL(getppid),      CALL(getuid),     CALL(ioctl),       CALL(kill),         CALL(memfd_create),
    CALL(mkdirat),    CALL(mmap),         CALL(mount),      CALL(mount_setattr), CALL(move_mount), CALL(munmap),
    CALL(openat),     CALL(openat2),      CALL(open_tree),  CALL(personality), CALL(pidfd_open),   CALL(pipe2),
    CALL(pivot_root), CALL(ppoll),        CALL(prctl),      CALL(pread64),     CALL(prlimit64),    CALL(pwrite64),
    CALL(read),       CALL(renameat2),    CALL(rt_sigaction), CALL(rt_sigprocmask), CALL(rt_sigtimedwait), CALL(seccomp),
    CALL(setdomainname), CALL(sethostname), CALL(setns),    CALL(setsid),      CALL(setsockopt),   CALL(socket),
    CALL(statx),      CALL(symlinkat),    CALL(umask),      CALL(umount2),     CALL(uname),        CALL(unlinkat),
    CALL(unshare),    CALL(wait4),        CALL(write),      CALL(writev),      CALL(getrandom),    CALL(readlinkat),
#undef CALL
};

struct process {
    pid_t pid;
    int number; /* of calls so far */
    bool counting, inside, failing;
};

static struct process processes[PROCESSES];
static int known;
static pid_t early[PROCESSES]; /* children that stopped before their parents told of them */

static const char *program;
static FILE *out;
static int target_process = -1, target_number, target_error;

static struct process *find(pid_t pid)
{
    for (int i = known; i-- > 0;) {
        if (processes[i].pid == pid) {
            return &processes[i];
        }
    }
    return NULL;
}

static struct process *enter(pid_t pid, bool counting)
{
    if (known == PROCESSES) {
        fprintf(stderr, "faults: too many processes\n");
        exit(99);
    }
    processes[known] = (struct process){.pid = pid, .counting = counting};
    return &processes[known++];
}

static const char *name_of(long number)
{
    static char text[32];
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (names[i].number == number) {
            return names[i].name;
        }
    }
    snprintf(text, sizeof text, "call%ld", number);
    return text;
}

/* The kernel makes no call with the number -1, and leaves the result to us. */
static void skip_call(pid_t pid)
{
#if defined __x86_64__
    ptrace(PTRACE_POKEUSER, pid, offsetof(struct user_regs_struct, orig_rax), -1L);
#else
    int none = -1;
    struct iovec with = {&none, sizeof none};
    ptrace(PTRACE_SETREGSET, pid, 0x404 /* NT_ARM_SYSTEM_CALL */, &with);
#endif
}

static void set_result(pid_t pid, long result)
{
    struct user_regs_struct registers;
    struct iovec with = {&registers, sizeof registers};
    ptrace(PTRACE_GETREGSET, pid, NT_PRSTATUS, &with);
#if defined __x86_64__
    registers.rax = (unsigned long long)result;
#else
    registers.regs[0] = (unsigned long long)result;
#endif
    ptrace(PTRACE_SETREGSET, pid, NT_PRSTATUS, &with);
}

static void at_call(struct process *at)
{
    struct __ptrace_syscall_info info;
    if (ptrace(PTRACE_GET_SYSCALL_INFO, at->pid, sizeof info, &info) <= 0) {
        return;
    }
    if (info.op == PTRACE_SYSCALL_INFO_EXIT) {
        at->inside = false;
        if (at->failing) {
            at->failing = false;
            set_result(at->pid, -target_error);
        }
        return;
    }
    if (info.op != PTRACE_SYSCALL_INFO_ENTRY) {
        return;
    }
    at->inside = true;
    if (!at->counting) {
        return;
    }
    at->number++;
    int index = (int)(at - processes);
    if (target_process < 0) {
        fprintf(out, "%d %d %s\n", index, at->number, name_of((long)info.entry.nr));
    } else if (index == target_process && at->number == target_number) {
        fprintf(out, "done %s\n", name_of((long)info.entry.nr));
        fflush(out);
        if (target_error == 0) {
            kill(at->pid, SIGKILL);
        } else {
            at->failing = true;
            skip_call(at->pid);
        }
    }
}

static void follow(struct process *at, int event)
{
    unsigned long message = 0;
    if (event == PTRACE_EVENT_EXEC) {
        return;
    }
    ptrace(PTRACE_GETEVENTMSG, at->pid, 0, &message);
    if (find((pid_t)message) == NULL) {
        enter((pid_t)message, at->counting);
    }
    for (int i = 0; i < PROCESSES; i++) {
        if (early[i] == (pid_t)message) {
            early[i] = 0;
            ptrace(PTRACE_SYSCALL, message, 0, 0);
        }
    }
}

static pid_t parent_of(pid_t pid)
{
    char place[64];
    int parent = 0;
    snprintf(place, sizeof place, "/proc/%d/stat", pid);
    FILE *file = fopen(place, "re");
    if (file != NULL) {
        if (fscanf(file, "%*d (%*[^)]) %*c %d", &parent) != 1) {
            parent = 0;
        }
        fclose(file);
    }
    return parent;
}

/* A parent that is killed before it could tell of its child never will. */
static void adopt_orphans(void)
{
    for (int i = 0; i < PROCESSES; i++) {
        if (early[i] != 0 && find(parent_of(early[i])) == NULL) {
            pid_t pid = early[i];
            early[i] = 0;
            enter(pid, true);
            ptrace(PTRACE_SYSCALL, pid, 0, 0);
        }
    }
}

/* The program under test begins to count; whatever it becomes is left alone. */
static bool executed(struct process *at)
{
    if (at->counting) {
        return false;
    }
    char place[64], path[4096] = "";
    snprintf(place, sizeof place, "/proc/%d/exe", at->pid);
    at->counting = readlink(place, path, sizeof path - 1) > 0 && strcmp(path, program) == 0;
    return true;
}

static int watch(pid_t first)
{
    int result = 99, status;
    pid_t pid;
    while ((pid = waitpid(-1, &status, __WALL)) > 0 || errno == EINTR) {
        struct process *at = find(pid);
        if (WIFEXITED(status) || WIFSIGNALED(status)) {
            if (pid == first) {
                result = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
            }
            if (at != NULL) {
                at->pid = 0;
            }
            adopt_orphans();
            continue;
        }
        if (!WIFSTOPPED(status)) {
            continue;
        }
        if (at == NULL) {
            for (int i = 0; i < PROCESSES; i++) {
                if (early[i] == 0) {
                    early[i] = pid;
                    break;
                }
            }
            adopt_orphans();
            continue;
        }
        int signal = WSTOPSIG(status), event = status >> 16;
        if (signal == (SIGTRAP | 0x80)) {
            at_call(at);
            signal = 0;
        } else if (event == PTRACE_EVENT_EXEC && !executed(at)) {
            ptrace(PTRACE_DETACH, pid, 0, 0);
            at->pid = 0;
            continue;
        } else if (event != 0) {
            follow(at, event);
            signal = 0;
        } else if (signal == SIGSTOP && at->number == 0 && !at->inside) {
            signal = 0; /* a new child begins with it */
        }
        ptrace(PTRACE_SYSCALL, pid, 0, signal);
    }
    return result;
}

int main(int argc, char **argv)
{
    if (argc < 5) {
        return 99;
    }
    program = argv[1];
    out = fopen(argv[2], "we");
    char **command = argv + 4;
    if (strcmp(argv[3], "list") != 0) {
        target_process = atoi(argv[3]);
        target_number = atoi(argv[4]);
        target_error = strcmp(argv[5], "kill") == 0 ? 0 : atoi(argv[5]);
        command = argv + 6;
    }
    pid_t first = fork();
    if (first == 0) {
        ptrace(PTRACE_TRACEME, 0, 0, 0);
        raise(SIGSTOP);
        execvp(command[0], command);
        perror(command[0]);
        _exit(127);
    }
    int status;
    waitpid(first, &status, 0);
    enter(first, false);
    long options = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE
                   | PTRACE_O_TRACEEXEC;
    ptrace(PTRACE_SETOPTIONS, first, 0, options);
    ptrace(PTRACE_SYSCALL, first, 0, 0);
    int result = watch(first);
    fclose(out);
    return result;
}
