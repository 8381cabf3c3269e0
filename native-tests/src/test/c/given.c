/*
 * Becomes the command given, after putting this process into a state that nobody has by accident: what a launcher promises
 * to hand on unchanged shows only when it differs from the usual. usage: given COMMAND [ARGUMENT...]
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static void write_own(const char *file, const char *text) {
    int fd = open(file, O_WRONLY | O_CLOEXEC);
    if (fd < 0 || write(fd, text, strlen(text)) < 0)
        perror(file);
    close(fd);
}

int main(int argc, char **argv) {
    sigset_t blocked;
    if (argc < 2)
        return 2;
    signal(SIGPIPE, SIG_IGN);
    signal(SIGQUIT, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);
    signal(SIGUSR2, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGUSR1);
    sigaddset(&blocked, SIGSEGV);
    sigaddset(&blocked, SIGWINCH);
    sigaddset(&blocked, SIGRTMIN + 3);
    sigprocmask(SIG_SETMASK, &blocked, NULL);
    umask(027);
    setpriority(PRIO_PROCESS, 0, 3);
    setrlimit(RLIMIT_NOFILE, &(struct rlimit){777, 4000});
    setrlimit(RLIMIT_CORE, &(struct rlimit){0, 12345});
    setrlimit(RLIMIT_STACK, &(struct rlimit){6 << 20, RLIM_INFINITY});
    prctl(PR_SET_TIMERSLACK, 61000UL);
    write_own("/proc/self/oom_score_adj", "321");
    write_own("/proc/self/coredump_filter", "0x21");
    /* What a scheduler's library passes on: an open file at a number of its choice. 9 is open but not to be passed. */
    dup2(open("/etc/passwd", O_RDONLY | O_CLOEXEC), 7);
    dup3(open("/etc/group", O_RDONLY | O_CLOEXEC), 9, O_CLOEXEC);
    dup2(7, 300);
    execvp(argv[1], argv + 1);
    perror(argv[1]);
    return 127;
}
