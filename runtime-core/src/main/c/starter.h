/* What the parts of the program share. */
#ifndef JRUN_STARTER_H
#define JRUN_STARTER_H

#include "plan.h"
#include "syscall.h"

#include <stdbool.h>

#define EXIT_START 125 /* a start that failed before the payload */
#define EXIT_HOST  7   /* any other command on a host that lacks something */

/* The process as the kernel handed it over. */
struct process {
    size_t argc, envc;
    char **argv, **envp;
    uint32_t uid, gid;
    uint32_t was_closed; /* bit n: descriptor n of 0..2 was closed; an O_PATH descriptor keeps its
                            place */
};

/* A plan whose every offset, index and length has been checked. */
struct plan {
    const struct plan_header *header;
    const uint32_t *prefix;
    const struct plan_check *checks;
    const struct plan_instruction *code;
    const struct plan_operand *operands;
    const struct plan_fault *faults;
    const struct plan_row *rows;
    const char *data;
};

/* text.c */
size_t length(const char *text);
bool equal(const char *a, const char *b);
bool starts_with(const char *text, const char *start);
bool matches(const char *pattern, const char *name, size_t name_length);
char *find_variable(char *const *envp, const char *name);
struct text {
    char *at, *end; /* end is the last place, kept for the NUL */
    bool cut;
};
struct text text_in(char *buffer, size_t size);
void add(struct text *to, const char *text);
void add_number(struct text *to, int64_t number);
int64_t number_in(const char *text);
int make_directories(const char *path, int mode);
const char *error_symbol(int error);
void report(const char *what, const char *object, const char *cause, int error, const char *hint);

/* process.c */
void process_begin(struct process *self, uint64_t *stack);
void process_reserve_files(struct process *self);
const char *variable_or_empty(const struct process *self, const char *name);

/* plan.c */
extern uint64_t plan_image[PLAN_SIZE_MAX / 8];
extern char scratch[PLAN_SCRATCH + 8];
uint32_t plan_count(const struct plan *plan, int table);
bool plan_check(struct plan *plan, size_t size);
bool plan_read(struct plan *plan, int fd, const struct process *self, bool check_owner);
bool plan_is_for(const struct plan *plan, const struct process *self);
bool plan_is_fresh(const struct plan *plan, const struct process *self);

/* mounts.c */
int mount_line(const char *line, int root, bool make, const char **cause);

/* tape.c */
_Noreturn void tape_run(const struct plan *plan, const struct process *self);

#endif
