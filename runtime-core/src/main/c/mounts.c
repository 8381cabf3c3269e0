/* Mounts that programs of the host ask for while a container is made: lines of fstab(5). Their places are looked for
 * inside the root to be, so no link of the image leads one outside. */
#include "starter.h"

#define RECURSIVE    0x1 /* beside the flags of mount(2) */
#define OPTIONAL     0x2
#define AS_FILE      0x4
#define AS_DIRECTORY 0x8
#define RESTRICTIONS (MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_NOSYMFOLLOW)
#define PROPAGATION  (MS_UNBINDABLE | MS_PRIVATE | MS_SLAVE | MS_SHARED)

enum { SOURCE, TARGET, TYPE, OPTIONS, FIELDS = 6 /* the last two are for dump(8) and fsck(8) */ };

struct request {
    char *field[FIELDS];
    uint32_t flags, words;
    char *data; /* of a tmpfs */
    struct text text; /* its end */
};

/* The words of MountOptions.java: a line of a hook means what the same line in a file means. */
static const struct word {
    const char *glob;
    uint32_t set, cleared, words, words_cleared;
} known[] = {
    {"ro", MS_RDONLY, 0, 0, 0},
    {"readonly", MS_RDONLY, 0, 0, 0},
    {"rw", 0, MS_RDONLY, 0, 0},
    {"nosuid", MS_NOSUID, 0, 0, 0},
    {"suid", 0, MS_NOSUID, 0, 0},
    {"nodev", MS_NODEV, 0, 0, 0},
    {"dev", 0, MS_NODEV, 0, 0},
    {"noexec", MS_NOEXEC, 0, 0, 0},
    {"exec", 0, MS_NOEXEC, 0, 0},
    {"nosymfollow", MS_NOSYMFOLLOW, 0, 0, 0},
    {"symfollow", 0, MS_NOSYMFOLLOW, 0, 0},
    {"rbind", 0, 0, RECURSIVE, 0},
    {"bind", 0, 0, 0, RECURSIVE},
    {"nofail", 0, 0, OPTIONAL, 0},
    {"silent", 0, 0, OPTIONAL, 0},
    {"x-create=file", 0, 0, AS_FILE, AS_DIRECTORY},
    {"x-create=dir", 0, 0, AS_DIRECTORY, AS_FILE},
    {"private", MS_PRIVATE, PROPAGATION | MS_REC, 0, 0},
    {"rprivate", MS_PRIVATE | MS_REC, PROPAGATION, 0, 0},
    {"slave", MS_SLAVE, PROPAGATION | MS_REC, 0, 0},
    {"rslave", MS_SLAVE | MS_REC, PROPAGATION, 0, 0},
    {"shared", MS_SHARED, PROPAGATION | MS_REC, 0, 0},
    {"rshared", MS_SHARED | MS_REC, PROPAGATION, 0, 0},
    {"unbindable", MS_UNBINDABLE, PROPAGATION | MS_REC, 0, 0},
    {"runbindable", MS_UNBINDABLE | MS_REC, PROPAGATION, 0, 0},
};

/* What holds in any case, what a bind of a user cannot change, and words for other programs that read
 * such lines: mount(8), "Filesystem-independent mount options". */
static const char *const ignored[] = {"",
                                      "defaults",
                                      "x-create",
                                      "x-create=auto",
                                      "z",
                                      "Z",
                                      "atime",
                                      "noatime",
                                      "diratime",
                                      "nodiratime",
                                      "relatime",
                                      "norelatime",
                                      "strictatime",
                                      "nostrictatime",
                                      "lazytime",
                                      "nolazytime",
                                      "sync",
                                      "async",
                                      "dirsync",
                                      "iversion",
                                      "noiversion",
                                      "mand",
                                      "nomand",
                                      "loud",
                                      "auto",
                                      "user",
                                      "nouser",
                                      "users",
                                      "nousers",
                                      "owner",
                                      "noowner",
                                      "group",
                                      "nogroup",
                                      "_netdev",
                                      "x-systemd.*",
                                      "x-gvfs-*",
                                      "comment=*"};

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

static bool is_octal(char c)
{
    return c >= '0' && c <= '7';
}

/* getmntent(3): white space and backslashes are three octal digits. */
static void replace_escapes(char *field)
{
    char *to = field;
    for (const char *from = field; *from != '\0';) {
        int value = 0;
        if (from[0] == '\\' && is_octal(from[1]) && is_octal(from[2]) && is_octal(from[3])) {
            value = (from[1] - '0') * 64 + (from[2] - '0') * 8 + from[3] - '0';
        }
        bool escape = value > 0 && value < 256;
        *to++ = escape ? (char)value : *from;
        from += escape ? 4 : 1;
    }
    *to = '\0';
}

