/*
 * The beginning of a bundle: finds the image and the plans behind itself, verifies them, and runs a plan on the image,
 * mounted by the host's squashfuse, else extracted once. What plans need to know of this host they find in variables.
 */
#include "bundle.h"

#define PATHS_MAX    16      /* options -v */
#define POOL_SIZE    0x40000 /* all variables for the plan, each as long as a path */
#define CHUNK        0x100000
#define HEX_SIZE     (2 * DIGEST_SIZE + 1)
#define HELPER_PLACES ":/usr/local/bin:/usr/bin:/bin"

static const char *const own_file = "/proc/self/exe";
static const char *const damage_hint = "copy it again, and compare the sizes";

static char pool[POOL_SIZE];
static uint8_t chunk[CHUNK];

struct mount {
    const char *source, *target;
    bool read_only;
};

struct bundle {
    struct process self;
    int file;
    struct bundle_trailer trailer;
    char hex[HEX_SIZE], path[PLAN_STRING_MAX], base[PLAN_STRING_MAX];
    const char *extract_to, *helper;
    struct mount mounts[PATHS_MAX];
    size_t mount_count, variable_count;
    bool verify_only;
    struct text pool;
    char *variables[3 * PATHS_MAX + 8];
};

/* What is written down when the digest was right, to know the file again. */
struct seen {
    uint64_t device, inode, size;
    int64_t modified, modified_part, changed, changed_part;
};

_Noreturn static void refuse(const char *cause, int error, const char *hint)
{
    report("start the bundle", "", cause, error, hint);
    sys_exit(EXIT_START);
}

static void add_part(struct text *to, const char *from, const char *end)
{
    for (; from < end; from++) {
        add(to, (const char[]){*from, '\0'});
    }
}

/* Sets a variable for the plan; two parts, because values are joined from several. */
static char *begin_variable(struct bundle *bundle, const char *name)
{
    bundle->variables[bundle->variable_count++] = bundle->pool.at;
    add(&bundle->pool, name);
    add(&bundle->pool, "=");
    return bundle->pool.at;
}

static void end_variable(struct bundle *bundle)
{
    bundle->pool.at++; /* keeps the NUL */
    if (bundle->pool.cut || bundle->pool.at >= bundle->pool.end) {
        refuse("the options are too long", E2BIG, "");
    }
    *bundle->pool.at = '\0';
}

static void set_variable_to(struct bundle *bundle, const char *name, const char *value)
{
    begin_variable(bundle, name);
    add(&bundle->pool, value);
    end_variable(bundle);
}

/* Options */

static void add_help(struct text *to)
{
    add(to, "usage: app [-e KEY[=VALUE]] [-v SRC[:DST[:ro]]] [--extract DIR] [--] [ARG...]\n"
            "A container in one file, made by `jrun bundle`.\n"
            "  -e, --env KEY[=VALUE]      set a variable inside, or copy yours\n"
            "  -v, --volume SRC[:DST[:ro]] show a file or directory of the host inside;\n"
            "  -m, --mount                 the image must have DST\n"
            "  --extract DIR              do not mount the image but extract it, once, below DIR\n"
            "  --verify                   compare all bytes with the digest, and start nothing\n"
            "  -h, --help                 show this help\n"
            "ARG belongs to the program inside, whose exit status is returned; 125 is a failure\n"
            "of the start, 126 a program that cannot be executed, 127 one that was not found.\n"
            "Without --extract, an image that cannot be mounted is extracted below\n"
            "$XDG_CACHE_HOME/jrun/bundles, else ~/.cache/jrun/bundles, else /tmp/jrun-UID/bundles.\n");
}

/* The value of option `name` at argument `*at`, behind "=" or in the next argument; NULL for another option. */
static const char *option_value(const struct process *self, size_t *at, const char *name)
{
    const char *argument = self->argv[*at];
    size_t n = length(name);
    if (!starts_with(argument, name)) {
        return NULL;
    }
    if (argument[n] == '=') {
        return argument + n + 1;
    }
    if (argument[n] != '\0') {
        return name[1] == '-' ? NULL : argument + n; /* "-eKEY" */
    }
    if (*at + 1 >= self->argc) {
        report("start the bundle", argument, "it needs a value", EINVAL, "see --help");
        sys_exit(EXIT_START);
    }
    return self->argv[++*at];
}

