/* Strings, the error message, and what the compiler expects to find when there is no libc. */
#include "starter.h"

#if !defined(JRUN_HOSTED)
void *memcpy(void *restrict to, const void *restrict from, size_t size);
void *memset(void *to, int byte, size_t size);

void *memcpy(void *restrict to, const void *restrict from, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        ((char *)to)[i] = ((const char *)from)[i];
    }
    return to;
}

void *memset(void *to, int byte, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        ((char *)to)[i] = (char)byte;
    }
    return to;
}
#endif

size_t length(const char *text)
{
    size_t n = 0;
    while (text[n] != '\0') {
        n++;
    }
    return n;
}

bool equal(const char *a, const char *b)
{
    while (*a == *b && *a != '\0') {
        a++;
        b++;
    }
    return *a == *b;
}

bool starts_with(const char *text, const char *start)
{
    while (*start != '\0' && *text == *start) {
        text++;
        start++;
    }
    return *start == '\0';
}

/* Shell pattern with "*" and "?" only; on a mismatch only the last star needs to take one byte
 * more. */
bool matches(const char *pattern, const char *name, size_t name_length)
{
    const char *star = NULL, *end = name + name_length, *retry = end;
    while (name < end) {
        if (*pattern == '*') {
            star = ++pattern;
            retry = name;
        } else if (*pattern != '\0' && (*pattern == '?' || *pattern == *name)) {
            pattern++;
            name++;
        } else if (star != NULL) {
            pattern = star;
            name = ++retry;
        } else {
            return false;
        }
    }
    while (*pattern == '*') {
        pattern++;
    }
    return *pattern == '\0';
}

/* The value of a variable, or NULL. */
char *find_variable(char *const *envp, const char *name)
{
    for (; *envp != NULL; envp++) {
        size_t n = 0;
        while (name[n] != '\0' && (*envp)[n] == name[n]) {
            n++;
        }
        if (name[n] == '\0' && (*envp)[n] == '=') {
            return *envp + n + 1;
        }
    }
    return NULL;
}

struct text text_in(char *buffer, size_t size)
{
    buffer[0] = '\0';
    return (struct text){buffer, buffer + size - 1, false};
}

void add(struct text *to, const char *text)
{
    for (; *text != '\0' && to->at < to->end; text++) {
        *to->at++ = *text;
    }
    *to->at = '\0';
    to->cut |= *text != '\0';
}

void add_number(struct text *to, int64_t number)
{
    char digits[21]; /* a sign and the 19 digits of 2^63, NUL */
    char *at = digits + sizeof digits - 1;
    uint64_t rest = number < 0 ? -(uint64_t)number : (uint64_t)number;
    *at = '\0';
    do {
        *--at = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest != 0);
    if (number < 0) {
        *--at = '-';
    }
    add(to, at);
}

/* The number that a text begins with, or -1; of those beyond 64 bits the rest. */
int64_t number_in(const char *text)
{
    uint64_t number = 0;
    if (*text < '0' || *text > '9') {
        return -1;
    }
    for (; *text >= '0' && *text <= '9'; text++) {
        number = number * 10 + (uint64_t)(*text - '0');
    }
    return (int64_t)(number & INT64_MAX);
}

/* mkdir -p. An existing directory answers EEXIST even where the caller could not make one:
 * mkdir(2). */
int make_directories(const char *path, int mode)
{
    char buffer[PLAN_STRING_MAX];
    struct text copy = text_in(buffer, sizeof buffer);
    int result = 0;
    add(&copy, path);
    if (copy.cut) {
        return -ENAMETOOLONG;
    }
    for (char *slash = buffer; slash < copy.at && (result == 0 || result == -EEXIST);
         *slash++ = '/') {
        do {
            slash++;
        } while (slash < copy.at && *slash != '/');
        *slash = '\0';
        result = sys_mkdir(buffer, mode);
    }
    return result == -EEXIST ? 0 : result;
}

/* Names of errno 1 to 133 on both architectures, each followed by NUL: errno(3). Empty where a
 * number is unused. */
