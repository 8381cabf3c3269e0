/* Options and their words. No policy is here: what a word means is `jrun start`'s to say.
 */
#include "options.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define VALUE_MAX 65536 /* of a variable: lists of mounts are long */

static char *values[SETTINGS];

static int take(int val, const char *argument, int remote);

/* The value is twice the setting, and one more for what switches it on. */
#define ON(setting)  ((setting)*2 + 1)
#define OFF(setting) ((setting)*2)

static struct spank_option options[] = {
    {"container-image", "[USER@][REGISTRY#]IMAGE[:TAG]|PATH",
     "[jrun] run the tasks in a container of this image: a reference, or the path of an image file "
     "or directory on the nodes, which begins with / or .",
     1, ON(SET_IMAGE), take},
    {"container-mounts", "SRC:DST[:FLAGS][,...]",
     "[jrun] show files and directories of the nodes in the container; flags are joined by +, as "
     "in ro+nosuid; tmpfs:DST makes an empty one, umount:DST leaves one out",
     1, ON(SET_MOUNTS), take},
    {"container-workdir", "PATH", "[jrun] working directory in the container", 1, ON(SET_WORKDIR),
     take},
    {"container-name", "NAME[:auto|create|exec|no_exec]",
     "[jrun] make a container of that name from the image where there is none, and keep it; enter "
     "it where it runs with the same mounts; create: there must be none yet, exec: enter one that "
     "runs, no_exec: never enter one",
     1, ON(SET_NAME), take},
    {"container-save", "PATH", "[jrun] write the container to an image file after the step", 1,
     ON(SET_SAVE), take},
    {"container-mount-home", NULL, "[jrun] show the home directory in the container", 0,
     ON(SET_HOME), take},
    {"no-container-mount-home", NULL, "[jrun] do not show the home directory", 0, OFF(SET_HOME),
     take},
    {"container-remap-root", NULL, "[jrun] appear as root in the container", 0, ON(SET_ROOT), take},
    {"no-container-remap-root", NULL, "[jrun] appear as yourself in the container", 0,
     OFF(SET_ROOT), take},
    {"container-entrypoint", NULL, "[jrun] run the image's entry point, the command behind it", 0,
     ON(SET_ENTRYPOINT), take},
    {"no-container-entrypoint", NULL, "[jrun] run the command itself", 0, OFF(SET_ENTRYPOINT),
     take},
    {"container-entrypoint-log", NULL,
     "[jrun] understood for the sake of pyxis: the output of an entry point is always shown", 0,
     ON(SET_ENTRYPOINT_LOG), take},
    {"container-writable", NULL,
     "[jrun] write to the container: a named one keeps it, others forget it", 0, ON(SET_WRITABLE),
     take},
    {"container-readonly", NULL, "[jrun] do not write to the container", 0, OFF(SET_WRITABLE),
     take},
    {"container-env", "NAME[,NAME...]",
     "[jrun] variables whose value of the job outweighs the image's", 1, ON(SET_ENV), take},
    {"container-unshare", "NS[,NS...]",
     "[jrun] have namespaces of its own: net, ipc, uts", 1, ON(SET_UNSHARE), take},
    SPANK_OPTIONS_TABLE_END};

/* What the variables are called behind PYXIS_CONTAINER_, and whether they say no with yes. */
static const struct {
    const char *name;
    enum setting setting;
    bool opposite;
} variables[] = {
    {"IMAGE", SET_IMAGE, false},
    {"MOUNTS", SET_MOUNTS, false},
    {"WORKDIR", SET_WORKDIR, false},
    {"NAME", SET_NAME, false},
    {"SAVE", SET_SAVE, false},
    {"ENV", SET_ENV, false},
    {"UNSHARE", SET_UNSHARE, false},
    {"MOUNT_HOME", SET_HOME, false},
    {"REMAP_ROOT", SET_ROOT, false},
    {"ENTRYPOINT", SET_ENTRYPOINT, false},
    {"ENTRYPOINT_LOG", SET_ENTRYPOINT_LOG, false},
    {"WRITABLE", SET_WRITABLE, false},
    {"READONLY", SET_WRITABLE, true},
};

static const char *const no_container =
    "jrun: --%s has no effect: neither --container-image nor --container-name is given";

