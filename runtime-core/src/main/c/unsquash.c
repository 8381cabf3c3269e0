/*
 * Extracts a squashfs 4.0 image whose compressor is LZ4. What it cannot give an unprivileged caller, it leaves out:
 * owners, set-user-ID and set-group-ID bits, devices, sockets, extended attributes.
 * Source: Documentation/filesystems/squashfs.rst of Linux; LZ4 block format description 1.6.
 */
#include "bundle.h"

#define MAGIC             0x73717368
#define SUPERBLOCK_SIZE   96
#define COMPRESSOR_LZ4    5
#define METADATA_SIZE     8192
#define METADATA_STORED   0x8000
#define BLOCK_MAX         0x100000
#define BLOCK_STORED      0x1000000
#define NO_FRAGMENT       0xffffffff
#define FRAGMENT_ENTRY    16
#define DIRECTORY_PADDING 3   /* the size in an inode counts "." and ".." so */
#define NAME_MAX          256 /* 16 bits of the format, limited by the kernel */
#define TARGET_MAX        0x1000
#define DEPTH_MAX         400 /* each level holds a descriptor open; images have about twenty */
#define SLOTS             8

enum { DIRECTORY = 1, REGULAR, SYMLINK, BLOCK_DEVICE, CHARACTER_DEVICE, FIFO, SOCKET, LONG = 7 };

/* A place in a chain of metadata blocks: the block's position in the image, and an offset in what it holds. */
struct cursor {
    uint64_t block;
    uint32_t at;
};

struct slot {
    uint64_t block, next;
    uint32_t size;
    uint8_t content[METADATA_SIZE];
};

struct image {
    int file, links;
    uint64_t offset, size, inodes, directories, fragments;
    uint32_t block_size, fragment_count, fragment_index, fragment_size;
    struct unsquash_failure *failure;
};

struct inode {
    uint64_t start, size;
    uint32_t type, mode, mtime, number, links, fragment, fragment_offset;
};

static struct slot slots[SLOTS];
static unsigned next_slot;
static uint8_t packed[BLOCK_MAX], block[BLOCK_MAX], fragment[BLOCK_MAX];

static bool fail(const struct image *image, const char *what, int error)
{
    image->failure->what = what;
    image->failure->error = error;
    return false;
}

static bool damaged(const struct image *image)
{
    return fail(image, "the image inside is damaged", EINVAL);
}

static uint64_t number(const uint8_t *at, int bytes)
{
    uint64_t value = 0;
    for (int i = 0; i < bytes; i++) {
        value |= (uint64_t)at[i] << 8 * i;
    }
    return value;
}

static bool read_at(const struct image *image, uint64_t at, void *to, size_t size)
{
    if (at > image->size || size > image->size - at) {
        return damaged(image);
    }
    for (size_t done = 0; done < size;) {
        int64_t got = sys_pread(image->file, (char *)to + done, size - done,
                                image->offset + at + done);
        if (got == 0) {
            return fail(image, "it is cut short", 0);
        }
        if (got < 0 && got != -EINTR) {
            return fail(image, "it cannot be read", (int)-got);
        }
        done += got > 0 ? (size_t)got : 0;
    }
    return true;
}

/* A length of the LZ4 format: 15 is continued by bytes up to one below 255. */
static bool lz4_length(const uint8_t **in, const uint8_t *end, size_t *length)
{
    if (*length == 15) {
        uint8_t more;
        do {
            if (*in == end) {
                return false;
            }
            more = *(*in)++;
            *length += more;
        } while (more == 255);
    }
    return true;
}

/* The number of bytes unpacked, or -1. */
static int64_t lz4(const uint8_t *in, size_t in_size, uint8_t *out, size_t out_size)
{
    const uint8_t *in_end = in + in_size, *out_begin = out, *out_end = out + out_size;
    while (in < in_end) {
        uint8_t token = *in++;
        size_t literals = token >> 4, match = token & 15;
        if (!lz4_length(&in, in_end, &literals) || literals > (size_t)(in_end - in)
            || literals > (size_t)(out_end - out)) {
            return -1;
        }
        while (literals-- > 0) {
            *out++ = *in++;
        }
        if (in == in_end) {
            break; /* the last sequence has no match */
        }
        if (in_end - in < 2) {
            return -1;
        }
        size_t back = (size_t)(in[0] | in[1] << 8);
        in += 2;
        if (!lz4_length(&in, in_end, &match) || back == 0 || back > (size_t)(out - out_begin)
            || match + 4 > (size_t)(out_end - out)) {
            return -1;
        }
        for (match += 4; match > 0; match--, out++) {
            *out = out[-(int64_t)back]; /* may overlap: byte by byte */
        }
    }
    return out - out_begin;
}

