/* Stands in for a slurmstepd of Slurm 23.11 or newer: loads the plugin, gives it options, and prints what it puts before
 * the command of a task.      stepd PLUGIN [OPTION=VALUE]... -- COMMAND...
 */
#include <dlfcn.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* As in slurm/spank.h; the structure is the interface of plugins. */
struct option {
    char *name, *argument, *usage;
    int has_argument, value;
    int (*callback)(int value, const char *argument, int remote);
};

enum { ITEM_JOB = 2, ITEM_STEP = 3, ITEM_NODE = 5, ITEM_TASKS = 6, ITEM_ARGUMENTS = 9 };
enum { REMOTE = 2 };

static char **words;
static int count;
static char **task;
static int task_count;

int spank_context(void) { return REMOTE; }
const char *spank_strerror(int error) { (void)error; return "error"; }
int spank_getenv(void *spank, const char *name, char *value, int size)
{
    (void)spank, (void)name, (void)value, (void)size;
    return 1;
}
int spank_setenv(void *spank, const char *name, const char *value, int overwrite)
{
    (void)spank, (void)overwrite;
    printf("%s=%s\n", name, value);
    return 0;
}
int spank_get_item(void *spank, int item, ...)
{
    va_list results;
    (void)spank;
    va_start(results, item);
    if (item == ITEM_ARGUMENTS) {
        *va_arg(results, int *) = task_count;
        *va_arg(results, char ***) = task;
    } else {
        *va_arg(results, uint32_t *) = item == ITEM_JOB ? 7 : item == ITEM_TASKS ? 2 : 0;
    }
    va_end(results);
    return 0;
}
int spank_option_register(void *spank, struct option *option)
{
    (void)spank;
    for (int i = 0; i < count; i++) {
        size_t length = strlen(option->name);
        if (strncmp(words[i], option->name, length) == 0 && (words[i][length] == '=' || words[i][length] == '\0')
            && option->callback(option->value, words[i][length] == '=' ? words[i] + length + 1 : NULL, 1) != 0) {
            return 1;
        }
    }
    return 0;
}
int spank_prepend_task_argv(void *spank, int argc, const char *argv[])
{
    (void)spank;
    for (int i = 0; i < argc; i++) {
        printf("%s\n", argv[i]);
    }
    return 0;
}
static void say(const char *format, va_list arguments)
{
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
}
void slurm_error(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    say(format, arguments);
    va_end(arguments);
}
void slurm_spank_log(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    say(format, arguments);
    va_end(arguments);
}

int main(int argc, char **argv)
{
    void *plugin = dlopen(argv[1], RTLD_NOW);
    if (plugin == NULL) {
        fprintf(stderr, "%s\n", dlerror());
        return 1;
    }
    words = argv + 2;
    while (2 + count < argc && strcmp(words[count], "--") != 0) {
        count++;
    }
    task = words + count + 1;
    task_count = argc - 3 - count;
    int (*init)(void *, int, char **) = (int (*)(void *, int, char **))dlsym(plugin, "slurm_spank_init");
    int (*start)(void *, int, char **) = (int (*)(void *, int, char **))dlsym(plugin, "slurm_spank_task_init");
    return init(NULL, 0, NULL) != 0 || start(NULL, 0, NULL) != 0;
}
