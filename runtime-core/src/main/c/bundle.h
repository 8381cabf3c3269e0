/*
 * A bundle: one file that is a program, an image and how to start it.
 *
 *   the program that begins in bundle.c, zeros up to a multiple of 4096
 *   a squashfs 4.0 image, compressed with LZ4 or not at all
 *   a plan that finds the image mounted, a plan that finds it extracted; each see plan.h
 *   struct bundle_trailer, the last bytes of the file
 *
 * All numbers are little-endian. The digest is that of all bytes before it.
 */
#ifndef JRUN_BUNDLE_H
#define JRUN_BUNDLE_H

#include "starter.h"

#define BUNDLE_MAGIC   0x6c646e626e75726aULL
#define BUNDLE_VERSION 1
#define DIGEST_SIZE    32

struct bundle_part {
    uint64_t offset, size;
};

struct bundle_trailer {
    uint64_t magic; /* "jrunbndl" */
    uint32_t version, zero;
    struct bundle_part image, mounted, extracted;
    uint64_t size; /* of the file */
    uint8_t digest[DIGEST_SIZE];
};

/* sha256.c */
struct sha256 {
    uint32_t state[8];
    uint64_t length;
    uint8_t block[64];
};
void sha256_begin(struct sha256 *sum);
void sha256_add(struct sha256 *sum, const uint8_t *from, size_t size);
void sha256_end(struct sha256 *sum, uint8_t *digest);

/* unsquash.c */

/* What was wrong, and with which file of the image. */
struct unsquash_failure {
    const char *what, *name;
    int error;
};

/* Extracts the image at `offset` of a file into the directory "rootfs" of another. What a killed
 * extraction left there is completed. */
bool unsquash(int file, uint64_t offset, uint64_t size, int directory,
              struct unsquash_failure *failure);

#endif