/* The number of fields; one more than there can be when there are too many. */
static int split(char *line, struct request *to)
{
    int count = 0;
    for (char *at = line; *at != '\0';) {
        while (is_space(*at)) {
            *at++ = '\0';
        }
        if (*at == '\0') {
            break;
        }
        if (count == FIELDS) {
            return FIELDS + 1;
        }
        to->field[count++] = at;
        while (*at != '\0' && !is_space(*at)) {
            at++;
        }
    }
    for (int i = 0; i < count; i++) {
        replace_escapes(to->field[i]);
    }
    return count;
}

static bool take_known(struct request *to, const char *word)
{
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (equal(word, known[i].glob)) {
            to->flags = (to->flags & ~known[i].cleared) | known[i].set;
            to->words = (to->words & ~known[i].words_cleared) | known[i].words;
            return true;
        }
    }
    for (size_t i = 0; i < sizeof ignored / sizeof *ignored; i++) {
        if (matches(ignored[i], word, length(word))) {
            return true;
        }
    }
    return false;
}

/* Whether all words between commas mean something. */
static bool take_options(struct request *to, char *options, bool tmpfs)
{
    bool more = true;
    for (char *word = options; more; options++, word = options) {
        while (*options != ',' && *options != '\0') {
            options++;
        }
        more = *options == ',';
        *options = '\0';
        if (tmpfs && (starts_with(word, "size=") || starts_with(word, "mode="))) {
            add(&to->text, *to->data != '\0' ? "," : "");
            add(&to->text, word);
        } else if (!take_known(to, word)) {
            return false;
        }
    }
    return !to->text.cut;
}

/* Absolute, without "..", and not the root itself. */
static bool is_place(const char *path)
{
    bool named = false;
    if (*path != '/') {
        return false;
    }
    while (*path != '\0') {
        while (*path == '/') {
            path++;
        }
        size_t n = 0;
        while (path[n] != '/' && path[n] != '\0') {
            n++;
        }
        if (n == 2 && starts_with(path, "..")) {
            return false;
        }
        named |= n > 1 || (n == 1 && *path != '.');
        path += n;
    }
    return named;
}

struct way_back {
    int root, directory;
};

static void close_way(const struct way_back *back)
{
    if (back->root >= 0) {
        sys_close(back->root);
    }
    if (back->directory >= 0) {
        sys_close(back->directory);
    }
}

/* Makes the container's root the root of this process. */
static int enter(int root, struct way_back *back)
{
    int error = 0;
    back->directory = sys_openat(".", O_PATH | O_CLOEXEC, 0);
    back->root = sys_openat("/", O_PATH | O_CLOEXEC, 0);
    if (back->directory < 0 || back->root < 0) {
        error = back->root < 0 ? back->root : back->directory;
    } else if ((error = sys_fchdir(root)) == 0) {
        error = sys_chroot(".");
    }
    if (error < 0) {
        close_way(back);
    }
    return error;
}

static int leave(const struct way_back *back)
{
    int error = sys_fchdir(back->root);
    error = error < 0 ? error : sys_chroot(".");
    error = error < 0 ? error : sys_fchdir(back->directory);
    close_way(back);
    return error;
}

static int open_point(int root, const char *path)
{
    const struct open_how how = {O_PATH | O_CLOEXEC, 0, RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS};
    struct way_back back;
    int fd, error;
    do { /* something was mounted or renamed while a ".." of a link was followed */
        fd = sys_openat2(root, path, &how);
    } while (fd == -EAGAIN);
    if (fd != -ENOSYS || (error = enter(root, &back)) < 0) {
        return fd != -ENOSYS ? fd : error;
    }
    fd = sys_openat(path, O_PATH | O_CLOEXEC, 0); /* before Linux 5.6 */
    error = leave(&back);
    return error < 0 ? error : fd;
}

