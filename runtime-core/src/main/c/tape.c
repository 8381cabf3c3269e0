/* Runs the tape of a checked plan: one function per instruction, the loop at the end. */
#include "starter.h"

/* Where the tape builds strings and the kernel writes answers; the 8 bytes behind stay zero and end
 * any string. */
char scratch[PLAN_SCRATCH + 8];

struct tape {
    const struct plan *plan;
    const struct process *self;
    int64_t registers[PLAN_REGISTERS];
    char **argv, **envp;
    size_t argc, argc_max, envc, envc_max;
};

static int64_t value(const struct tape *tape, const struct plan_operand *operand)
{
    switch (operand->kind) {
    case PLAN_OPERAND_NUMBER:
        return operand->value;
    case PLAN_OPERAND_REGISTER:
        return tape->registers[operand->value];
    case PLAN_OPERAND_DATA:
        return (intptr_t)(tape->plan->data + operand->value);
    default:
        return (intptr_t)(scratch + operand->value);
    }
}

static const struct plan_operand *operands(const struct tape *tape,
                                           const struct plan_instruction *at)
{
    return tape->plan->operands + at->first;
}

/* The kernel and our vectors take strings without const, and neither changes them. */
static char *string(const struct tape *tape, const struct plan_operand *operand)
{
    return (char *)(intptr_t)value(tape, operand);
}

_Noreturn static void give_up(const char *cause, int error)
{
    report("run the plan", "", cause, error, "");
    sys_exit(EXIT_START);
}

/* Finds what the plan says about an errno: where to go on, or the words to leave with, of which
 * `cause` replaces the plan's unless it is NULL, and `object` names what it was about. */
static uint32_t settle_about(const struct tape *tape, const struct plan_instruction *at, int error,
                             const char *object, const char *cause)
{
    const struct plan_fault *fault = &tape->plan->faults[at->fault];
    const struct plan_row *row = &tape->plan->rows[fault->row];
    const char *data = tape->plan->data;
    bool named = (fault->flags & PLAN_FAULT_NAMES_PROGRAM) != 0 && tape->argc > 0;
    object = named ? tape->argv[0] : object;
    while (row->kind != PLAN_ROW_END) {
        if (row->kind == PLAN_ROW_MORE) {
            row = &tape->plan->rows[row->value];
        } else if (row->error != error && row->error != PLAN_ANY_ERROR) {
            row++;
        } else if (row->kind == PLAN_ROW_GO) {
            return row->value;
        } else {
            break;
        }
    }
    bool words = row->kind == PLAN_ROW_FAIL;
    const char *planned = words ? data + row->cause : "";
    report(data + fault->what, object, cause != NULL ? cause : planned, error,
           words ? data + row->hint : "");
    sys_exit((int)(words ? row->value : fault->status));
}

static uint32_t settle_with(const struct tape *tape, const struct plan_instruction *at, int error,
                            const char *cause)
{
    return settle_about(tape, at, error, "", cause);
}

static uint32_t settle(const struct tape *tape, const struct plan_instruction *at, int error)
{
    return settle_with(tape, at, error, NULL);
}

static uint32_t system_call_of(struct tape *tape, const struct plan_instruction *at, uint32_t next)
{
    const struct plan_operand *operand = operands(tape, at);
    int64_t a[7] = {0};
    for (unsigned i = 0; i < at->operands; i++) {
        a[i] = value(tape, &operand[i]);
    }
    int64_t result = system_call(a[0], a[1], a[2], a[3], a[4], a[5], a[6]);
    tape->registers[at->destination] = result;
    bool failed = result < 0 && result >= -ERRNO_MAX && at->fault != PLAN_NO_FAULT;
    return failed ? settle(tape, at, (int)-result) : next;
}

static void build_text(struct tape *tape, const struct plan_instruction *at)
{
    struct text text = text_in(scratch + at->target, PLAN_STRING_MAX);
    const struct plan_operand *operand = operands(tape, at);
    for (unsigned i = 0; i < at->operands; i++) {
        if (operand[i].kind >= PLAN_OPERAND_DATA) {
            add(&text, string(tape, &operand[i]));
        } else {
            add_number(&text, value(tape, &operand[i]));
        }
    }
    if (text.cut) {
        give_up("a text is too long", ENAMETOOLONG);
    }
    tape->registers[at->destination] = text.at - (scratch + at->target);
}

