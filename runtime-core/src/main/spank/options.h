/* What a user asked for, by options of srun, sbatch and salloc or by variables, as the words of `jrun start`.
 */
#ifndef OPTIONS_H
#define OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

/* Slurm finds the plugin's functions by name; nothing else of it is to be seen there. */
#pragma GCC visibility push(default)
#include <slurm/spank.h>
#pragma GCC visibility pop

/* Ours, then those that say the opposite of the one before: their values share a place. */
enum setting {
    SET_IMAGE,
    SET_MOUNTS,
    SET_WORKDIR,
    SET_NAME,
    SET_SAVE,
    SET_ENV,
    SET_UNSHARE,
    SET_HOME,
    SET_ROOT,
    SET_ENTRYPOINT,
    SET_ENTRYPOINT_LOG,
    SET_WRITABLE,
    SETTINGS
};

/* A list of words that grows; what cannot be stored for want of memory makes it `failed`. */
struct words {
    char **at;
    int count;
    bool failed;
};

void add_word(struct words *to, const char *format, ...) __attribute__((format(printf, 2, 3)));
void free_words(struct words *words);

/* What the line of plugstack.conf says. */
struct site {
    char *jrun; /* path of the program */
    bool entrypoint;
    bool per_job; /* names of containers hold for one job */
    bool batch;   /* job scripts run in the container too */
};

/* Where a task is. */
struct place {
    uint32_t job;
    uint32_t step;
    uint32_t node;      /* its number among those of the step */
    uint32_t tasks;     /* of the step on this node */
    const char *script; /* of the job, where that is the task; else NULL */
};

int register_options(spank_t spank);

/* Takes from the job's variables what no option said. */
int read_variables(spank_t spank);

/* The text of an option, or NULL; switches have "yes" or "no". */
const char *given(enum setting setting);

/* Whether the tasks run in a container; what was given in vain is told where it is not. */
bool wants_container(void);

/* Whether a container is to be saved from this node after the step. */
bool saves(const struct place *place);

/* The name of the container, to be freed; NULL where an image is started without making one. */
char *container_name(const struct site *site, const struct place *place);

/* The command line up to the container, without the task's own words. */
int start_words(struct words *to, const struct site *site, const struct place *place);

/* Variables of jrun that outweigh what the site configured: pairs NAME=VALUE. */
void start_variables(struct words *to);

#endif