static void add_environment(struct bundle *bundle, const char *setting)
{
    const char *value = find_variable(bundle->self.envp, setting);
    bool has_value = matches("*=*", setting, length(setting));
    if (matches("*\n*", setting, length(setting)) || *setting == '=' || *setting == '\0'
        || (!has_value && value != NULL && matches("*\n*", value, length(value)))) {
        refuse("a variable of -e has no name, or lines", EINVAL,
               "give it when the bundle is made: jrun bundle -e");
    }
    if (has_value || value != NULL) {
        add(&bundle->pool, setting);
        add(&bundle->pool, has_value ? "" : "=");
        add(&bundle->pool, has_value ? "" : value);
        add(&bundle->pool, "\n");
    }
}

static void add_mount(struct bundle *bundle, char *text)
{
    char *at = text, *parts[3] = {text, NULL, NULL};
    for (int i = 1; *at != '\0' && i < 3; at++) {
        if (*at == ':') {
            *at = '\0';
            parts[i++] = at + 1;
        }
    }
    const char *target = parts[1] != NULL ? parts[1] : text, *mode = parts[2];
    if (bundle->mount_count >= PATHS_MAX) {
        refuse("there are more than 16 options -v", E2BIG, "");
    }
    if (*text == '\0' || *target != '/'
        || (mode != NULL && !equal(mode, "ro") && !equal(mode, "rw"))) {
        refuse("an option -v is not SRC[:DST[:ro]] with an absolute DST", EINVAL,
               "for example: -v $PWD:/mnt");
    }
    bundle->mounts[bundle->mount_count++] =
        (struct mount){text, target, mode != NULL && equal(mode, "ro")};
}

/* The first argument that is no option; variables of -e are collected in the pool. */
static size_t read_options(struct bundle *bundle)
{
    struct process *self = &bundle->self;
    char *start = begin_variable(bundle, "JRUN_BUNDLE_ENV");
    size_t at = 1;
    for (; at < self->argc && self->argv[at][0] == '-'; at++) {
        const char *argument = self->argv[at], *value;
        if (equal(argument, "--")) {
            at++;
            break;
        }
        if (equal(argument, "-h") || equal(argument, "--help")) {
            struct text help = text_in((char *)chunk, sizeof chunk);
            add_help(&help);
            sys_write(1, chunk, (size_t)(help.at - (char *)chunk));
            sys_exit(0);
        }
        if (equal(argument, "--verify")) {
            bundle->verify_only = true;
        } else if ((value = option_value(self, &at, "--extract")) != NULL) {
            bundle->extract_to = value;
        } else if ((value = option_value(self, &at, "--env")) != NULL
                   || (argument[1] != '-' && (value = option_value(self, &at, "-e")) != NULL)) {
            add_environment(bundle, value);
        } else if ((value = option_value(self, &at, "--volume")) != NULL
                   || (value = option_value(self, &at, "--mount")) != NULL
                   || (argument[1] != '-'
                       && ((value = option_value(self, &at, "-v")) != NULL
                           || (value = option_value(self, &at, "-m")) != NULL))) {
            add_mount(bundle, (char *)(intptr_t)value);
        } else {
            report("start the bundle", "", "it has no such option", EINVAL,
                   "see --help; write -- in front of what is the program's");
            sys_exit(EXIT_START);
        }
    }
    if (bundle->pool.at - start >= PLAN_STRING_MAX) {
        refuse("the variables of -e are longer than a page", E2BIG,
               "give them when the bundle is made: jrun bundle -e");
    }
    end_variable(bundle);
    return at;
}

/* The file itself */

static bool part_fits(const struct bundle_trailer *trailer, struct bundle_part part)
{
    uint64_t end = trailer->size - sizeof *trailer;
    return part.offset <= end && part.size <= end - part.offset;
}

