/* Runs the tasks of srun, sbatch and salloc in containers: `srun --container-image=...`.
 *
 * Loaded by Slurm through a line in plugstack.conf:
 *     required /opt/jrun/lib/slurm/jrun.so [NAME=VALUE]...
 * On a node each task, already its own process and the user's, becomes `jrun start` with the words of options.c; from
 * there on Slurm has to do with the task itself, as without a container. After the last task of a step --container-save is
 * done, as the user.
 */
#include "options.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#pragma GCC visibility push(default)
SPANK_PLUGIN(jrun, 1);

/* Since Slurm 23.11; with it TaskProlog and limits are Slurm's affair as for any other task. */
extern spank_err_t spank_prepend_task_argv(spank_t spank, int argc, const char *argv[])
    __attribute__((weak));
#pragma GCC visibility pop

/* Steps from here on are Slurm's own: the job script, what adopts processes, and salloc's shell. */
#define FIRST_SPECIAL_STEP 0xfffffff0U
#define BATCH_STEP         0xfffffffbU

#define EXIT_START 125 /* jrun's own failures, as everywhere */

/* For those who look into this file without loading it. */
#define DIGITS(number) (char)('0' + (number) / 10), (char)('0' + (number) % 10)
static const char built_for[] __attribute__((used)) = {
    'b', 'u', 'i', 'l', 't', ' ', 'f', 'o', 'r', ' ', 'S', 'l', 'u', 'r', 'm', ' ',
    DIGITS(SLURM_VERSION_MAJOR(SLURM_VERSION_NUMBER)), '.',
    DIGITS(SLURM_VERSION_MINOR(SLURM_VERSION_NUMBER)), '\0'};

static struct site site;
static bool started; /* whether any task came so far */

/* The tasks' working directory, which slurmstepd itself does not tell: shared with them. NULL where nothing is saved. */
static char *directory;

/* bin/jrun of the installation that this plugin lies in, as lib/slurm/jrun.so. */
static char *own_program(void)
{
    Dl_info self;
    char *path = NULL;
    if (dladdr((const void *)own_program, &self) == 0 || self.dli_fname == NULL) {
        return NULL;
    }
    const char *end = self.dli_fname + strlen(self.dli_fname);
    for (int levels = 3; levels > 0 && end > self.dli_fname;) {
        levels -= *--end == '/';
    }
    return asprintf(&path, "%.*s/bin/jrun", (int)(end - self.dli_fname), self.dli_fname) < 0 ? NULL
                                                                                             : path;
}

static int read_switch(const char *value, bool *to)
{
    *to = strcmp(value, "1") == 0 || strcmp(value, "yes") == 0;
    return *to || strcmp(value, "0") == 0 || strcmp(value, "no") == 0 ? 0 : -1;
}

static int read_argument(const char *argument)
{
    const char *equals = strchr(argument, '=');
    size_t length = equals == NULL ? 0 : (size_t)(equals - argument);
    int result = -1;
    if (length == 4 && strncmp(argument, "jrun", length) == 0 && equals[1] == '/') {
        free(site.jrun);
        site.jrun = strdup(equals + 1);
        result = site.jrun == NULL ? -1 : 0;
    } else if (length == 18 && strncmp(argument, "execute_entrypoint", length) == 0) {
        result = read_switch(equals + 1, &site.entrypoint);
    } else if (length == 14 && strncmp(argument, "sbatch_support", length) == 0) {
        result = read_switch(equals + 1, &site.batch);
    } else if (length == 15 && strncmp(argument, "container_scope", length) == 0) {
        site.per_job = strcmp(equals + 1, "job") == 0;
        result = site.per_job || strcmp(equals + 1, "global") == 0 ? 0 : -1;
    }
    if (result < 0) {
        slurm_error("jrun: cannot read \"%s\" in plugstack.conf: there are jrun=/PATH, "
                    "execute_entrypoint=0|1, container_scope=global|job and sbatch_support=0|1",
                    argument);
    }
    return result;
}

int slurm_spank_init(spank_t spank, int ac, char **av)
{
    spank_context_t context = spank_context();
    if (context != S_CTX_ALLOCATOR && context != S_CTX_LOCAL && context != S_CTX_REMOTE) {
        return 0;
    }
    site.jrun = own_program();
    for (int i = 0; i < ac; i++) {
        if (read_argument(av[i]) < 0) {
            return -1;
        }
    }
    return register_options(spank);
}

int slurm_spank_init_post_opt(spank_t spank, int ac, char **av)
{
    (void)spank, (void)ac, (void)av;
    if (spank_context() == S_CTX_LOCAL) {
        wants_container(); /* for what it tells, before anything runs */
    }
    return 0;
}

static int find_place(spank_t spank, struct place *place)
{
    bool found = spank_get_item(spank, S_JOB_ID, &place->job) == ESPANK_SUCCESS
                 && spank_get_item(spank, S_JOB_STEPID, &place->step) == ESPANK_SUCCESS
                 && spank_get_item(spank, S_JOB_NODEID, &place->node) == ESPANK_SUCCESS
                 && spank_get_item(spank, S_JOB_LOCAL_TASK_COUNT, &place->tasks) == ESPANK_SUCCESS;
    if (!found) {
        slurm_error("jrun: cannot find out which task this is");
    }
    return found ? 0 : -1;
}