static int make_file(const char *path)
{
    char parent[PLAN_STRING_MAX];
    struct text copy = text_in(parent, sizeof parent);
    add(&copy, path);
    while (copy.at > parent && *copy.at != '/') {
        *copy.at-- = '\0';
    }
    *copy.at = '\0';
    int error = make_directories(parent, 0755);
    int fd = error < 0 ? error : sys_openat(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
    return fd < 0 ? fd : sys_close(fd);
}

/* A process whose root it is meets links of the image as the container does. */
static int make_point(int root, const char *path, bool file)
{
    struct way_back back;
    int error = enter(root, &back);
    if (error < 0) {
        return error;
    }
    error = file ? make_file(path) : make_directories(path, 0755);
    int left = leave(&back);
    return left < 0 ? left : error;
}

/* For mount(2), which takes no descriptors. */
static const char *path_of(int fd)
{
    static char buffer[32];
    struct text text = text_in(buffer, sizeof buffer);
    add(&text, "/proc/self/fd/");
    add_number(&text, fd);
    return buffer;
}

/* Flags that the mount has are kept: locked ones may not be cleared. */
static int remount(int fd, uint32_t restrictions)
{
    struct statfs now;
    int error = sys_fstatfs(fd, &now);
    uint32_t kept = (uint32_t)now.flags & ST_KEPT;
    kept |= ((uint32_t)now.flags & ST_RELATIME) != 0 ? MS_RELATIME : 0;
    return error < 0 ? error
                     : sys_mount(NULL, path_of(fd), NULL, MS_REMOUNT | MS_BIND | kept | restrictions, NULL);
}

/* What mount_setattr(2) calls the flags of mount(2): the same numbers, but for one. */
static uint32_t attributes_of(uint32_t flags)
{
    return (flags & ~(uint32_t)MS_NOSYMFOLLOW)
           | ((flags & MS_NOSYMFOLLOW) != 0 ? MOUNT_ATTR_NOSYMFOLLOW : 0);
}

/* What mount(2) does not do while it binds. The mount is opened anew: before, the place was what lay below. */
static int restrict_mount(int root, const struct request *request)
{
    const uint32_t restrictions = request->flags & RESTRICTIONS;
    const struct mount_attr attributes = {attributes_of(restrictions), 0, 0, 0};
    bool recursive = (request->words & RECURSIVE) != 0;
    int fd = open_point(root, request->field[TARGET]), error = 0;
    if (fd < 0) {
        return fd;
    }
    if (attributes.set != 0) {
        error = sys_mount_setattr(fd, recursive ? AT_RECURSIVE : 0, &attributes);
        if (error == -ENOSYS) { /* before Linux 5.12 */
            error = remount(fd, restrictions);
        }
    }
    if (error == 0 && (request->flags & PROPAGATION) != 0) {
        error = sys_mount(NULL, path_of(fd), NULL, request->flags & (PROPAGATION | MS_REC), NULL);
    }
    sys_close(fd);
    return error;
}

static int mount_on(int fd, const struct request *request, bool tmpfs)
{
    uint32_t depth = (request->words & RECURSIVE) != 0 ? MS_REC : 0;
    uint32_t restricted = (request->flags & RESTRICTIONS) | MS_NOSUID | MS_NODEV;
    return tmpfs ? sys_mount("tmpfs", path_of(fd), "tmpfs", restricted, request->data)
                 : sys_mount(request->field[SOURCE], path_of(fd), NULL, MS_BIND | depth, NULL);
}

static int apply(const struct request *request, int root, bool make, bool tmpfs, const char **cause)
{
    struct statx source = {0};
    const char *target = request->field[TARGET];
    int error = tmpfs ? 0 : sys_statx(AT_FDCWD, request->field[SOURCE], 0, &source);
    if (error < 0) {
        *cause = error == -ENOENT ? "there is no such file or directory on the host" : NULL;
        return error;
    }
    int fd = open_point(root, target);
    if (fd == -ENOENT && make) {
        bool file = (request->words & AS_FILE) != 0
                    || ((request->words & AS_DIRECTORY) == 0 && !tmpfs
                        && (source.mode & S_IFMT) != S_IFDIR);
        error = make_point(root, target, file);
        fd = error < 0 ? error : open_point(root, target);
    }
    if (fd < 0) {
        *cause = fd == -ENOENT ? "the container has no such mount point" : NULL;
        return fd;
    }
    error = mount_on(fd, request, tmpfs);
    sys_close(fd);
    return error < 0 || tmpfs ? error : restrict_mount(root, request);
}

/*
 * Mounts what one line asks for, below `root`; a place that is missing is made where `make` says so. The answer is 0, a
 * negative errno, or -PLAN_NO_ERRNO for a line that says nothing; `cause` is then what to say, or NULL.
 */
int mount_line(const char *line, int root, bool make, const char **cause)
{
    char fields[PLAN_STRING_MAX], data[PLAN_STRING_MAX];
    struct text copy = text_in(fields, sizeof fields);
    struct request request = {.words = RECURSIVE, .data = data, .text = text_in(data, sizeof data)};
    *cause = NULL;
    add(&copy, line);
    if (copy.cut) {
        return -ENAMETOOLONG;
    }
    int count = split(fields, &request);
    if (count == 0 || *request.field[SOURCE] == '#') {
        return 0;
    }
    bool tmpfs = count > TYPE && equal(request.field[TYPE], "tmpfs");
    if (count > FIELDS) {
        *cause = "it has too many fields";
    } else if (count > TYPE && !tmpfs && !equal(request.field[TYPE], "none") && !equal(request.field[TYPE], "bind")) {
        *cause = "a hook's line can be of type none, bind or tmpfs";
    } else if (count > OPTIONS && !take_options(&request, request.field[OPTIONS], tmpfs)) {
        *cause = "it has an option that is none of a mount";
    } else if (!tmpfs && *request.field[SOURCE] != '/') {
        *cause = "its source is not absolute";
    }
    request.field[TARGET] = count > TARGET ? request.field[TARGET] : request.field[SOURCE];
    if (*cause == NULL && !is_place(request.field[TARGET])) {
        *cause = "its target is not absolute, leads through \"..\" or is the root";
    }
    if (*cause != NULL) {
        return -PLAN_NO_ERRNO;
    }
    int error = apply(&request, root, make, tmpfs, cause);
    bool missing = error == -ENOENT || error == -ENOTDIR;
    return missing && (request.words & OPTIONAL) != 0 ? 0 : error;
}