static size_t name_length(const char *variable)
{
    size_t n = 0;
    while (variable[n] != '=' && variable[n] != '\0') {
        n++;
    }
    return n;
}

/* Adds "NAME=value", or replaces what has this name. */
static void set_variable(struct tape *tape, char *variable)
{
    size_t n = name_length(variable), i, same;
    for (i = 0; i < tape->envc; i++) {
        for (same = 0; same < n && tape->envp[i][same] == variable[same]; same++) {
        }
        if (same == n && tape->envp[i][n] == '=') {
            break;
        }
    }
    if (i >= tape->envc_max) {
        give_up("too many variables", E2BIG);
    }
    tape->envp[i] = variable;
    tape->envc += i == tape->envc;
}

static void get_variable(struct tape *tape, const struct plan_instruction *at)
{
    const char *found = find_variable(tape->self->envp, string(tape, operands(tape, at)));
    struct text text = text_in(scratch + at->target, PLAN_STRING_MAX);
    add(&text, found != NULL ? found : "");
    if (text.cut) {
        give_up("a variable is too long", ENAMETOOLONG);
    }
    tape->registers[at->destination] = found != NULL ? text.at - (scratch + at->target) : -1;
}

static char *end_of_lines(char *from, int64_t size)
{
    char *end = scratch + PLAN_SCRATCH;
    return size < end - from ? from + (size < 0 ? 0 : size) : end;
}

static uint32_t mount_lines(struct tape *tape, const struct plan_instruction *at, uint32_t next)
{
    const struct plan_operand *operand = operands(tape, at);
    char *line = string(tape, operand), *end = end_of_lines(line, value(tape, operand + 1));
    int root = (int)value(tape, operand + 2);
    bool make = value(tape, operand + 3) != 0;
    for (char *to = line; to < end; line = ++to) {
        const char *cause;
        while (to < end && *to != '\n') {
            to++;
        }
        *to = '\0'; /* as in set_from_lines() */
        int error = mount_line(line, root, make, &cause);
        if (error < 0) {
            return settle_about(tape, at, -error, line, cause);
        }
    }
    return next;
}

/* Sets what each line says, in place: the variables stay where the lines are. Lines without a name
 * or "=", and the rest of a line behind a NUL, mean nothing. */
static void set_from_lines(struct tape *tape, char *from, int64_t size)
{
    char *end = end_of_lines(from, size);
    for (char *line = from, *at = from; at < end; line = ++at) {
        while (at < end && *at != '\n') {
            at++;
        }
        *at = '\0'; /* at most the first of the bytes behind the scratch memory, which is zero */
        if (*line != '=' && *line != '#' && line[name_length(line)] == '=') {
            set_variable(tape, line);
        }
    }
}

/* Signals were blocked before the child was made, so none is missed. Those that the kernel makes, as
 * at a terminal, reach the child by themselves: its process group is ours. */
static int64_t supervise(int child)
{
    const uint64_t every = ~0ULL;
    for (;;) {
        struct signal_info info;
        int ended = 0;
        do { /* first: what ended before may have been told while its signal was still discarded */
            int status = 0;
            ended = sys_wait_any(&status);
            if (ended == child) {
                return status;
            }
            if (ended < 0) {
                give_up("its end cannot be waited for", -ended);
            }
        } while (ended > 0);
        int signal = sys_wait_for_signal(&every, &info);
        if (signal < 0 && signal != -EINTR) {
            give_up("its end cannot be waited for", -signal);
        }
        if (signal > 0 && signal != SIGCHLD && info.code <= 0) {
            sys_kill(child, signal);
        }
    }
}

static bool matches_any(const struct tape *tape, const struct plan_instruction *at,
                        const char *variable)
{
    const struct plan_operand *operand = operands(tape, at);
    size_t n = name_length(variable);
    for (unsigned i = 0; i < at->operands; i++) {
        if (matches(string(tape, &operand[i]), variable, n)) {
            return true;
        }
    }
    return false;
}

static void pass_variables(struct tape *tape, const struct plan_instruction *at)
{
    for (char **from = tape->self->envp; *from != NULL; from++) {
        if ((*from)[name_length(*from)] == '=' && matches_any(tape, at, *from)) {
            set_variable(tape, *from);
        }
    }
}