/* Reads `size` packed bytes and unpacks them; `size_word` as in the format. */
static bool unpack(const struct image *image, uint64_t at, uint32_t size, bool stored, uint8_t *to,
                   uint32_t limit, uint32_t *unpacked)
{
    if (size > (stored ? limit : sizeof packed)) {
        return damaged(image);
    }
    if (!read_at(image, at, stored ? to : packed, size)) {
        return false;
    }
    int64_t result = stored ? size : lz4(packed, size, to, limit);
    *unpacked = (uint32_t)result;
    return result >= 0 || damaged(image);
}

static struct slot *load(const struct image *image, uint64_t at)
{
    for (unsigned i = 0; i < SLOTS; i++) {
        if (slots[i].size > 0 && slots[i].block == at) {
            return &slots[i];
        }
    }
    struct slot *slot = &slots[next_slot++ % SLOTS];
    uint8_t header[2];
    slot->size = 0;
    if (!read_at(image, at, header, sizeof header)) {
        return NULL;
    }
    uint32_t word = (uint32_t)number(header, 2), size = word & (METADATA_STORED - 1), unpacked = 0;
    if (!unpack(image, at + 2, size, (word & METADATA_STORED) != 0, slot->content, METADATA_SIZE,
                &unpacked)) {
        return NULL;
    }
    slot->block = at;
    slot->next = at + 2 + size;
    slot->size = unpacked;
    return slot;
}

static bool read_metadata(const struct image *image, struct cursor *from, void *to, size_t size)
{
    uint8_t *out = to;
    while (size > 0) {
        struct slot *slot = load(image, from->block);
        if (slot == NULL) {
            return false;
        }
        if (from->at >= slot->size) {
            if (slot->size < METADATA_SIZE) {
                return damaged(image); /* only the last of a table is shorter */
            }
            from->at -= slot->size;
            from->block = slot->next;
            continue;
        }
        for (; size > 0 && from->at < slot->size; size--) {
            *out++ = slot->content[from->at++];
        }
    }
    return true;
}

static bool read_superblock(struct image *image)
{
    uint8_t raw[SUPERBLOCK_SIZE];
    if (!read_at(image, 0, raw, sizeof raw)) {
        return false;
    }
    image->block_size = (uint32_t)number(raw + 12, 4);
    image->fragment_count = (uint32_t)number(raw + 16, 4);
    image->inodes = number(raw + 64, 8);
    image->directories = number(raw + 72, 8);
    image->fragments = number(raw + 80, 8);
    image->fragment_index = NO_FRAGMENT;
    if (number(raw, 4) != MAGIC || number(raw + 28, 2) != 4 || number(raw + 20, 2) != COMPRESSOR_LZ4
        || image->block_size == 0 || image->block_size > BLOCK_MAX) {
        return damaged(image);
    }
    return true;
}

static struct cursor place(uint64_t table, uint64_t reference)
{
    return (struct cursor){table + (reference >> 16), (uint32_t)(reference & 0xffff)};
}

/* Reads what all inodes have and what is ours of each kind; `from` is then at what follows: a file's block sizes, a
 * link's target. For a directory `start` and `fragment_offset` are the place of its list. */
static bool read_inode(const struct image *image, struct cursor *from, struct inode *inode)
{
    uint8_t head[16], rest[40];
    if (!read_metadata(image, from, head, sizeof head)) {
        return false;
    }
    static const uint8_t sizes[15] = {0, 16, 16, 8, 8, 8, 4, 4, 24, 40, 8, 12, 12, 8, 8};
    uint32_t type = (uint32_t)number(head, 2);
    if (type == 0 || type >= sizeof sizes) {
        return damaged(image);
    }
    if (!read_metadata(image, from, rest, sizes[type])) {
        return false;
    }
    bool is_long = type > LONG;
    *inode = (struct inode){.type = is_long ? type - LONG : type,
                            .mode = (uint32_t)number(head + 2, 2),
                            .mtime = (uint32_t)number(head + 8, 4),
                            .number = (uint32_t)number(head + 12, 4),
                            .links = 1,
                            .fragment = NO_FRAGMENT};
    if (inode->type == DIRECTORY) {
        inode->start = number(rest + (is_long ? 8 : 0), 4);
        inode->size = number(rest + (is_long ? 4 : 8), is_long ? 4 : 2);
        inode->fragment_offset = (uint32_t)number(rest + (is_long ? 18 : 10), 2);
    } else if (inode->type == REGULAR && is_long) {
        inode->start = number(rest, 8);
        inode->size = number(rest + 8, 8);
        inode->links = (uint32_t)number(rest + 24, 4);
        inode->fragment = (uint32_t)number(rest + 28, 4);
        inode->fragment_offset = (uint32_t)number(rest + 32, 4);
    } else if (inode->type == REGULAR) {
        inode->start = number(rest, 4);
        inode->fragment = (uint32_t)number(rest + 4, 4);
        inode->fragment_offset = (uint32_t)number(rest + 8, 4);
        inode->size = number(rest + 12, 4);
    } else if (inode->type == SYMLINK) {
        inode->links = (uint32_t)number(rest, 4);
        inode->size = number(rest + 4, 4);
    }
    return true;
}

