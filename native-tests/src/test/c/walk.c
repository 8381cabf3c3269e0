/*
 * Lists a file tree, one line per entry in byte order of the paths, with nothing but system calls in between:
 *
 *   path \t type \t mode \t uid \t gid \t size \t mtime \t device \t links \t first-link \t target \t xattrs \t sha256
 *
 * path and target are escaped as \xHH outside printable ASCII; first-link is the first path (in this order) of the same
 * inode; xattrs are name=hex, sorted, joined by commas. Fields that do not apply hold "-". Directory sizes and link counts
 * differ between file systems and are "-" too. What cannot be read or entered is listed with sha256 "unreadable".
 * usage: walk DIRECTORY
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/types.h>
#include <sys/xattr.h>
#include <unistd.h>

/* --- SHA-256, FIPS 180-4 ------------------------------------------------------------------------------------------ */

struct sha256 {
    uint32_t h[8];
    uint64_t length;
    uint8_t block[64];
};

static uint32_t K[64];

static uint32_t rotate(uint32_t x, int n) {
    return x >> n | x << (32 - n);
}

/* The constants are the fractions of square and cube roots of the first primes: computed in integers, not typed. */
static uint32_t root_fraction(uint64_t prime, int power) {
    unsigned __int128 low = 0, high = (unsigned __int128)1 << 37;
    while (high - low > 1) {
        unsigned __int128 middle = (low + high) / 2;
        /* compare middle^power with prime * 2^(32 * power) without overflow: 37 * 3 = 111 bits */
        unsigned __int128 value = middle * middle * (power == 3 ? middle : 1);
        unsigned __int128 bound = (unsigned __int128)prime << (32 * power);
        if (value <= bound)
            low = middle;
        else
            high = middle;
    }
    return (uint32_t)low;
}

static uint32_t H0[8];

static void sha256_constants(void) {
    int found = 0;
    for (uint64_t n = 2; found < 64; n++) {
        int prime = 1;
        for (uint64_t d = 2; d * d <= n; d++)
            if (n % d == 0)
                prime = 0;
        if (!prime)
            continue;
        K[found] = root_fraction(n, 3);
        if (found < 8)
            H0[found] = root_fraction(n, 2);
        found++;
    }
}

static void compress(struct sha256 *s, const uint8_t *p) {
    uint32_t w[64], v[8];
    for (int i = 0; i < 16; i++)
        w[i] = (uint32_t)p[4 * i] << 24 | (uint32_t)p[4 * i + 1] << 16 | (uint32_t)p[4 * i + 2] << 8 | p[4 * i + 3];
    for (int i = 16; i < 64; i++) {
        uint32_t a = rotate(w[i - 15], 7) ^ rotate(w[i - 15], 18) ^ w[i - 15] >> 3;
        uint32_t b = rotate(w[i - 2], 17) ^ rotate(w[i - 2], 19) ^ w[i - 2] >> 10;
        w[i] = w[i - 16] + a + w[i - 7] + b;
    }
    memcpy(v, s->h, sizeof v);
    /* The eight words keep their places; their roles move by one per round. */
#define V(role) v[((role) - i) & 7]
#pragma GCC unroll 64
    for (int i = 0; i < 64; i++) {
        uint32_t e = rotate(V(4), 6) ^ rotate(V(4), 11) ^ rotate(V(4), 25);
        uint32_t t1 = V(7) + e + ((V(4) & V(5)) ^ (~V(4) & V(6))) + K[i] + w[i];
        uint32_t a = rotate(V(0), 2) ^ rotate(V(0), 13) ^ rotate(V(0), 22);
        V(3) += t1;
        V(7) = t1 + a + ((V(0) & V(1)) ^ (V(0) & V(2)) ^ (V(1) & V(2)));
    }
#undef V
    for (int i = 0; i < 8; i++)
        s->h[i] += v[i];
}

static void sha256_add(struct sha256 *s, const uint8_t *p, size_t n) {
    size_t used = s->length % 64;
    s->length += n;
    if (used) {
        size_t part = n < 64 - used ? n : 64 - used;
        memcpy(s->block + used, p, part);
        p += part;
        n -= part;
        if (used + part < 64)
            return;
        compress(s, s->block);
    }
    for (; n >= 64; p += 64, n -= 64)
        compress(s, p);
    memcpy(s->block, p, n);
}

static void sha256_print(struct sha256 *s, char *out) {
    uint64_t bits = s->length * 8;
    uint8_t length[8];
    sha256_add(s, (const uint8_t *)"\x80", 1);
    while (s->length % 64 != 56)
        sha256_add(s, (const uint8_t *)"", 1);
    for (int i = 0; i < 8; i++)
        length[i] = (uint8_t)(bits >> (56 - 8 * i));
    sha256_add(s, length, 8);
    for (int i = 0; i < 8; i++)
        sprintf(out + 8 * i, "%08x", s->h[i]);
}

/* --- the tree ----------------------------------------------------------------------------------------------------- */

static void *allocate(void *old, size_t size) {
    void *p = realloc(old, size);
    if (!p) {
        fputs("walk: out of memory\n", stderr);
        exit(1);
    }
    return p;
}

