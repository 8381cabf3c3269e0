/*
 * The plan file: how to start one container, compiled by Java, run by the starter. This header is
 * the only definition of the format; a test compares the Java encoder's constants with it.
 *
 * All numbers are little-endian. The file is a header, then seven tables, each 8-byte aligned, and
 * padded with zeros to a multiple of 8. A "text" is the offset in DATA of a string ending with NUL.
 *
 *   header   offset size field
 *            0      8    magic "jrunplan"
 *            8      8    checksum of everything behind it, see plan_checksum()
 *            16     4    version
 *            20     4    machine, as in ELF e_machine
 *            24     4    size of the file
 *            28     4    build of jrun that compiled it; another one compiles anew
 *            32     7*8  tables: offset in the file, number of entries
 *
 *   table    entry
 *   PREFIX   4    text: one of the arguments behind "jrun" that the plan was compiled for
 *   CHECKS   56   struct plan_check: a fact the plan was compiled from
 *   CODE     16   struct plan_instruction
 *   OPERANDS 8    struct plan_operand
 *   FAULTS   16   struct plan_fault: what to say when an instruction fails
 *   ROWS     20   struct plan_row: what to do for which errno
 *   DATA     1    texts and structures for the kernel; the last byte is NUL
 */
#ifndef JRUN_PLAN_H
#define JRUN_PLAN_H

#include <stdint.h>

#define PLAN_MAGIC      0x6e616c706e75726aULL /* "jrunplan" */
#define PLAN_VERSION    2
#define PLAN_SIZE_MAX   0x100000 /* a plan with a thousand mounts has 300 KiB */
#define PLAN_REGISTERS  32
#define PLAN_SCRATCH    0x42000 /* 65536 groups, the most the kernel knows, and two strings */
#define PLAN_STRING_MAX 0x1000  /* PATH_MAX, and a page, the most mount(2) takes as options */
#define PLAN_LINES_MAX  4096    /* variables that the files of one start may set */
#define PLAN_NO_FAULT   0xffffffff

/* Tables, by their place in the header. */
#define PLAN_TABLE_PREFIX   0
#define PLAN_TABLE_CHECKS   1
#define PLAN_TABLE_CODE     2
#define PLAN_TABLE_OPERANDS 3
#define PLAN_TABLE_FAULTS   4
#define PLAN_TABLE_ROWS     5
#define PLAN_TABLE_DATA     6
#define PLAN_TABLES         7

/* Registers that are set when the tape starts; all others are 0. */
#define PLAN_REGISTER_UID  0 /* effective user id of the caller */
#define PLAN_REGISTER_GID  1 /* effective group id of the caller */
#define PLAN_REGISTER_REST 2 /* number of the caller's arguments behind the prefix */

/* What the plan was compiled from. FILE uses all fields; the others those named. */
#define PLAN_CHECK_FILE        1 /* text: path; the rest as in statx(2) */
#define PLAN_CHECK_NO_FILE     2 /* text: path where nothing is */
#define PLAN_CHECK_VARIABLE    3 /* text: name; value: text */
#define PLAN_CHECK_NO_VARIABLE 4 /* text: name */
#define PLAN_CHECK_CREDENTIALS 5 /* inode: uid; size: gid; text: groups; value: how many */
#define PLAN_CHECK_DIRECTORY   6 /* text: what getcwd(2) answers */
#define PLAN_CHECK_KERNEL      7 /* text: release as in uname(2) */
#define PLAN_CHECK_TYPE        8 /* text: path; mode: type of file alone, S_IFMT */
#define PLAN_CHECK_SET         9 /* text: name of a variable that is set and not empty */
#define PLAN_CHECK_CONTENT    10 /* text: path; value: text, all that read(2) gives at once */
#define PLAN_CHECK_NAMES      11 /* text: directory; inode: sum of the FNV-1a hashes of its names */
#define PLAN_CHECK_ACCESS     12 /* text: `value` paths; mode: as for access(2); size: 1 if at
                                    least one grants it, 0 if none does */
#define PLAN_CHECK_BELOW      13 /* text: name of a variable; value: text: directory of its path */

/* Operands. */
#define PLAN_OPERAND_NUMBER   0 /* the value itself, sign-extended */
#define PLAN_OPERAND_REGISTER 1 /* content of a register */
#define PLAN_OPERAND_DATA     2 /* address of a place in DATA */
#define PLAN_OPERAND_SCRATCH  3 /* address of a place in the scratch memory */

