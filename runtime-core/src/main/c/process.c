/* The process as the kernel hands it over. */
#include "starter.h"

/* From the stack at the program's entry: argc, argv, NULL, envp, NULL, the auxiliary vector. */
void process_begin(struct process *self, uint64_t *stack)
{
    *self = (struct process){.argc = (size_t)stack[0], .argv = (char **)(stack + 1)};
    self->envp = self->argv + self->argc + 1;
    while (self->envp[self->envc] != NULL) {
        self->envc++;
    }
    for (uint64_t *auxv = (uint64_t *)(self->envp + self->envc + 1); auxv[0] != 0; auxv += 2) {
        self->uid = auxv[0] == AT_EUID ? (uint32_t)auxv[1] : self->uid;
        self->gid = auxv[0] == AT_EGID ? (uint32_t)auxv[1] : self->gid;
    }
}

/* Keeps 0 to 2 from being used for our files where the caller left them closed; an O_PATH one takes
 * no output. */
void process_reserve_files(struct process *self)
{
    int fd = sys_openat("/", O_PATH | O_CLOEXEC, 0);
    for (; fd >= 0 && fd < 3; fd = sys_openat("/", O_PATH | O_CLOEXEC, 0)) {
        self->was_closed |= 1U << fd;
    }
    if (fd >= 0) {
        sys_close(fd);
    }
}

const char *variable_or_empty(const struct process *self, const char *name)
{
    const char *found = find_variable(self->envp, name);
    return found != NULL ? found : "";
}