void add_word(struct words *to, const char *format, ...)
{
    va_list arguments;
    char *word = NULL;
    char **longer = realloc(to->at, (size_t)(to->count + 2) * sizeof *longer);
    if (longer == NULL) {
        to->failed = true;
        return;
    }
    to->at = longer;
    va_start(arguments, format);
    if (vasprintf(&word, format, arguments) < 0) {
        word = NULL;
        to->failed = true;
    }
    va_end(arguments);
    to->at[to->count] = word;
    to->count += word != NULL;
    to->at[to->count] = NULL;
}

void free_words(struct words *words)
{
    for (int i = 0; i < words->count; i++) {
        free(words->at[i]);
    }
    free(words->at);
    *words = (struct words){0};
}

const char *given(enum setting setting)
{
    return values[setting];
}

static bool is(enum setting setting, const char *value)
{
    return values[setting] != NULL && strcmp(values[setting], value) == 0;
}

static bool has_scheme(const char *image)
{
    return strstr(image, "://") != NULL || strncmp(image, "oci:", 4) == 0
           || strncmp(image, "oci-archive:", 12) == 0 || strncmp(image, "docker-archive:", 15) == 0;
}

static bool is_path(const char *image)
{
    return *image == '/' || *image == '.';
}

/* Calls back with each part of a list between commas, which it may change; stops where one is refused. */
static int each(const char *list, int (*part)(char *text, struct words *to), struct words *to)
{
    char *copy = strdup(list), *rest = copy;
    int result = copy == NULL ? -1 : 0;
    while (result == 0 && rest != NULL) {
        result = part(strsep(&rest, ","), to);
    }
    free(copy);
    return result;
}

static int mount(char *text, struct words *to)
{
    char *flags = text;
    const char *source = strsep(&flags, ":"), *target = strsep(&flags, ":");
    for (char *at = flags; at != NULL && *at != '\0'; at++) {
        *at = *at == '+' ? ',' : *at;
    }
    if (*source == '\0' || (target != NULL && *target == '\0')) {
        slurm_error("jrun: cannot read --container-mounts: a part of it is not of the form "
                    "SRC[:DST[:FLAGS]]; flags are joined by +");
        return -1;
    }
    bool made = strcmp(source, "tmpfs") == 0, left_out = strcmp(source, "umount") == 0;
    if (target != NULL ? *target != '/' : made || left_out) {
        slurm_error("jrun: cannot mount %s: its place in the container must begin with /", source);
        return -1;
    }
    if (!made && !left_out && !is_path(source)) {
        slurm_error("jrun: cannot mount %s: it must begin with / or ., or be tmpfs or umount",
                    source);
        return -1;
    }
    bool plain = flags == NULL || *flags == '\0';
    add_word(to, left_out ? "--no-mount" : "-v");
    if (left_out) {
        add_word(to, "%s", target);
    } else if (target == NULL) {
        add_word(to, "%s", source);
    } else {
        add_word(to, "%s:%s%s%s%s", source, target, made ? ":tmpfs" : "", plain ? "" : ":",
                 plain ? "" : flags);
    }
    return 0;
}

static int variable(char *text, struct words *to)
{
    if (*text == '\0' || strchr(text, '=') != NULL) {
        slurm_error("jrun: cannot read --container-env: it takes names between commas, found \"%s\"",
                    text);
        return -1;
    }
    add_word(to, "-e");
    add_word(to, "%s", text);
    return 0;
}

static int namespace(char *text, struct words *to)
{
    if (strcmp(text, "net") != 0 && strcmp(text, "ipc") != 0 && strcmp(text, "uts") != 0) {
        slurm_error("jrun: cannot unshare \"%s\": there are net, ipc and uts", text);
        return -1;
    }
    add_word(to, "--%s", text);
    return 0;
}

/* How a container may be come by; NULL for a word that says nothing of that kind. */
static const char *manner(const char *name)
{
    static const char *const known[] = {"auto", "create", "exec", "no_exec"};
    const char *colon = strchr(name, ':');
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (colon == NULL || strcmp(colon + 1, known[i]) == 0) {
            return known[i];
        }
    }
    return NULL;
}

