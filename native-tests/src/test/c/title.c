/* Does what setproctitle(3) does: writes a title over its arguments and its environment, then waits. */
#include <string.h>
#include <unistd.h>

extern char **environ;

int main(int argc, char **argv)
{
    char *end = argv[argc - 1] + strlen(argv[argc - 1]) + 1;
    for (char **at = environ; *at != NULL; at++) {
        end = *at + strlen(*at) + 1;
    }
    char *from = argv[0];
    memset(from, 0, (size_t)(end - from));
    strcpy(from, "sleep");
    pause();
    return 0;
}
