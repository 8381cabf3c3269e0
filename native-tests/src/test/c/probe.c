/*
 * Says what a process is given when it starts: the judge of what `jrun start` hands over. Static, so that it runs in any
 * root file system, and the first thing it does is to look, so that nothing it opens itself is in the answer.
 *
 * Prints sections, each "== NAME" and lines. usage: probe [ignored arguments...]
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static char names[256][32];
static char targets[256][PATH_MAX];

static int list_descriptors(void) {
    DIR *directory = opendir("/proc/self/fd");
    struct dirent *entry;
    int count = 0;
    if (!directory)
        return 0;
    while ((entry = readdir(directory)) && count < 256) {
        int fd = atoi(entry->d_name);
        ssize_t n;
        if (entry->d_name[0] == '.' || fd == dirfd(directory))
            continue;
        n = readlinkat(dirfd(directory), entry->d_name, targets[count], PATH_MAX - 1);
        if (n < 0)
            continue;
        targets[count][n] = 0;
        snprintf(names[count], sizeof names[count], "%d %s", fd, fcntl(fd, F_GETFD) & FD_CLOEXEC ? "cloexec" : "inherited");
        count++;
    }
    closedir(directory);
    return count;
}

/* print FILE: its bytes, with NUL as newline. */
static void print(const char *section, const char *file) {
    char buffer[65536];
    int fd = open(file, O_RDONLY | O_CLOEXEC);
    ssize_t n;
    printf("== %s\n", section);
    while (fd >= 0 && (n = read(fd, buffer, sizeof buffer)) > 0)
        for (ssize_t i = 0; i < n; i++)
            putchar(buffer[i] ? buffer[i] : '\n');
    if (fd >= 0)
        close(fd);
}

int main(int argc, char **argv) {
    int count = list_descriptors();
    char cwd[PATH_MAX];
    mode_t mask = umask(0);
    umask(mask);

    printf("== descriptors\n");
    for (int i = 0; i < count; i++)
        printf("%s %s\n", names[i], targets[i]);
    printf("== arguments\n");
    for (int i = 0; i < argc; i++)
        printf("%s\n", argv[i]);
    print("environment", "/proc/self/environ");
    print("status", "/proc/self/status");
    print("limits", "/proc/self/limits");
    print("mountinfo", "/proc/self/mountinfo");
    print("cgroup", "/proc/self/cgroup");
    print("uid_map", "/proc/self/uid_map");
    print("gid_map", "/proc/self/gid_map");
    print("setgroups", "/proc/self/setgroups");
    print("oom_score_adj", "/proc/self/oom_score_adj");
    print("coredump_filter", "/proc/self/coredump_filter");
    print("timerslack", "/proc/self/timerslack_ns");
    printf("== process\npid %d\nppid %d\npgid %d\nsid %d\n", getpid(), getppid(), getpgrp(), getsid(0));
    printf("uid %u %u\ngid %u %u\n", getuid(), geteuid(), getgid(), getegid());
    printf("umask %04o\ncwd %s\n", mask, getcwd(cwd, sizeof cwd) ? cwd : "?");
    printf("nice %d\nscheduler %ld\n", getpriority(PRIO_PROCESS, 0), syscall(SYS_sched_getscheduler, 0));
    printf("personality %x\n", (unsigned)personality(0xffffffff));
    printf("thp %d\n", prctl(PR_GET_THP_DISABLE, 0, 0, 0, 0));
    printf("keepcaps %d\ndumpable %d\n", prctl(PR_GET_KEEPCAPS), prctl(PR_GET_DUMPABLE));
    for (int i = 0; i < 3; i++)
        printf("tty%d %d\n", i, isatty(i));
    for (const char *const *ns = (const char *const[]){"user", "mnt", "pid", "net", "ipc", "uts", "cgroup", NULL}; *ns; ns++) {
        char path[64], target[64] = "?";
        snprintf(path, sizeof path, "/proc/self/ns/%s", *ns);
        ssize_t n = readlink(path, target, sizeof target - 1);
        if (n > 0)
            target[n] = 0;
        printf("ns %s\n", target);
    }
    return 0;
}