/* Refuses early, in srun itself, what could not be understood on any node. */
static int check(enum setting setting)
{
    struct words words = {0};
    const char *value = values[setting];
    int result = 0;
    if (setting == SET_MOUNTS) {
        result = each(value, mount, &words);
    } else if (setting == SET_ENV) {
        result = each(value, variable, &words);
    } else if (setting == SET_UNSHARE) {
        result = each(value, namespace, &words);
    } else if (setting == SET_NAME && (*value == ':' || manner(value) == NULL)) {
        slurm_error("jrun: cannot read --container-name=%s: write NAME, NAME:auto, NAME:create, "
                    "NAME:exec or NAME:no_exec",
                    value);
        result = -1;
    } else if (setting == SET_SAVE && value[strlen(value) - 1] == '/') {
        slurm_error("jrun: cannot save to %s: it is a directory; name a file in it", value);
        result = -1;
    }
    free_words(&words);
    return result;
}

static int set(enum setting setting, const char *value, const char *name)
{
    bool is_switch = setting >= SET_HOME;
    if (*value == '\0') {
        slurm_error("jrun: --%s needs a value", name);
        return -1;
    }
    if (is_switch && values[setting] != NULL && strcmp(values[setting], value) != 0) {
        slurm_error("jrun: --%s and its opposite contradict each other: leave one of them out",
                    name);
        return -1;
    }
    char *copy = strdup(value);
    if (copy == NULL) {
        slurm_error("jrun: cannot read --%s: no memory (ENOMEM)", name);
        return -1;
    }
    free(values[setting]);
    values[setting] = copy;
    return check(setting);
}

/*
 * Called for what a job script inherits from sbatch and then for srun's own, so that the last one holds; and again on
 * each node.
 */
static int take(int val, const char *argument, int remote)
{
    (void)remote;
    enum setting setting = (enum setting)(val / 2);
    const struct spank_option *option = options;
    while (option->val != val) {
        option++;
    }
    const char *value = !option->has_arg ? (val % 2 == 1 ? "yes" : "no") : argument;
    return set(setting, value == NULL ? "" : value, option->name);
}

int register_options(spank_t spank)
{
    for (struct spank_option *option = options; option->name != NULL; option++) {
        spank_err_t error = spank_option_register(spank, option);
        if (error != ESPANK_SUCCESS) {
            slurm_error("jrun: cannot offer --%s: %s; is there another plugin for containers?",
                        option->name, spank_strerror(error));
            return -1;
        }
    }
    return 0;
}

static const char *yes_or_no(const char *text)
{
    static const char *const yes[] = {"1", "yes", "true", "on", "y", "t"};
    static const char *const no[] = {"0", "no", "false", "off", "n", "f"};
    for (size_t i = 0; i < sizeof yes / sizeof *yes; i++) {
        if (strcasecmp(text, yes[i]) == 0) {
            return "yes";
        }
        if (strcasecmp(text, no[i]) == 0) {
            return "no";
        }
    }
    return NULL;
}

int read_variables(spank_t spank)
{
    static char value[VALUE_MAX];
    for (size_t i = 0; i < sizeof variables / sizeof *variables; i++) {
        char name[64];
        snprintf(name, sizeof name, "PYXIS_CONTAINER_%s", variables[i].name);
        if (values[variables[i].setting] != NULL
            || spank_getenv(spank, name, value, sizeof value) != ESPANK_SUCCESS) {
            continue;
        }
        const char *meant = variables[i].setting < SET_HOME ? value : yes_or_no(value);
        if (meant == NULL) {
            slurm_error("jrun: cannot read %s=%s: write yes or no", name, value);
            return -1;
        }
        if (variables[i].opposite) {
            meant = strcmp(meant, "yes") == 0 ? "no" : "yes";
        }
        if (set(variables[i].setting, meant, name) < 0) {
            return -1;
        }
    }
    return 0;
}

bool wants_container(void)
{
    if (values[SET_IMAGE] != NULL || values[SET_NAME] != NULL) {
        return true;
    }
    for (const struct spank_option *option = options; option->name != NULL; option++) {
        const char *value = values[option->val / 2];
        bool said = option->has_arg ? value != NULL
                                    : is((enum setting)(option->val / 2),
                                         option->val % 2 == 1 ? "yes" : "no");
        if (said) {
            slurm_error(no_container, option->name);
        }
    }
    return false;
}

bool saves(const struct place *place)
{
    return values[SET_SAVE] != NULL && place->node == 0;
}