static void read_trailer(struct bundle *bundle, const struct statx *status)
{
    struct bundle_trailer *trailer = &bundle->trailer;
    if (status->size < sizeof *trailer
        || sys_pread(bundle->file, trailer, sizeof *trailer, status->size - sizeof *trailer)
               != sizeof *trailer
        || trailer->magic != BUNDLE_MAGIC || trailer->size != status->size) {
        refuse("it is damaged: it does not end as a bundle does", 0, damage_hint);
    }
    if (trailer->version != BUNDLE_VERSION || trailer->zero != 0
        || !part_fits(trailer, trailer->image) || !part_fits(trailer, trailer->mounted)
        || !part_fits(trailer, trailer->extracted)) {
        refuse("it is damaged: what it says about itself cannot be", 0, damage_hint);
    }
    for (int i = 0; i < DIGEST_SIZE; i++) {
        bundle->hex[2 * i] = "0123456789abcdef"[trailer->digest[i] >> 4];
        bundle->hex[2 * i + 1] = "0123456789abcdef"[trailer->digest[i] & 15];
    }
}

static bool digest_is_right(const struct bundle *bundle)
{
    struct sha256 sum;
    uint8_t digest[DIGEST_SIZE];
    uint64_t end = bundle->trailer.size - DIGEST_SIZE;
    sha256_begin(&sum);
    for (uint64_t at = 0; at < end;) {
        size_t wanted = end - at < sizeof chunk ? (size_t)(end - at) : sizeof chunk;
        int64_t got = sys_pread(bundle->file, chunk, wanted, at);
        if (got == -EINTR) {
            continue;
        }
        if (got <= 0) {
            refuse("it cannot be read", (int)-got, damage_hint);
        }
        sha256_add(&sum, chunk, (size_t)got);
        at += (uint64_t)got;
    }
    sha256_end(&sum, digest);
    uint8_t difference = 0;
    for (int i = 0; i < DIGEST_SIZE; i++) {
        difference |= digest[i] ^ bundle->trailer.digest[i];
    }
    return difference == 0;
}

static void require_digest(const struct bundle *bundle)
{
    if (!digest_is_right(bundle)) {
        refuse("it is damaged: its bytes do not have the digest that they had when it was made", 0,
               damage_hint);
    }
}

static struct seen seen_as(const struct statx *status)
{
    return (struct seen){(uint64_t)status->dev_major << 32 | status->dev_minor,
                         status->ino,
                         status->size,
                         status->mtime.seconds,
                         status->mtime.nanoseconds,
                         status->ctime.seconds,
                         status->ctime.nanoseconds};
}

/* Places for what is kept from start to start */

static struct text place(const struct bundle *bundle, char *buffer, const char *suffix)
{
    struct text path = text_in(buffer, PLAN_STRING_MAX);
    add(&path, bundle->base);
    add(&path, "/");
    add(&path, bundle->hex);
    add(&path, suffix);
    return path;
}

static bool was_verified(const struct bundle *bundle, const struct statx *status)
{
    char path[PLAN_STRING_MAX];
    struct seen now = seen_as(status), before = {0};
    int fd = place(bundle, path, ".seen").cut ? -1 : sys_openat(path, O_CLOEXEC | O_NOFOLLOW, 0);
    if (fd < 0) {
        return false;
    }
    bool same = sys_read(fd, &before, sizeof before) == sizeof before;
    sys_close(fd);
    const uint64_t *a = (const uint64_t *)&now, *b = (const uint64_t *)&before;
    for (size_t i = 0; i < sizeof now / sizeof *a; i++) {
        same &= a[i] == b[i];
    }
    return same;
}