/* Instructions. a and b are the operands' values, T the field target, D the destination. */
#define PLAN_OP_SYS       1  /* D = system call a of six arguments; errors go through the fault */
#define PLAN_OP_MOVE      2  /* D = a */
#define PLAN_OP_ADD       3  /* D = a + b */
#define PLAN_OP_AND       4  /* D = a & b */
#define PLAN_OP_OR        5  /* D = a | b */
#define PLAN_OP_SHIFT     6  /* D = a << (b & 63) */
#define PLAN_OP_JUMP      7  /* go to T */
#define PLAN_OP_IF_EQUAL  8  /* if a == b go to T */
#define PLAN_OP_IF_LESS   9  /* if a < b, signed, go to T */
#define PLAN_OP_LOAD      10 /* D = the 64 bits at scratch T */
#define PLAN_OP_STORE     11 /* the 64 bits at scratch T = a */
#define PLAN_OP_TEXT      12 /* at scratch T: strings and numbers joined; D = length without NUL */
#define PLAN_OP_ENV_PASS  13 /* the caller's variables whose names match one of the globs */
#define PLAN_OP_ENV_SET   14 /* "NAME=value" */
#define PLAN_OP_ENV_COPY  15 /* the caller's variable of this name, when he has one */
#define PLAN_OP_ENV_UNSET 16 /* not those set so far whose names match one of the globs */
#define PLAN_OP_ARGUMENTS 17 /* add arguments */
#define PLAN_OP_REST      18 /* add the caller's arguments behind the prefix */
#define PLAN_OP_MKDIRS    19 /* directory a and its parents; errors go through the fault */
#define PLAN_OP_EXECUTE   20 /* execve(2) of b if there, else of the first argument, searched in PATH or else a; D = errno */
#define PLAN_OP_ENV_GET   21 /* at scratch T: the caller's variable a; D = length, -1 when unset */
#define PLAN_OP_ENV_LINES 22 /* the first b bytes at a, in scratch: lines "NAME=value" */
#define PLAN_OP_FAIL      23 /* the fault, as if a call had failed with errno a; cause b if there */
#define PLAN_OP_NUMBER    24 /* D = the decimal number that a begins with, -1 when none */
#define PLAN_OP_SUPERVISE 25 /* until child a ends: reap all, hand on signals; D as in wait(2) */
#define PLAN_OP_FIND      26 /* as EXECUTE, but only looks whether there is such a program */
#define PLAN_OP_MOUNTS    27 /* the first b bytes at a, in scratch: lines of fstab(5), below the
                                directory with descriptor c; d: whether to make missing places */
#define PLAN_OP_LAST      27

/* Rows: what to do about an errno. They are read in order up to the first that fits. */
#define PLAN_ROW_END        0 /* no more: exit with the fault's status, naming only the errno */
#define PLAN_ROW_MORE       1 /* go on reading at row `value`, which must be a later one */
#define PLAN_ROW_GO         2 /* tolerated: go on at instruction `value` */
#define PLAN_ROW_FAIL       3 /* exit with status `value`, naming cause and hint */
#define PLAN_ANY_ERROR      0
#define PLAN_NO_INTERPRETER 0x1000 /* EXECUTE adds it to ENOENT when the program is there */
#define PLAN_NO_ERRNO       0x2000 /* what FAIL takes when no errno is to be named */

#define PLAN_FAULT_NAMES_PROGRAM 1 /* append the program's name to `what` */

struct plan_table {
    uint32_t offset, count;
};

struct plan_header {
    uint64_t magic, checksum;
    uint32_t version, machine, size, build;
    struct plan_table tables[PLAN_TABLES];
};

struct plan_check {
    uint32_t kind, text, value, mode;
    uint32_t major, minor, nanoseconds, zero;
    uint64_t inode, size;
    int64_t seconds;
};

struct plan_instruction {
    uint8_t op, destination, operands, zero;
    uint32_t first;  /* of its operands */
    uint32_t target; /* instruction or place in scratch */
    uint32_t fault;  /* or PLAN_NO_FAULT: the negative errno is the result */
};

struct plan_operand {
    uint32_t kind;
    int32_t value;
};

struct plan_fault {
    uint32_t what; /* text: verb and object */
    uint32_t row;  /* the first */
    uint32_t status, flags;
};

struct plan_row {
    uint32_t kind;
    int32_t error;
    uint32_t value, cause, hint; /* cause and hint are texts, empty for none */
};

#endif