char *container_name(const struct site *site, const struct place *place)
{
    char *name = NULL;
    int length = 0;
    if (values[SET_NAME] == NULL) {
        if (saves(place)) {
            length = asprintf(&name, "slurm-%u.%u", place->job, place->step);
        }
    } else {
        int end = (int)strcspn(values[SET_NAME], ":");
        length = site->per_job ? asprintf(&name, "slurm-%u-%.*s", place->job, end, values[SET_NAME])
                               : asprintf(&name, "%.*s", end, values[SET_NAME]);
    }
    return length < 0 ? NULL : name;
}

static void add_image(struct words *to)
{
    const char *image = values[SET_IMAGE];
    add_word(to, "%s%s", is_path(image) || has_scheme(image) ? "" : "docker://", image);
}

/*
 * Ranks of a step share one mount and the namespaces. After as many as there are tasks nothing is left of the place where
 * they meet. Whoever names a container without more words also shares with those that run in it, until the last ends.
 */
static void add_sharing(struct words *to, const struct place *place, const char *how,
                        const char *name)
{
    if (how != NULL && name != NULL && strcmp(how, "auto") == 0) {
        add_word(to, "--join-key=name-%s", name);
        return;
    }
    if (how != NULL && strcmp(how, "create") == 0) {
        add_word(to, "--new");
        add_word(to, "--join-key=step-%u.%u", place->job, place->step);
    }
    if (place->tasks > 1) {
        add_word(to, "--join-count=%u", place->tasks);
    } else if (how != NULL && strcmp(how, "create") == 0) {
        add_word(to, "--join-count=1");
    }
}

static int enter_words(struct words *to, const char *name)
{
    int result = 0;
    add_word(to, "exec");
    if (values[SET_WORKDIR] != NULL) {
        add_word(to, "-w");
        add_word(to, "%s", values[SET_WORKDIR]);
    }
    if (values[SET_ENV] != NULL) {
        result = each(values[SET_ENV], variable, to);
    }
    add_word(to, "%s", name);
    return result;
}

int start_words(struct words *to, const struct site *site, const struct place *place)
{
    const char *how = values[SET_NAME] != NULL ? manner(values[SET_NAME]) : NULL;
    char *name = container_name(site, place);
    int result = 0;
    add_word(to, "%s", site->jrun);
    if (how != NULL && name != NULL && strcmp(how, "exec") == 0) {
        result = enter_words(to, name);
        free(name);
        return result;
    }
    add_word(to, "start");
    add_word(to, "--host-env");
    add_sharing(to, place, how, name);
    if (!is(SET_ENTRYPOINT, "yes") && !(site->entrypoint && values[SET_ENTRYPOINT] == NULL)) {
        add_word(to, "--no-entrypoint");
    }
    if (is(SET_ROOT, "yes")) {
        add_word(to, "--root");
    }
    if (is(SET_WRITABLE, "yes")) {
        add_word(to, "--rw");
    }
    if (values[SET_HOME] != NULL) {
        add_word(to, is(SET_HOME, "yes") ? "--home" : "--no-mount=home");
    }
    if (values[SET_MOUNTS] != NULL) {
        result |= each(values[SET_MOUNTS], mount, to);
    }
    if (place->script != NULL) {
        add_word(to, "-v");
        add_word(to, "%s:%s:ro", place->script, place->script);
    }
    if (values[SET_ENV] != NULL) {
        result |= each(values[SET_ENV], variable, to);
    }
    if (values[SET_UNSHARE] != NULL) {
        result |= each(values[SET_UNSHARE], namespace, to);
    }
    if (values[SET_WORKDIR] != NULL) {
        add_word(to, "-w");
        add_word(to, "%s", values[SET_WORKDIR]);
    }
    if (name != NULL && values[SET_IMAGE] != NULL) {
        add_word(to, "--image");
        add_image(to);
    }
    if (name != NULL) {
        add_word(to, "%s", name);
    } else {
        add_image(to);
    }
    free(name);
    return result;
}

void start_variables(struct words *to)
{
    if (is(SET_ROOT, "no")) {
        add_word(to, "JRUN_ROOT=no");
    }
    if (is(SET_WRITABLE, "no")) {
        add_word(to, "JRUN_RW=no");
        add_word(to, "JRUN_OVERLAY=no");
    }
}