/* In the way of all files that appear whole or not at all; a failure only means that the next start compares again. */
static void note_verified(const struct bundle *bundle, const struct statx *status)
{
    char path[PLAN_STRING_MAX], temporary[PLAN_STRING_MAX];
    struct seen now = seen_as(status);
    place(bundle, path, ".seen");
    place(bundle, temporary, ".seen.part");
    int fd = sys_openat(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd >= 0) {
        size_t n = length(bundle->path); /* whoever cleans up looks whether the bundle is still there */
        bool written = sys_write(fd, &now, sizeof now) == sizeof now
                       && sys_write(fd, bundle->path, n) == (int64_t)n;
        sys_close(fd);
        if (written) {
            sys_rename(temporary, path);
        }
    }
}

/* When it was started last; nothing but a later cleaning depends on it. */
static void note_use(const struct bundle *bundle)
{
    char path[PLAN_STRING_MAX];
    if (!place(bundle, path, ".seen").cut) {
        sys_utimensat(AT_FDCWD, path, NULL);
    }
}

/* Whether a directory is there, or can be made, that only the caller writes to. */
static bool can_use(const struct bundle *bundle, const char *path, bool executable, bool given)
{
    struct statx status;
    struct statfs system = {0};
    int fd = make_directories(path, 0700) < 0
                 ? -1
                 : sys_openat(path, O_DIRECTORY | O_CLOEXEC | (given ? 0 : O_NOFOLLOW), 0);
    if (fd < 0) {
        return false;
    }
    bool good = sys_statx(fd, "", AT_EMPTY_PATH, &status) == 0 && status.uid == bundle->self.uid
                && (status.mode & 022) == 0 && sys_fstatfs(fd, &system) == 0
                && (!executable || (system.flags & ST_NOEXEC) == 0) && sys_access(path, W_OK) == 0;
    sys_close(fd);
    return good;
}

static bool find_base(struct bundle *bundle, bool executable)
{
    const char *given = bundle->extract_to;
    const char *cache = variable_or_empty(&bundle->self, "XDG_CACHE_HOME");
    const char *home = variable_or_empty(&bundle->self, "HOME");
    for (int i = given != NULL ? 0 : 1; i < (given != NULL ? 1 : 4); i++) {
        struct text path = text_in(bundle->base, sizeof bundle->base);
        const char *first = i == 0 ? given : i == 1 ? cache : i == 2 ? home : "/tmp/jrun-";
        add(&path, first);
        if (i == 3) {
            add_number(&path, bundle->self.uid);
            if (!can_use(bundle, bundle->base, executable, false)) {
                return false;
            }
        }
        add(&path, i == 0 ? "" : i == 2 ? "/.cache/jrun/bundles" : i == 1 ? "/jrun/bundles" : "/bundles");
        if ((i == 0 || *first == '/') && !path.cut
            && can_use(bundle, bundle->base, executable, i == 0)) {
            return true;
        }
    }
    return false;
}

static void require_base(struct bundle *bundle, bool executable)
{
    if (!find_base(bundle, executable)) {
        refuse(executable ? "there is no directory to extract it to: it must be yours alone, and not on a noexec mount"
                          : "there is no directory for its mount points that is yours alone",
               EACCES, "name one with --extract DIR");
    }
}