static void copy_variables(struct tape *tape, const struct plan_instruction *at)
{
    for (unsigned i = 0; i < at->operands; i++) {
        const char *name = string(tape, &operands(tape, at)[i]);
        char *found = find_variable(tape->self->envp, name);
        if (found != NULL) {
            set_variable(tape, found - length(name) - 1);
        }
    }
}

static void unset_variables(struct tape *tape, const struct plan_instruction *at)
{
    size_t kept = 0;
    for (size_t i = 0; i < tape->envc; i++) {
        if (!matches_any(tape, at, tape->envp[i])) {
            tape->envp[kept++] = tape->envp[i];
        }
    }
    tape->envc = kept;
}

static void add_argument(struct tape *tape, char *argument)
{
    if (tape->argc >= tape->argc_max) {
        give_up("too many arguments", E2BIG);
    }
    tape->argv[tape->argc++] = argument;
}

/* The first directory in PATH with the program; -EACCES from one of them outweighs -ENOENT of all
 * others: execvp(3). */
static int search_path(const struct tape *tape, const char *path,
                       int (*attempt)(const struct tape *, const char *))
{
    int result = -ENOENT;
    char buffer[PLAN_STRING_MAX];
    for (;; path++) {
        struct text candidate = text_in(buffer, sizeof buffer);
        for (; *path != ':' && *path != '\0'; path++) {
            add(&candidate, (const char[]){*path, '\0'});
        }
        add(&candidate, candidate.at > buffer ? "/" : "./");
        add(&candidate, tape->argv[0]);
        int error = candidate.cut ? -ENAMETOOLONG : attempt(tape, buffer);
        if (error == -EACCES) {
            result = error;
        } else if (error != -ENOENT && error != -ENOTDIR && error != -ENAMETOOLONG) {
            return error;
        }
        if (*path == '\0') {
            return result;
        }
    }
}

static int attempt_execute(const struct tape *tape, const char *program)
{
    return sys_execve(program, tape->argv, tape->envp);
}

static int attempt_find(const struct tape *tape, const char *program)
{
    (void)tape;
    return sys_access(program, F_OK);
}

static int attempt_access(const struct tape *tape, const char *program)
{
    (void)tape;
    return sys_access(program, X_OK);
}

static uint32_t find(const struct tape *tape, const struct plan_instruction *at, uint32_t next)
{
    if (tape->argc == 0 || tape->argv[0][0] == '\0') {
        return settle(tape, at, tape->argc == 0 ? EINVAL : ENOENT);
    }
    tape->envp[tape->envc] = NULL;
    const char *program = tape->argv[0], *path = find_variable(tape->envp, "PATH");
    path = path != NULL ? path : string(tape, operands(tape, at));
    int error = matches("*/*", program, length(program)) ? sys_access(program, X_OK)
                                                         : search_path(tape, path, attempt_access);
    return error < 0 ? settle(tape, at, -error) : next;
}

static uint32_t execute(struct tape *tape, const struct plan_instruction *at)
{
    tape->argv[tape->argc] = NULL;
    tape->envp[tape->envc] = NULL;
    if (tape->argc == 0 || tape->argv[0][0] == '\0') {
        tape->registers[at->destination] = tape->argc == 0 ? EINVAL : ENOENT;
        return settle(tape, at, tape->argc == 0 ? EINVAL : ENOENT);
    }
    const char *program = at->operands > 1 ? string(tape, operands(tape, at) + 1) : tape->argv[0];
    const char *path = find_variable(tape->envp, "PATH");
    bool direct = matches("*/*", program, length(program));
    path = path != NULL ? path : string(tape, operands(tape, at));
    int error = direct ? attempt_execute(tape, program) : search_path(tape, path, attempt_execute);
    /* execve(2) also says ENOENT when the program is there and its interpreter is not. */
    if (error == -ENOENT
        && (direct ? sys_access(program, F_OK) : search_path(tape, path, attempt_find)) == 0) {
        error -= PLAN_NO_INTERPRETER;
    }
    tape->registers[at->destination] = -error;
    return settle(tape, at, -error);
}