static bool runs_in_container(const struct place *place)
{
    return place->step < FIRST_SPECIAL_STEP || (place->step == BATCH_STEP && site.batch);
}

static bool is_given(void)
{
    return given(SET_IMAGE) != NULL || given(SET_NAME) != NULL;
}

/* Once on each node, before the tasks are born. Where this fails srun would succeed: the tasks look again, and fail. */
int slurm_spank_user_init(spank_t spank, int ac, char **av)
{
    (void)ac, (void)av;
    if (read_variables(spank) == 0 && is_given() && given(SET_SAVE) != NULL) {
        void *shared = mmap(NULL, PATH_MAX, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        directory = shared == MAP_FAILED ? NULL : shared;
    }
    return 0;
}

/*
 * Where Slurm can only be taken over, it does not come to set the limits of srun --propagate any more. "U" stands before
 * those that the user asked for; whether the others hold is the site's choice, which a plugin does not see.
 */
static void set_limits(char *const *environment)
{
    static const struct {
        const char *name;
        int resource;
    } limits[] = {{"CPU", RLIMIT_CPU},         {"FSIZE", RLIMIT_FSIZE},   {"DATA", RLIMIT_DATA},
                  {"STACK", RLIMIT_STACK},     {"CORE", RLIMIT_CORE},     {"RSS", RLIMIT_RSS},
                  {"NPROC", RLIMIT_NPROC},     {"NOFILE", RLIMIT_NOFILE}, {"AS", RLIMIT_AS},
                  {"MEMLOCK", RLIMIT_MEMLOCK}};
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
        char start[64];
        int length = snprintf(start, sizeof start, "SLURM_RLIMIT_%s=U", limits[i].name);
        for (char *const *each = environment; *each != NULL; each++) {
            struct rlimit limit;
            if (strncmp(*each, start, (size_t)length) == 0
                && getrlimit((__rlimit_resource_t)limits[i].resource, &limit) == 0) {
                rlim_t wanted = strtoul(*each + length, NULL, 10);
                limit.rlim_cur = wanted < limit.rlim_max ? wanted : limit.rlim_max;
                if (setrlimit((__rlimit_resource_t)limits[i].resource, &limit) < 0) {
                    slurm_error("jrun: cannot set the limit %s: %m", limits[i].name);
                }
            }
        }
    }
}

static char **without(char *const *environment, const char *start)
{
    size_t count = 0, kept = 0;
    while (environment[count] != NULL) {
        count++;
    }
    char **copy = calloc(count + 1, sizeof *copy);
    for (size_t i = 0; copy != NULL && i < count; i++) {
        if (strncmp(environment[i], start, strlen(start)) != 0) {
            copy[kept++] = environment[i];
        }
    }
    return copy;
}

/* As Slurm itself does it right afterwards, but for the program. Returns on failure only. */
static void become(spank_t spank, struct words *words, char *const *task, int count)
{
    char **environment = NULL;
    for (int i = 0; i < count; i++) {
        add_word(words, "%s", task[i]);
    }
    if (spank_get_item(spank, S_JOB_ENV, &environment) == ESPANK_SUCCESS && environment != NULL) {
        set_limits(environment);
        environment = without(environment, "SLURM_RLIMIT_");
    }
    if (words->failed || environment == NULL) {
        slurm_error("jrun: cannot start the container: no memory (ENOMEM)");
        return;
    }
    execve(words->at[0], words->at, environment);
    slurm_error("jrun: cannot run %s: %m; is jrun installed on this node?", words->at[0]);
}

static int set_variables(spank_t spank)
{
    struct words variables = {0};
    int result = 0;
    start_variables(&variables);
    for (int i = 0; i < variables.count; i++) {
        char *value = strchr(variables.at[i], '=');
        *value++ = '\0';
        result |= spank_setenv(spank, variables.at[i], value, 1) == ESPANK_SUCCESS ? 0 : -1;
    }
    free_words(&variables);
    return result;
}

/* In each task, as the user, right before its program. What fails ends the task: it must not run outside. */
int slurm_spank_task_init(spank_t spank, int ac, char **av)
{
    struct place place = {0};
    struct words words = {0};
    char **task = NULL;
    int count = 0;
    (void)ac, (void)av;
    if (read_variables(spank) < 0 || find_place(spank, &place) < 0) {
        _exit(EXIT_START);
    }
    if (!is_given() || !runs_in_container(&place)) {
        return 0;
    }
    if (spank_get_item(spank, S_JOB_ARGV, &count, &task) != ESPANK_SUCCESS || count < 1) {
        slurm_error("jrun: cannot find the command of this task");
        _exit(EXIT_START);
    }
    if (directory != NULL && getcwd(directory, PATH_MAX) == NULL) {
        *directory = '\0';
    }
    place.script = place.step == BATCH_STEP ? task[0] : NULL;
    if (set_variables(spank) < 0 || start_words(&words, &site, &place) < 0 || words.failed) {
        slurm_error("jrun: cannot start the container with these options");
        _exit(EXIT_START);
    }
    if (spank_prepend_task_argv == NULL) {
        become(spank, &words, task, count);
        _exit(EXIT_START);
    }
    if (spank_prepend_task_argv(spank, words.count, (const char **)words.at) != ESPANK_SUCCESS) {
        slurm_error("jrun: cannot put the container before the command of this task");
        _exit(EXIT_START);
    }
    free_words(&words);
    return 0;
}