static bool write_at(const struct image *image, int fd, const uint8_t *from, size_t size,
                     uint64_t at)
{
    for (size_t done = 0; done < size;) {
        int64_t wrote = sys_pwrite(fd, from + done, size - done, at + done);
        if (wrote < 0 && wrote != -EINTR) {
            return fail(image, "it cannot be written", (int)-wrote);
        }
        done += wrote > 0 ? (size_t)wrote : 0;
    }
    return true;
}

static bool load_fragment(struct image *image, uint32_t index)
{
    uint8_t raw[FRAGMENT_ENTRY];
    if (index == image->fragment_index) {
        return true;
    }
    uint32_t per_block = METADATA_SIZE / FRAGMENT_ENTRY;
    if (index >= image->fragment_count
        || !read_at(image, image->fragments + (uint64_t)(index / per_block) * 8, raw, 8)) {
        return damaged(image);
    }
    struct cursor from = {number(raw, 8), index % per_block * FRAGMENT_ENTRY};
    if (!read_metadata(image, &from, raw, sizeof raw)) {
        return false;
    }
    uint32_t word = (uint32_t)number(raw + 8, 4);
    image->fragment_index = NO_FRAGMENT;
    if (!unpack(image, number(raw, 8), word & (BLOCK_STORED - 1), (word & BLOCK_STORED) != 0,
                fragment, image->block_size, &image->fragment_size)) {
        return false;
    }
    image->fragment_index = index;
    return true;
}

static bool write_content(struct image *image, int fd, const struct inode *inode,
                          struct cursor *sizes)
{
    uint64_t at = inode->start, done = 0;
    bool has_tail = inode->fragment != NO_FRAGMENT;
    while (done < inode->size) {
        uint64_t left = inode->size - done;
        uint32_t expected = left < image->block_size ? (uint32_t)left : image->block_size;
        if (has_tail && left < image->block_size) {
            if (!load_fragment(image, inode->fragment)) {
                return false;
            }
            if (inode->fragment_offset > image->fragment_size
                || left > image->fragment_size - inode->fragment_offset) {
                return damaged(image);
            }
            return write_at(image, fd, fragment + inode->fragment_offset, (size_t)left, done);
        }
        uint8_t raw[4];
        if (!read_metadata(image, sizes, raw, sizeof raw)) {
            return false;
        }
        uint32_t word = (uint32_t)number(raw, 4), size = word & (BLOCK_STORED - 1), unpacked = 0;
        if (size > 0) { /* else a hole */
            if (!unpack(image, at, size, (word & BLOCK_STORED) != 0, block, image->block_size,
                        &unpacked)) {
                return false;
            }
            if (unpacked != expected) {
                return damaged(image);
            }
            if (!write_at(image, fd, block, unpacked, done)) {
                return false;
            }
            at += size;
        }
        done += expected;
    }
    return true;
}

static bool made(const struct image *image, int result)
{
    return result >= 0 || fail(image, "it cannot be written", -result);
}

static void set_time(int directory, const char *name, const struct inode *inode)
{
    struct seconds times[2] = {{.at = inode->mtime}, {.at = inode->mtime}};
    sys_utimensat(directory, name, times); /* a wrong time harms nobody */
}

static bool extract_regular(struct image *image, int directory, const char *name,
                            const struct inode *inode, struct cursor *sizes)
{
    char other[16];
    struct text link = text_in(other, sizeof other);
    add_number(&link, inode->number);
    if (inode->links > 1 && sys_linkat(image->links, other, directory, name) == 0) {
        return true;
    }
    int fd = sys_openat_in(directory, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
                           0600);
    if (!made(image, fd)) {
        return false;
    }
    bool done = write_content(image, fd, inode, sizes)
                && made(image, sys_ftruncate(fd, inode->size))
                && made(image, sys_fchmod(fd, inode->mode & 0777));
    sys_close(fd);
    if (done) {
        set_time(directory, name, inode);
    }
    if (done && inode->links > 1) {
        sys_linkat(directory, name, image->links, other); /* or its other names are copies */
    }
    return done;
}