static uint32_t step(struct tape *tape, const struct plan_instruction *at, uint32_t next)
{
    const struct plan_operand *operand = operands(tape, at);
    int64_t a = at->operands > 0 ? value(tape, &operand[0]) : 0;
    int64_t b = at->operands > 1 ? value(tape, &operand[1]) : 0;
    int64_t *result = &tape->registers[at->destination];
    switch (at->op) {
    case PLAN_OP_SYS:
        return system_call_of(tape, at, next);
    case PLAN_OP_MOVE:
        *result = a;
        return next;
    case PLAN_OP_ADD:
        *result = (int64_t)((uint64_t)a + (uint64_t)b);
        return next;
    case PLAN_OP_AND:
        *result = a & b;
        return next;
    case PLAN_OP_OR:
        *result = a | b;
        return next;
    case PLAN_OP_SHIFT:
        *result = (int64_t)((uint64_t)a << (b & 63));
        return next;
    case PLAN_OP_JUMP:
        return at->target;
    case PLAN_OP_IF_EQUAL:
        return a == b ? at->target : next;
    case PLAN_OP_IF_LESS:
        return a < b ? at->target : next;
    case PLAN_OP_LOAD:
        __builtin_memcpy(result, scratch + at->target, sizeof *result);
        return next;
    case PLAN_OP_STORE:
        __builtin_memcpy(scratch + at->target, &a, sizeof a);
        return next;
    case PLAN_OP_TEXT:
        build_text(tape, at);
        return next;
    case PLAN_OP_ENV_PASS:
        pass_variables(tape, at);
        return next;
    case PLAN_OP_ENV_SET:
        for (unsigned i = 0; i < at->operands; i++) {
            set_variable(tape, string(tape, &operand[i]));
        }
        return next;
    case PLAN_OP_ENV_COPY:
        copy_variables(tape, at);
        return next;
    case PLAN_OP_ENV_UNSET:
        unset_variables(tape, at);
        return next;
    case PLAN_OP_ARGUMENTS:
        for (unsigned i = 0; i < at->operands; i++) {
            add_argument(tape, string(tape, &operand[i]));
        }
        return next;
    case PLAN_OP_REST:
        for (size_t i = 1 + plan_count(tape->plan, PLAN_TABLE_PREFIX); i < tape->self->argc; i++) {
            add_argument(tape, tape->self->argv[i]);
        }
        return next;
    case PLAN_OP_MKDIRS: {
        int error = make_directories(string(tape, operand), (int)b);
        return error < 0 ? settle(tape, at, -error) : next;
    }
    case PLAN_OP_ENV_GET:
        get_variable(tape, at);
        return next;
    case PLAN_OP_ENV_LINES:
        set_from_lines(tape, string(tape, operand), b);
        return next;
    case PLAN_OP_MOUNTS:
        return mount_lines(tape, at, next);
    case PLAN_OP_NUMBER:
        *result = number_in(string(tape, operand));
        return next;
    case PLAN_OP_SUPERVISE:
        *result = supervise((int)a);
        return next;
    case PLAN_OP_FIND:
        return find(tape, at, next);
    case PLAN_OP_FAIL:
        return settle_with(tape, at, (int)a,
                           at->operands > 1 ? string(tape, &operand[1]) : NULL);
    default:
        return execute(tape, at); /* the check of the plan knows no other instruction */
    }
}

/*
 * The payload's argument and environment vectors lie on the stack: the kernel limits what the
 * caller can pass to a quarter of it, see execve(2), and a plan adds at most one entry per operand
 * and what it reads from files.
 */
_Noreturn void tape_run(const struct plan *plan, const struct process *self)
{
    size_t added = plan_count(plan, PLAN_TABLE_OPERANDS);
    struct tape tape = {.plan = plan, .self = self};
    tape.argc_max = self->argc + added;
    tape.envc_max = self->envc + added + PLAN_LINES_MAX;
    tape.argv = __builtin_alloca((tape.argc_max + 1) * sizeof(char *));
    tape.envp = __builtin_alloca((tape.envc_max + 1) * sizeof(char *));
    tape.registers[PLAN_REGISTER_UID] = self->uid;
    tape.registers[PLAN_REGISTER_GID] = self->gid;
    tape.registers[PLAN_REGISTER_REST] =
        (int64_t)self->argc - 1 - plan_count(plan, PLAN_TABLE_PREFIX);
    for (uint32_t at = 0; at < plan_count(plan, PLAN_TABLE_CODE);) {
        at = step(&tape, &plan->code[at], at + 1);
    }
    give_up("it ended without running a program", 0);
}