/* Hard-linked inodes seen so far, with the first path of each. */
static struct inode {
    dev_t device;
    ino_t number;
    char *path;
} *inodes;
static size_t inode_count;

static const char *first_link(const struct stat *st, const char *path) {
    for (size_t i = 0; i < inode_count; i++)
        if (inodes[i].device == st->st_dev && inodes[i].number == st->st_ino)
            return inodes[i].path;
    inodes = allocate(inodes, (inode_count + 1) * sizeof *inodes);
    inodes[inode_count++] = (struct inode){st->st_dev, st->st_ino, strdup(path)};
    return path;
}

static void print_escaped(const char *bytes, size_t length) {
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)bytes[i];
        if (c > ' ' && c < 0x7f && c != '\\')
            putchar(c);
        else
            printf("\\x%02x", c);
    }
}

static int by_bytes(const void *a, const void *b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void print_xattrs(const char *path) {
    static char list[65536], value[65536];
    char *names[1024];
    size_t count = 0;
    ssize_t length = llistxattr(path, list, sizeof list);
    for (char *p = list; length > 0 && p < list + length && count < 1024; p += strlen(p) + 1)
        names[count++] = p;
    qsort(names, count, sizeof *names, by_bytes);
    if (count == 0)
        putchar('-');
    for (size_t i = 0; i < count; i++) {
        ssize_t n = lgetxattr(path, names[i], value, sizeof value);
        printf("%s%s=", i ? "," : "", names[i]);
        for (ssize_t k = 0; k < n; k++)
            printf("%02x", (unsigned char)value[k]);
    }
}

static void print_content(const char *path) {
    static uint8_t buffer[1 << 17];
    struct sha256 s = {.length = 0};
    char hex[65];
    ssize_t n = 0;
    int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    memcpy(s.h, H0, sizeof H0);
    while (fd >= 0 && (n = read(fd, buffer, sizeof buffer)) > 0)
        sha256_add(&s, buffer, (size_t)n);
    if (fd < 0 || n < 0)
        strcpy(hex, "unreadable");
    else
        sha256_print(&s, hex);
    if (fd >= 0)
        close(fd);
    fputs(hex, stdout);
}

static char type_letter(mode_t mode) {
    switch (mode & S_IFMT) {
    case S_IFREG: return 'f';
    case S_IFDIR: return 'd';
    case S_IFLNK: return 'l';
    case S_IFCHR: return 'c';
    case S_IFBLK: return 'b';
    case S_IFIFO: return 'p';
    case S_IFSOCK: return 's';
    default: return '?';
    }
}

static void walk(char *path);

static void walk_children(char *path) {
    char **names = NULL;
    size_t count = 0, length = strlen(path);
    DIR *directory = opendir(path);
    struct dirent *entry;
    if (!directory)
        return;
    while ((entry = readdir(directory))) {
        if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
            continue;
        names = allocate(names, (count + 1) * sizeof *names);
        names[count++] = strdup(entry->d_name);
    }
    closedir(directory);
    if (count)
        qsort(names, count, sizeof *names, by_bytes);
    for (size_t i = 0; i < count; i++) {
        char *child = allocate(NULL, length + strlen(names[i]) + 2);
        sprintf(child, "%s/%s", path, names[i]);
        walk(child);
        free(child);
        free(names[i]);
    }
    free(names);
}

static void walk(char *path) {
    struct stat st;
    static char target[65536];
    if (lstat(path, &st) < 0) {
        printf("walk: cannot stat %s: %s\n", path, strerror(errno));
        return;
    }
    int directory = S_ISDIR(st.st_mode), device = S_ISCHR(st.st_mode) || S_ISBLK(st.st_mode);
    print_escaped(path, strlen(path));
    printf("\t%c\t%04o\t%u\t%u\t", type_letter(st.st_mode), st.st_mode & 07777, st.st_uid, st.st_gid);
    if (directory)
        putchar('-');
    else
        printf("%lld", (long long)st.st_size);
    printf("\t%lld\t", (long long)st.st_mtim.tv_sec);
    if (device)
        printf("%u:%u", major(st.st_rdev), minor(st.st_rdev));
    else
        putchar('-');
    if (directory) {
        fputs("\t-\t-\t", stdout);
    } else {
        printf("\t%lu\t", (unsigned long)st.st_nlink);
        if (st.st_nlink > 1) {
            const char *first = first_link(&st, path);
            print_escaped(first, strlen(first));
        } else {
            putchar('-');
        }
        putchar('\t');
    }
    ssize_t n = S_ISLNK(st.st_mode) ? readlink(path, target, sizeof target) : -1;
    if (n >= 0)
        print_escaped(target, (size_t)n);
    else
        putchar('-');
    putchar('\t');
    print_xattrs(path);
    putchar('\t');
    if (S_ISREG(st.st_mode))
        print_content(path);
    else
        putchar('-');
    putchar('\n');
    if (directory)
        walk_children(path);
}

int main(int argc, char **argv) {
    if (argc != 2 || chdir(argv[1]) < 0) {
        fprintf(stderr, "usage: walk DIRECTORY: %s\n", strerror(errno));
        return 1;
    }
    sha256_constants();
    walk((char[]){"."});
    return fflush(stdout) ? 1 : 0;
}