static const char error_symbols[] = "EPERM\0ENOENT\0ESRCH\0EINTR\0EIO\0ENXIO\0E2BIG\0ENOEXEC\0EBADF"
                                    "\0ECHILD\0EAGAIN\0ENOMEM\0EACCES\0EFAULT\0"
                                    "ENOTBLK\0EBUSY\0EEXIST\0EXDEV\0ENODEV\0ENOTDIR\0EISDIR\0EINVAL"
                                    "\0ENFILE\0EMFILE\0ENOTTY\0ETXTBSY\0EFBIG\0"
                                    "ENOSPC\0ESPIPE\0EROFS\0EMLINK\0EPIPE\0EDOM\0ERANGE\0EDEADLK\0E"
                                    "NAMETOOLONG\0ENOLCK\0ENOSYS\0ENOTEMPTY\0"
                                    "ELOOP\0\0ENOMSG\0EIDRM\0ECHRNG\0EL2NSYNC\0EL3HLT\0EL3RST\0ELNR"
                                    "NG\0EUNATCH\0ENOCSI\0EL2HLT\0EBADE\0EBADR\0"
                                    "EXFULL\0ENOANO\0EBADRQC\0EBADSLT\0\0EBFONT\0ENOSTR\0ENODATA\0E"
                                    "TIME\0ENOSR\0ENONET\0ENOPKG\0EREMOTE\0"
                                    "ENOLINK\0EADV\0ESRMNT\0ECOMM\0EPROTO\0EMULTIHOP\0EDOTDOT\0EBAD"
                                    "MSG\0EOVERFLOW\0ENOTUNIQ\0EBADFD\0EREMCHG\0"
                                    "ELIBACC\0ELIBBAD\0ELIBSCN\0ELIBMAX\0ELIBEXEC\0EILSEQ\0ERESTART"
                                    "\0ESTRPIPE\0EUSERS\0ENOTSOCK\0EDESTADDRREQ\0"
                                    "EMSGSIZE\0EPROTOTYPE\0ENOPROTOOPT\0EPROTONOSUPPORT\0ESOCKTNOSU"
                                    "PPORT\0EOPNOTSUPP\0EPFNOSUPPORT\0"
                                    "EAFNOSUPPORT\0EADDRINUSE\0EADDRNOTAVAIL\0ENETDOWN\0ENETUNREACH"
                                    "\0ENETRESET\0ECONNABORTED\0ECONNRESET\0"
                                    "ENOBUFS\0EISCONN\0ENOTCONN\0ESHUTDOWN\0ETOOMANYREFS\0ETIMEDOUT"
                                    "\0ECONNREFUSED\0EHOSTDOWN\0EHOSTUNREACH\0"
                                    "EALREADY\0EINPROGRESS\0ESTALE\0EUCLEAN\0ENOTNAM\0ENAVAIL\0EISN"
                                    "AM\0EREMOTEIO\0EDQUOT\0ENOMEDIUM\0"
                                    "EMEDIUMTYPE\0ECANCELED\0ENOKEY\0EKEYEXPIRED\0EKEYREVOKED\0EKEY"
                                    "REJECTED\0EOWNERDEAD\0ENOTRECOVERABLE\0"
                                    "ERFKILL\0EHWPOISON";

const char *error_symbol(int error)
{
    const char *at = error_symbols, *end = error_symbols + sizeof error_symbols;
    for (int i = 1; i < error && at < end; i++) {
        at += length(at) + 1;
    }
    return error > 0 && at < end && *at != '\0' ? at : "unknown errno";
}

/*
 * "jrun: cannot WHAT OBJECT: CAUSE (ERRNO)" and "  hint: HINT" to standard error, in one write so
 * that the messages of many ranks do not mix. Without a cause the errno stands alone; an error without
 * an errno names none.
 */
void report(const char *what, const char *object, const char *cause, int error, const char *hint)
{
    char buffer[PLAN_STRING_MAX + 1024]; /* a path, and the words around it */
    struct text message = text_in(buffer, sizeof buffer - 1);
    add(&message, "jrun: cannot ");
    add(&message, what);
    if (*object != '\0') {
        add(&message, " ");
        add(&message, object);
    }
    add(&message, ": ");
    add(&message, cause);
    if ((error & ERRNO_MAX) != 0) {
        add(&message, *cause != '\0' ? " (" : "");
        add(&message, error_symbol(error & ERRNO_MAX));
        add(&message, *cause != '\0' ? ")" : "");
    }
    if (*hint != '\0') {
        add(&message, "\n  hint: ");
        add(&message, hint);
    }
    *message.at++ = '\n'; /* the byte that text_in was not told of */
    sys_write(2, buffer, (size_t)(message.at - buffer));
}
