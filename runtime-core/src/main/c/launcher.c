/* The program's start: a plan from the cache when there is a fresh one, else Java, which makes it.
 */
#include "starter.h"

#define OPTIONS_MAX   0x10000 /* an options file, and again with @HOME@ replaced; ours have 2 KB */
#define OPTIONS_COUNT 256
#define NAME_LIMIT    200 /* longer names do not fit into a directory entry with a suffix */
#define LOCKS         256 /* command lines that share one wait for each other */

/*
 * What Java finds open. Its class path names the jars through TREE, so that the path is the same wherever this
 * installation lies: a JVM refuses a class-data archive whose class path differs from its own.
 */
#define JAVA_TREE 9
#define JAVA_PLAN 10

static const char *const executable_link = "/proc/self/exe";
static const char *const usual_path = "/usr/local/bin:/usr/bin:/bin";

/* FNV-1a with 128 bits: spreads, and what it names is compared in full afterwards. */
typedef unsigned __int128 hash;
#define HASH_START (((hash)0x6c62272e07bb0142ULL << 64) | 0x62b821756295c58dULL)
#define HASH_PRIME (((hash)1 << 88) | 0x13b)

static hash hash_byte(hash sum, unsigned char byte)
{
    return (sum ^ byte) * HASH_PRIME;
}

static hash hash_argument(hash sum, const char *argument, bool first)
{
    sum = first ? sum : hash_byte(sum, 0);
    for (; *argument != '\0'; argument++) {
        sum = hash_byte(sum, (unsigned char)*argument);
    }
    return sum;
}

/* Of a host, to begin the others with: nodes that share a home directory have plans of their own. */
static hash hash_host(void)
{
    /* struct utsname: six fields of 65 bytes, the node's name is the second */
    return hash_argument(HASH_START, sys_uname(scratch) == 0 ? scratch + 65 : "", true);
}

static void add_hash(struct text *to, hash sum)
{
    uint64_t halves[] = {(uint64_t)(sum >> 64), (uint64_t)sum};
    for (int i = 0; i < 32; i++) {
        uint64_t digit = halves[i / 16] >> (60 - i % 16 * 4) & 15;
        add(to, (const char[]){"0123456789abcdef"[digit], '\0'});
    }
}

/* Where containers lie; false when no variable tells, or not from the root: Java then says so. */
static bool add_data_path(struct text *to, const struct process *self)
{
    const char *own = variable_or_empty(self, "JRUN_DATA_PATH");
    const char *xdg = variable_or_empty(self, "XDG_DATA_HOME"),
               *home = variable_or_empty(self, "HOME");
    const char *chosen = *own != '\0' ? own : *xdg != '\0' ? xdg : home;
    add(to, chosen);
    add(to, *own != '\0' ? "" : *xdg != '\0' ? "/jrun" : "/.local/share/jrun");
    return *chosen == '/';
}

/* Where plans of image files and directories lie, and of containers in somebody else's store: the
 * caller's cache, and two places for when that cannot be written to. */
enum { CACHE_PLACES = 3 };

static bool add_cache_path(struct text *to, const struct process *self, int place)
{
    const char *xdg = variable_or_empty(self, place == 0 ? "XDG_CACHE_HOME" : "XDG_RUNTIME_DIR"),
               *home = place == 0 ? variable_or_empty(self, "HOME") : "";
    if (place == 2) {
        add(to, "/tmp/jrun-");
        add_number(to, self->uid);
        add(to, "/plans/");
        return true;
    }
    add(to, *xdg == '/' ? xdg : home);
    add(to, *xdg == '/' ? "/jrun/plans/" : "/.cache/jrun/plans/");
    return *xdg == '/' || *home == '/';
}

/* Whether the working directory decides what an argument means; references have a colon. */
static bool is_relative(const char *argument)
{
    return *argument == '.'
           || (*argument != '/' && !matches("*:*", argument, length(argument)));
}

static bool could_be_name(const char *argument)
{
    size_t n = 0;
    for (; argument[n] != '\0'; n++) {
        if (argument[n] == '/') {
            return false;
        }
    }
    return n > 0 && n <= NAME_LIMIT && *argument != '-' && *argument != '.';
}