static int lock(const struct bundle *bundle)
{
    char path[PLAN_STRING_MAX];
    if (place(bundle, path, ".lock").cut) {
        refuse("a path is too long", ENAMETOOLONG, "name another one with --extract DIR");
    }
    int fd = sys_openat(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    int result = fd;
    do {
        result = fd < 0 ? fd : sys_flock(fd, LOCK_EX);
    } while (result == -EINTR);
    if (result < 0) {
        report("start the bundle: lock", path, "", -result, "name another place with --extract DIR");
        sys_exit(EXIT_START);
    }
    return fd;
}

static void make_place(const char *directory, const char *name)
{
    char buffer[PLAN_STRING_MAX];
    struct text path = text_in(buffer, sizeof buffer);
    add(&path, directory);
    add(&path, name);
    int result = path.cut ? -ENAMETOOLONG : make_directories(buffer, 0700);
    if (result < 0) {
        report("start the bundle: make", buffer, "", -result, "name another place with --extract DIR");
        sys_exit(EXIT_START);
    }
}

/* Under the lock. */
static void extract_image(const struct bundle *bundle, const char *directory)
{
    char part[PLAN_STRING_MAX], hint[PLAN_STRING_MAX];
    struct unsquash_failure failure;
    place(bundle, part, ".part");
    make_place(part, "/accounts");
    int fd = sys_openat(part, O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0);
    bool done = fd >= 0
                && unsquash(bundle->file, bundle->trailer.image.offset, bundle->trailer.image.size,
                            fd, &failure);
    if (!done) {
        struct text text = text_in(hint, sizeof hint);
        add(&text, "what is there can be removed, or completed by the next start: ");
        add(&text, part);
        report("extract the bundle's", fd < 0 ? part : failure.name, fd < 0 ? "" : failure.what,
               fd < 0 ? -fd : failure.error, hint);
        sys_exit(EXIT_START);
    }
    sys_syncfs(fd); /* what has its name is complete, after a loss of power too */
    sys_close(fd);
    int result = sys_rename(part, directory);
    if (result < 0) {
        report("start the bundle: rename", part, "", -result, "");
        sys_exit(EXIT_START);
    }
}

static const char *find_helper(struct bundle *bundle)
{
    static const char *const names[] = {"/squashfuse_ll", "/squashfuse"};
    static char found[PLAN_STRING_MAX];
    static char places[4 * PLAN_STRING_MAX];
    struct text all = text_in(places, sizeof places);
    int fuse = sys_openat("/dev/fuse", O_RDWR | O_CLOEXEC, 0);
    if (fuse < 0) {
        return NULL;
    }
    sys_close(fuse);
    add(&all, variable_or_empty(&bundle->self, "PATH"));
    add(&all, HELPER_PLACES);
    for (int i = 0; i < 2; i++) {
        for (const char *at = places; *at != '\0';) {
            const char *end = at;
            while (*end != ':' && *end != '\0') {
                end++;
            }
            struct text path = text_in(found, sizeof found);
            add_part(&path, at, end);
            add(&path, names[i]);
            struct statx status;
            if (*at == '/' && !path.cut && sys_statx(AT_FDCWD, found, 0, &status) == 0
                && (status.mode & S_IFMT) == S_IFREG && (status.mode & 0111) != 0) {
                return found;
            }
            at = *end == ':' ? end + 1 : end;
        }
    }
    return NULL;
}

static void name_mounts(struct bundle *bundle, const char *caller_directory)
{
    char name[64];
    for (size_t i = 0; i < bundle->mount_count; i++) {
        static const char *const names[] = {"JRUN_BUNDLE_SOURCE_", "JRUN_BUNDLE_TARGET_",
                                            "JRUN_BUNDLE_READ_ONLY_"};
        const struct mount *mount = &bundle->mounts[i];
        for (int part = 0; part < (mount->read_only ? 3 : 2); part++) {
            struct text text = text_in(name, sizeof name);
            add(&text, names[part]);
            add_number(&text, (int64_t)i);
            begin_variable(bundle, name);
            if (part == 0 && *mount->source != '/') {
                add(&bundle->pool, caller_directory);
                add(&bundle->pool, "/");
            }
            add(&bundle->pool, part == 0 ? mount->source : part == 1 ? mount->target : "1");
            end_variable(bundle);
        }
    }
}

/* The accounts database of the host may be out of reach; what is no name must not get into a line of passwd(5). */
static const char *user_name(const struct process *self)
{
    const char *name = variable_or_empty(self, "USER");
    size_t n = 0;
    for (; name[n] != '\0'; n++) {
        char c = name[n];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
        if (!letter && (n == 0 || !((c >= '0' && c <= '9') || c == '-' || c == '.'))) {
            return "user";
        }
    }
    return n == 0 || n > 32 || equal(name, "root") ? "user" : name;
}

_Noreturn static void run(struct bundle *bundle, struct bundle_part part, const char *directory)
{
    struct plan plan;
    struct process *self = &bundle->self;
    char here[PLAN_STRING_MAX];
    int n = sys_getcwd(here, sizeof here);
    set_variable_to(bundle, "JRUN_BUNDLE_FILE", bundle->path);
    set_variable_to(bundle, "JRUN_BUNDLE_HELPER", bundle->helper != NULL ? bundle->helper : "");
    set_variable_to(bundle, "JRUN_BUNDLE_USER", user_name(self));
    name_mounts(bundle, n > 0 ? here : "");
    char **envp = __builtin_alloca((bundle->variable_count + self->envc + 1) * sizeof(char *));
    size_t envc = 0;
    for (size_t i = 0; i < bundle->variable_count; i++) {
        envp[envc++] = bundle->variables[i]; /* the first of a name counts */
    }
    for (size_t i = 0; i < self->envc; i++) {
        envp[envc++] = self->envp[i];
    }
    envp[envc] = NULL;
    self->envp = envp;
    self->envc = envc;
    int result = sys_chdir(directory); /* plans name the root and the accounts from there */
    if (result < 0) {
        report("start the bundle: change to", directory, "", -result, "");
        sys_exit(EXIT_START);
    }
    if (part.size > PLAN_SIZE_MAX
        || sys_pread(bundle->file, plan_image, (size_t)part.size, part.offset)
               != (int64_t)part.size
        || !plan_check(&plan, (size_t)part.size)) {
        refuse("it is damaged: the plan inside is not for this program", 0, damage_hint);
    }
    sys_close(bundle->file);
    tape_run(&plan, self);
}

static void open_file(struct bundle *bundle, struct statx *status)
{
    int n = sys_readlink(own_file, bundle->path, sizeof bundle->path - 1);
    bundle->path[n < 0 ? 0 : n] = '\0';
    bundle->file = sys_openat(own_file, O_CLOEXEC, 0);
    int result = n < 0                ? n
                 : bundle->file < 0 ? bundle->file
                                    : sys_statx(bundle->file, "", AT_EMPTY_PATH, status);
    if (result < 0) {
        refuse("it cannot read itself", -result,
               "it must be readable, not only executable, and /proc must be mounted");
    }
    read_trailer(bundle, status);
}

_Noreturn void jrun_main(uint64_t *stack);

_Noreturn void jrun_main(uint64_t *stack)
{
    static struct bundle bundle;
    struct statx status;
    process_begin(&bundle.self, stack);
    process_reserve_files(&bundle.self);
    bundle.pool = text_in(pool, sizeof pool);
    size_t rest = read_options(&bundle);
    open_file(&bundle, &status);
    if (bundle.verify_only) {
        require_digest(&bundle);
        sys_exit(0);
    }
    bundle.self.argv[rest - 1] = bundle.self.argv[0];
    bundle.self.argv += rest - 1;
    bundle.self.argc -= rest - 1;

    bundle.helper = bundle.extract_to == NULL ? find_helper(&bundle) : NULL;
    bool mounted = bundle.helper != NULL;
    char directory[PLAN_STRING_MAX];
    struct statx there;
    require_base(&bundle, !mounted);
    if (place(&bundle, directory, "").cut) {
        refuse("a path is too long", ENAMETOOLONG, "name another one with --extract DIR");
    }
    bool ready = mounted || sys_statx(AT_FDCWD, directory, 0, &there) == 0;
    if (!ready || !was_verified(&bundle, &status)) {
        int fd = lock(&bundle); /* of many that start at once, one does the work */
        if (!was_verified(&bundle, &status)) {
            require_digest(&bundle);
            note_verified(&bundle, &status);
        }
        if (!mounted && sys_statx(AT_FDCWD, directory, 0, &there) < 0) {
            extract_image(&bundle, directory);
        }
        sys_close(fd);
    }
    note_use(&bundle);
    if (mounted) {
        struct text path = text_in(directory, sizeof directory);
        add(&path, bundle.base);
        add(&path, "/mount");
        make_place(directory, "/rootfs");
        make_place(directory, "/accounts");
    }
    run(&bundle, mounted ? bundle.trailer.mounted : bundle.trailer.extracted, directory);
}

ENTRY(jrun_main);
