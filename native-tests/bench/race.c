/*
 * Times commands against each other. Every round runs each contestant once, so that whatever else the machine does in that
 * moment hits all alike.
 *
 *   race [-n ROUNDS] [-p COPIES] NAME [@PREPARE] COMMAND [ARG...] [--- NAME [@PREPARE] COMMAND [ARG...]]...
 *
 * With -p, COPIES processes of the command run at once and the time of all together counts. PREPARE is a shell command that
 * runs before each time, off the clock. The first word of a command is a path. Prints one line per contestant:
 *
 *   NAME  median  minimum  95th-percentile  (wall, ms)  median CPU (user + system, ms)  peak KiB of one process  failures
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

enum { MAX_CONTESTANTS = 16 };

struct contestant {
    const char *name;
    const char *prepare;
    char **command;
    double *wall;
    double *cpu;
    long peak;
    int failures;
};

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static double milliseconds(struct timeval t) {
    return (double)t.tv_sec * 1e3 + (double)t.tv_usec / 1e3;
}

static int ascending(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void time_once(struct contestant *c, int round, int copies) {
    posix_spawn_file_actions_t files;
    double begin, cpu = 0;
    int started = 0;
    if (c->prepare && system(c->prepare) != 0) {
        fprintf(stderr, "race: preparation of %s failed: %s\n", c->name, c->prepare);
        exit(1);
    }
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&files, 1, "/dev/null", O_WRONLY, 0);
    begin = now();
    for (; started < copies; started++) {
        pid_t pid;
        int error = posix_spawn(&pid, c->command[0], &files, NULL, c->command, environ);
        if (error) {
            fprintf(stderr, "race: cannot start %s: %s\n", c->command[0], strerror(error));
            exit(1);
        }
    }
    while (started-- > 0) {
        struct rusage usage;
        int status;
        if (wait4(-1, &status, 0, &usage) < 0)
            break;
        if (status != 0)
            c->failures++;
        cpu += milliseconds(usage.ru_utime) + milliseconds(usage.ru_stime);
        if (usage.ru_maxrss > c->peak)
            c->peak = usage.ru_maxrss;
    }
    c->wall[round] = now() - begin;
    c->cpu[round] = cpu;
    posix_spawn_file_actions_destroy(&files);
}

int main(int argc, char **argv) {
    struct contestant contestants[MAX_CONTESTANTS];
    int rounds = 300, copies = 1, count = 0, option;
    while ((option = getopt(argc, argv, "+n:p:")) != -1) {
        if (option == 'n')
            rounds = atoi(optarg);
        else if (option == 'p')
            copies = atoi(optarg);
        else
            return 2;
    }
    for (int i = optind; i < argc && count < MAX_CONTESTANTS; i++) {
        struct contestant *c = &contestants[count++];
        *c = (struct contestant){.name = argv[i++]};
        if (i < argc && argv[i][0] == '@')
            c->prepare = argv[i++] + 1;
        c->command = argv + i;
        c->wall = calloc((size_t)rounds, sizeof *c->wall);
        c->cpu = calloc((size_t)rounds, sizeof *c->cpu);
        while (i < argc && strcmp(argv[i], "---") != 0)
            i++;
        argv[i] = NULL;
    }
    if (count == 0 || rounds < 1 || copies < 1) {
        fputs("usage: race [-n ROUNDS] [-p COPIES] NAME [@PREPARE] COMMAND... [--- NAME [@PREPARE] COMMAND...]\n", stderr);
        return 2;
    }
    for (int round = 0; round < rounds; round++)
        for (int i = 0; i < count; i++)
            time_once(&contestants[i], round, copies);
    for (int i = 0; i < count; i++) {
        struct contestant *c = &contestants[i];
        qsort(c->wall, (size_t)rounds, sizeof *c->wall, ascending);
        qsort(c->cpu, (size_t)rounds, sizeof *c->cpu, ascending);
        printf("%s\t%.3f\t%.3f\t%.3f\t%.3f\t%ld\t%d\n", c->name, c->wall[rounds / 2], c->wall[0],
               c->wall[rounds * 95 / 100], c->cpu[rounds / 2], c->peak, c->failures);
    }
    return 0;
}