static void run_if_fresh(const char *path, const struct process *self)
{
    struct plan plan;
    int fd = sys_openat(path, O_CLOEXEC | O_NONBLOCK, 0); /* a fifo there must not hold us */
    if (fd < 0) {
        return;
    }
    bool good = plan_read(&plan, fd, self, true);
    sys_close(fd);
    if (good && plan_is_for(&plan, self) && plan_is_fresh(&plan, self)) {
        tape_run(&plan, self);
    }
}

static void run_of_container(struct text path, const char *file, const char *name, hash sum,
                             const struct process *self)
{
    add(&path, "/containers/");
    add(&path, name);
    add(&path, "/plans/");
    add_hash(&path, sum);
    if (!path.cut) {
        run_if_fresh(file, self);
    }
}

static void run_of_caller(struct text path, const char *file, const char *argument, hash sum,
                          const struct process *self)
{
    char directory[PLAN_STRING_MAX];
    if (is_relative(argument)) {
        int n = sys_getcwd(directory, sizeof directory);
        sum = hash_argument(sum, n > 0 ? directory : "", false);
    }
    add_hash(&path, sum);
    if (!path.cut) {
        run_if_fresh(file, self);
    }
}

/* Options stand before what is started, so at most one prefix of the arguments has a plan. */
static void run_cached_in(const struct process *self, int place)
{
    char in_data[PLAN_STRING_MAX], in_cache[PLAN_STRING_MAX];
    struct text data = text_in(in_data, sizeof in_data),
                cache = text_in(in_cache, sizeof in_cache);
    bool has_data = place == 0 && add_data_path(&data, self),
         has_cache = add_cache_path(&cache, self, place);
    hash sum = hash_argument(hash_host(), self->argv[1], false);
    for (size_t i = 2; i < self->argc; i++) {
        const char *argument = self->argv[i];
        sum = hash_argument(sum, argument, false);
        if (has_data && could_be_name(argument)) {
            run_of_container(data, in_data, argument, sum, self);
        }
        if (has_cache && *argument != '-') {
            run_of_caller(cache, in_cache, argument, sum, self);
        }
    }
}

static void run_cached(const struct process *self)
{
    for (int place = 0; place < CACHE_PLACES; place++) {
        run_cached_in(self, place);
    }
}

/*
 * Waits while another process compiles the same command line; the descriptor is -1 when there is no
 * place for a lock, and then both compile, which is only slower.
 */