static bool extract_link(const struct image *image, int directory, const char *name,
                         const struct inode *inode, struct cursor *from)
{
    static char target[TARGET_MAX];
    if (inode->size >= sizeof target) {
        return damaged(image);
    }
    if (!read_metadata(image, from, target, (size_t)inode->size)) {
        return false;
    }
    target[inode->size] = '\0';
    if (!made(image, sys_symlinkat(target, directory, name))) {
        return false;
    }
    set_time(directory, name, inode);
    return true;
}

static bool extract(struct image *image, int parent, const char *name, uint64_t reference,
                    int depth);

static bool extract_list(struct image *image, int directory, const struct inode *inode, int depth)
{
    struct cursor from = {image->directories + inode->start, inode->fragment_offset};
    uint64_t left = inode->size > DIRECTORY_PADDING ? inode->size - DIRECTORY_PADDING : 0;
    while (left > 0) {
        uint8_t head[12];
        if (left < sizeof head || !read_metadata(image, &from, head, sizeof head)) {
            return damaged(image);
        }
        left -= sizeof head;
        uint64_t start = number(head + 4, 4);
        for (uint64_t entries = number(head, 4) + 1; entries > 0; entries--) {
            uint8_t raw[8];
            char name[NAME_MAX + 1];
            if (left < sizeof raw || !read_metadata(image, &from, raw, sizeof raw)) {
                return damaged(image);
            }
            uint64_t size = number(raw + 6, 2) + 1;
            if (size > NAME_MAX || left - sizeof raw < size
                || !read_metadata(image, &from, name, (size_t)size)) {
                return damaged(image);
            }
            left -= sizeof raw + size;
            name[size] = '\0';
            if (length(name) != size || matches("*/*", name, (size_t)size) || equal(name, ".")
                || equal(name, "..")) {
                return damaged(image);
            }
            if (!extract(image, directory, name, start << 16 | number(raw, 2), depth)) {
                return false;
            }
        }
    }
    return true;
}

static bool extract_directory(struct image *image, int parent, const char *name,
                              const struct inode *inode, int depth)
{
    int result = sys_mkdirat(parent, name, 0700);
    if (result == -EEXIST) {
        result = sys_fchmodat(parent, name, 0700); /* of an extraction that was killed */
    }
    if (depth >= DEPTH_MAX) {
        return fail(image, "its directories are nested too deep", 0);
    }
    int fd = result < 0 ? result
                        : sys_openat_in(parent, name, O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0);
    if (!made(image, fd)) {
        return false;
    }
    bool done = extract_list(image, fd, inode, depth + 1);
    if (done) {
        set_time(parent, name, inode);
        done = made(image, sys_fchmod(fd, inode->mode & 01777));
    }
    sys_close(fd);
    return done;
}

static bool extract(struct image *image, int parent, const char *name, uint64_t reference,
                    int depth)
{
    struct cursor from = place(image->inodes, reference);
    struct inode inode;
    if (!read_inode(image, &from, &inode)) {
        return false;
    }
    if (inode.type != DIRECTORY) {
        sys_unlinkat(parent, name); /* of an extraction that was killed */
    }
    bool done = true;
    if (inode.type == DIRECTORY) {
        done = extract_directory(image, parent, name, &inode, depth);
    } else if (inode.type == REGULAR) {
        done = extract_regular(image, parent, name, &inode, &from);
    } else if (inode.type == SYMLINK) {
        done = extract_link(image, parent, name, &inode, &from);
    } else if (inode.type == FIFO) {
        done = made(image, sys_mkfifoat(parent, name, inode.mode & 0777));
    }
    if (!done && image->failure->name[0] == '\0') {
        static char failed[NAME_MAX + 1];
        struct text text = text_in(failed, sizeof failed);
        add(&text, name);
        image->failure->name = failed;
    }
    return done;
}

bool unsquash(int file, uint64_t offset, uint64_t size, int directory,
              struct unsquash_failure *failure)
{
    struct image image = {.file = file, .offset = offset, .size = size, .failure = failure};
    uint8_t root[8];
    *failure = (struct unsquash_failure){"", "", 0};
    int result = sys_mkdirat(directory, "links", 0700);
    image.links = result < 0 && result != -EEXIST
                      ? result
                      : sys_openat_in(directory, "links", O_DIRECTORY | O_CLOEXEC, 0);
    bool done = made(&image, image.links) && read_superblock(&image)
                && read_at(&image, 32, root, sizeof root)
                && extract(&image, directory, "rootfs", number(root, 8), 0);
    if (image.links >= 0) {
        sys_close(image.links);
    }
    return done;
}