/* The rest is of --container-save, and runs in slurmstepd, which is root; its children are not. */

/* Output goes to the pipe of `run`, what the command prints as its result to nowhere. */
_Noreturn static void run_as_user(spank_t spank, const struct words *words, int errors)
{
    uid_t uid = 0;
    gid_t gid = 0, *groups = NULL;
    int count = 0;
    char **environment = NULL;
    sigset_t none;
    bool known = spank_get_item(spank, S_JOB_UID, &uid) == ESPANK_SUCCESS
                 && spank_get_item(spank, S_JOB_GID, &gid) == ESPANK_SUCCESS
                 && spank_get_item(spank, S_JOB_SUPPLEMENTARY_GIDS, &groups, &count) == ESPANK_SUCCESS
                 && spank_get_item(spank, S_JOB_ENV, &environment) == ESPANK_SUCCESS;
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    dup2(null, STDIN_FILENO);
    dup2(null, STDOUT_FILENO);
    dup2(errors, STDERR_FILENO);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    if (!known || (geteuid() == 0 && setgroups((size_t)count, groups) < 0) || setgid(gid) < 0
        || setuid(uid) < 0) {
        dprintf(STDERR_FILENO, "jrun: cannot become the user of the job: %m\n");
        _exit(EXIT_START);
    }
    if (directory == NULL || *directory == '\0' || chdir(directory) < 0) {
        dprintf(STDERR_FILENO, "jrun: cannot change to the directory of the job: %m\n");
        _exit(EXIT_START);
    }
    execve(words->at[0], words->at, environment);
    dprintf(STDERR_FILENO, "jrun: cannot run %s: %m\n", words->at[0]);
    _exit(EXIT_START);
}

/* Runs a command as the user and shows what it says in the job's output. */
static bool run(spank_t spank, const struct words *words)
{
    int ends[2], status = -1;
    if (words->failed || pipe2(ends, O_CLOEXEC) < 0) {
        slurm_error("jrun: cannot save the container: %m");
        return false;
    }
    pid_t child = fork();
    if (child == 0) {
        run_as_user(spank, words, ends[1]);
    }
    close(ends[1]);
    FILE *said = fdopen(ends[0], "r");
    char *line = NULL;
    size_t size = 0;
    while (said != NULL && getline(&line, &size, said) > 0) {
        line[strcspn(line, "\n")] = '\0';
        slurm_spank_log("%s", line);
    }
    free(line);
    if (said != NULL) {
        fclose(said);
    }
    while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    return status == 0;
}

static void save(spank_t spank, const struct place *place)
{
    struct words export = {0}, remove = {0};
    char *name = container_name(&site, place);
    if (name == NULL) {
        slurm_error("jrun: cannot save the container: no memory (ENOMEM)");
        return;
    }
    for (const char *const *word = (const char *[]){site.jrun, "export", "-q", "-f", "-o",
                                                    given(SET_SAVE), name, NULL};
         *word != NULL; word++) {
        add_word(&export, "%s", *word);
    }
    if (!started) {
        slurm_spank_log("jrun: nothing is saved to %s: no task came into the container", given(SET_SAVE));
    } else if (run(spank, &export)) {
        slurm_spank_log("jrun: saved the container to %s", given(SET_SAVE));
    } else {
        slurm_error("jrun: cannot save the container %s to %s", name, given(SET_SAVE));
    }
    if (given(SET_NAME) == NULL) {
        for (const char *const *word = (const char *[]){site.jrun, "remove", "-f", name, NULL};
             *word != NULL; word++) {
            add_word(&remove, "%s", *word);
        }
        if (!run(spank, &remove)) {
            slurm_error("jrun: cannot remove the container %s", name);
        }
    }
    free_words(&export);
    free_words(&remove);
    free(name);
}

/* In slurmstepd, as each task ends. */
int slurm_spank_task_exit(spank_t spank, int ac, char **av)
{
    static uint32_t ended;
    struct place place = {0};
    int status = 0;
    (void)ac, (void)av;
    if (!is_given() || given(SET_SAVE) == NULL || find_place(spank, &place) < 0
        || !runs_in_container(&place)) {
        return 0;
    }
    bool known = spank_get_item(spank, S_TASK_EXIT_STATUS, &status) == ESPANK_SUCCESS;
    started |= known && !(WIFEXITED(status) && WEXITSTATUS(status) == EXIT_START);
    if (++ended == place.tasks && saves(&place)) {
        save(spank, &place);
    }
    return 0;
}