static int take_lock(const struct process *self, bool *waited)
{
    char buffer[PLAN_STRING_MAX];
    struct text path = text_in(buffer, sizeof buffer);
    hash sum = hash_host();
    for (size_t i = 1; i < self->argc; i++) {
        sum = hash_argument(sum, self->argv[i], false);
    }
    bool known = add_data_path(&path, self);
    add(&path, "/locks");
    if (!known || path.cut || make_directories(buffer, 0700) < 0) {
        return -1;
    }
    add(&path, "/");
    add_number(&path, (int64_t)((uint64_t)sum % LOCKS));
    int fd = path.cut ? -1 : sys_openat(buffer, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    int result = fd < 0 ? 0 : sys_flock(fd, LOCK_EX | LOCK_NB);
    *waited = result == -EAGAIN;
    while (result == -EAGAIN || result == -EINTR) {
        result = sys_flock(fd, LOCK_EX);
    }
    return fd;
}

/* The directory that holds bin/jrun, without "/bin/jrun". */
static bool find_home(char *buffer, size_t size)
{
    int n = sys_readlink(executable_link, buffer, size - 1);
    int levels = 2;
    while (n > 0 && levels > 0) {
        levels -= buffer[--n] == '/';
    }
    buffer[n < 0 ? 0 : n] = '\0';
    return levels == 0;
}

/* Appends each line of an options file, "@HOME@" replaced; empty lines and those with "#" in front
 * are left out. */
static bool read_options(const char *path, const char *home, char **argv, size_t *argc)
{
    static char file[OPTIONS_MAX], options[2 * OPTIONS_MAX];
    struct text out = text_in(options, sizeof options);
    int fd = sys_openat(path, O_CLOEXEC, 0);
    int64_t size = fd < 0 ? fd : sys_read(fd, file, sizeof file - 1);
    if (fd >= 0) {
        sys_close(fd);
    }
    for (char *at = file; size > 0 && at < file + size && *argc < OPTIONS_COUNT && !out.cut; at++) {
        char *option = out.at;
        for (; at < file + size && *at != '\n'; at++) {
            if (starts_with(at, "@HOME@")) {
                add(&out, home);
                at += sizeof "@HOME@" - 2;
            } else {
                add(&out, (const char[]){*at, '\0'});
            }
        }
        if (*option != '\0' && *option != '#') {
            argv[(*argc)++] = option;
            out.at++; /* keeps the NUL */
            out.cut |= out.at >= out.end;
        } else {
            out.at = option;
        }
    }
    return size > 0 && !out.cut && *argc < OPTIONS_COUNT;
}

static bool add_options(const char *home, const struct process *self, char **argv, size_t *argc)
{
    char buffer[PLAN_STRING_MAX];
    for (int own = self->argc > 1 && could_be_name(self->argv[1]); own >= 0; own--) {
        struct text path = text_in(buffer, sizeof buffer);
        add(&path, home);
        add(&path, "/lib/java/");
        add(&path, own ? self->argv[1] : "default");
        add(&path, ".options");
        if (!path.cut && read_options(buffer, home, argv, argc)) {
            return true;
        }
    }
    report("start Java", "", buffer, ENOENT, "this installation is incomplete: install jrun again");
    return false;
}

static bool is_variable(const char *variable, const char *name)
{
    return starts_with(variable, name) && variable[length(name)] == '=';
}

/*
 * What the caller means for Java programs of his own: memory, agents. Our Java would obey it, and
 * say so on stderr, so it gets these under names that it does not know. In place, since the values
 * may be long and this process only execs Java.
 */
static void hide_java_options(char *variable)
{
    static const struct {
        const char *name;
        size_t java;
    } options[] = {{"JAVA_TOOL_OPTIONS", 0}, {"JDK_JAVA_OPTIONS", 4}, {"_JAVA_OPTIONS", 1}};
    for (int i = 0; i < 3; i++) {
        if (is_variable(variable, options[i].name)) {
            const char *jrun = "JRUN";
            for (char *to = variable + options[i].java; *jrun != '\0';) {
                *to++ = *jrun++;
            }
            return;
        }
    }
}

/*
 * The caller's environment for Java, which needs a locale that can name every file, and is told the
 * caller's. It reads the bytes of everything else from /proc.
 */
static void java_environment(const struct process *self, const char *home, int plan_fd, char **envp)
{
    static char own[5][PLAN_STRING_MAX + 16]; /* a value as long as a path, and the longest name */
    static const char *const replaced[] = {"LC_ALL", "JRUN_HOME", "JRUN_LC_ALL", "JRUN_PLAN_FD",
                                           "JRUN_BUILD"};
    const char *locale = find_variable(self->envp, "LC_ALL");
    const char *values[] = {"C.UTF-8", home, locale, "", ""};
    for (char **from = self->envp; *from != NULL; from++) {
        bool keep = true;
        for (int i = 0; i < 5; i++) {
            keep &= !is_variable(*from, replaced[i]);
        }
        if (keep) {
            hide_java_options(*from);
            *envp++ = *from;
        }
    }
    for (int i = 0; i < 5; i++) {
        if (values[i] != NULL && (i < 3 || plan_fd >= 0)) {
            struct text text = text_in(own[i], sizeof own[i]);
            add(&text, replaced[i]);
            add(&text, "=");
            add(&text, values[i]);
            if (i >= 3) {
                add_number(&text, i == 3 ? plan_fd : (int32_t)PLAN_BUILD);
            }
            *envp++ = own[i];
        }
    }
    *envp = NULL;
}

/* Gives Java a descriptor under a number of ours. What the caller has open under that number is of no use to Java. */
static void give(int fd, int number, int status)
{
    int error = fd < 0 ? fd : fd == number ? sys_keep_on_exec(fd) : sys_dup_to(fd, number);
    if (error < 0) {
        report("start Java", "", "", -error, "");
        sys_exit(status);
    }
}

/* Runs DIRECTORY/rest, where the directory may be followed by ":" and more. Returns only on
 * failure. */
static void execute_java(char **argv, char **envp, const char *directory, const char *rest)
{
    struct text path = text_in(argv[0], PLAN_STRING_MAX);
    for (; *directory != '\0' && *directory != ':'; directory++) {
        add(&path, (const char[]){*directory, '\0'});
    }
    add(&path, rest);
    if (!path.cut) {
        sys_execve(argv[0], argv, envp);
    }
}

_Noreturn static void run_java(const struct process *self, int plan_fd, int status)
{
    char home[PLAN_STRING_MAX], program[PLAN_STRING_MAX];
    char **argv = __builtin_alloca((OPTIONS_COUNT + self->argc + 2) * sizeof(char *));
    char **envp = __builtin_alloca((self->envc + 6) * sizeof(char *));
    size_t argc = 1;
    argv[0] = program;
    if (!find_home(home, sizeof home)) {
        report("start Java", "", executable_link, ENOENT,
               "mount /proc: jrun finds its own files through it");
        sys_exit(status);
    }
    if (!add_options(home, self, argv, &argc)) {
        sys_exit(status);
    }
    for (size_t i = 1; i < self->argc; i++) {
        argv[argc++] = self->argv[i];
    }
    argv[argc] = NULL;
    if (plan_fd >= 0) {
        give(plan_fd, JAVA_PLAN, status); /* first: plan_fd may be JAVA_TREE */
    }
    give(sys_openat(home, O_PATH | O_CLOEXEC, 0), JAVA_TREE, status);
    java_environment(self, home, plan_fd < 0 ? -1 : JAVA_PLAN, envp);

    const char *java_home = variable_or_empty(self, "JAVA_HOME"),
               *path = variable_or_empty(self, "PATH");
    execute_java(argv, envp, home, "/lib/runtime/bin/java");
    if (*java_home != '\0') {
        execute_java(argv, envp, java_home, "/bin/java");
    }
    if (*path == '\0') {
        path = usual_path; /* engines call a runtime with next to no variables */
    }
    while (*path != '\0') {
        execute_java(argv, envp, path, *path == ':' ? "./java" : "/java");
        while (*path != '\0' && *path++ != ':') {
        }
    }
    report("start Java", "", "there is none in this installation, in JAVA_HOME or in PATH", ENOENT,
           "install Java 17 or newer, or set JAVA_HOME to where it is");
    sys_exit(status);
}

/* Standard descriptors that were closed get /dev/null: a JVM would put its own files there, and
 * print into them. */
static void open_standard_files(const struct process *self, bool no_input)
{
    for (int fd = 0; fd < 3; fd++) {
        if ((self->was_closed >> fd & 1) != 0 || (fd == 0 && no_input)) {
            int null = sys_openat("/dev/null", O_RDWR | O_CLOEXEC, 0);
            if (null >= 0) {
                sys_dup_to(null, fd); /* dup3(2) without O_CLOEXEC: stays open */
                sys_close(null);
            }
        }
    }
}

_Noreturn static void leave_as(int status)
{
    int signal =
        status & 0x7f; /* wait(2): the low bits are the signal, the next eight the exit status */
    if (signal == 0) {
        sys_exit(status >> 8 & 0xff);
    }
    if (signal == SIGINT || signal == SIGTERM || signal == SIGHUP) {
        sys_kill(sys_getpid(), signal);
    } else {
        report("compile the plan", "",
               signal == SIGKILL ? "Java was killed, perhaps for its memory" : "Java crashed", 0,
               "run it again with a higher memory limit; if it recurs, please report it");
    }
    sys_exit(128 + signal);
}

/*
 * Lets Java compile the plan in a child, so that nothing a JVM does to its process reaches the
 * payload, then runs it here. Returns never.
 */
_Noreturn static void compile_and_run(const struct process *self)
{
    struct plan plan;
    bool waited = false;
    int lock = take_lock(self, &waited), parent = sys_getpid(), status = 0;
    if (waited) {
        sys_close(lock); /* if there is no plan now, it fails for all, who need not queue for that */
        lock = -1;
    }
    run_cached(self);
    int fd = sys_memfd_create("jrun-plan", MFD_CLOEXEC | MFD_NOEXEC_SEAL);
    if (fd == -EINVAL) {
        fd = sys_memfd_create("jrun-plan", MFD_CLOEXEC); /* before Linux 6.3 */
    }
    /* With SIGCHLD ignored the kernel would forget how the child ended: wait(2), NOTES. */
    struct action usual = {0}, callers = {0};
    sys_action(SIGCHLD, &usual, &callers);
    int child = fd < 0 ? fd : sys_fork();
    if (child < 0) {
        report("compile the plan", "", "", -child, "");
        sys_exit(EXIT_START);
    }
    if (child == 0) {
        sys_die_with_parent();
        if (sys_getppid() != parent) {
            sys_exit(EXIT_START); /* it died before we asked to be told */
        }
        open_standard_files(self, true);
        run_java(self, fd, EXIT_START);
    }
    int ended;
    while ((ended = sys_wait(child, &status)) == -EINTR) {
    }
    if (ended < 0) {
        report("compile the plan", "", "the end of Java cannot be waited for", -ended, "");
        sys_exit(EXIT_START);
    }
    sys_action(SIGCHLD, &callers, NULL);
    if (lock >= 0) {
        sys_close(lock);
    }
    if (status == 1 << 8 && !equal(self->argv[1], "oci")) {
        status = EXIT_START << 8; /* a JVM that could not begin, and has said so */
    }
    struct statx result = {0};
    if (status != 0 || (sys_statx(fd, "", AT_EMPTY_PATH, &result) == 0 && result.size == 0)) {
        leave_as(status);
    }
    if (sys_rewind(fd) < 0 || !plan_read(&plan, fd, self, false) || !plan_is_for(&plan, self)) {
        report("run the plan", "", "the compiled plan is damaged or is for other arguments", 0,
               "please report this");
        sys_exit(EXIT_START);
    }
    sys_close(fd);
    tape_run(&plan, self);
}

/* Programs that run an OCI runtime pass it nothing but the spec's arguments, so it has a name of its own. */
static bool is_oci_name(const struct process *self)
{
    return self->argc > 0
           && matches("*jrun-oci", self->argv[0], length(self->argv[0]));
}

/* As if the command had been typed behind "jrun". */
static void name_command(struct process *self, char **argv, const char *command)
{
    argv[0] = self->argv[0];
    argv[1] = (char *)(uintptr_t)command;
    for (size_t i = 1; i <= self->argc; i++) {
        argv[i + 1] = self->argv[i];
    }
    self->argv = argv;
    self->argc++;
}

/* A command that another one runs for its own purpose ends with that, whatever ends it. */
static void follow_parent(const struct process *self)
{
    const char *parent = variable_or_empty(self, "JRUN_WITH_PARENT");
    if (*parent != '\0') {
        sys_die_with_parent();
        if (sys_getppid() != number_in(parent)) {
            sys_exit(EXIT_HOST);
        }
    }
}

_Noreturn void jrun_main(uint64_t *stack);

_Noreturn void jrun_main(uint64_t *stack)
{
    struct process self;
    process_begin(&self, stack);
    process_reserve_files(&self);
    if (is_oci_name(&self)) {
        char **argv = __builtin_alloca((self.argc + 2) * sizeof(char *));
        name_command(&self, argv, "oci");
    }
    if (self.argc > 1 && (equal(self.argv[1], "exec") || equal(self.argv[1], "oci"))) {
        compile_and_run(&self);
    }
    if (self.argc > 1 && (equal(self.argv[1], "start") || equal(self.argv[1], "batch"))) {
        run_cached(&self);
        compile_and_run(&self);
    }
    follow_parent(&self);
    open_standard_files(&self, false);
    run_java(&self, -1, EXIT_HOST);
}

ENTRY(jrun_main);
