/* Reads a plan, believes none of it, and tells whether it is for this caller and still true. */
#include "starter.h"

/* One plan at a time; only the pages that a plan fills are ever touched. */
uint64_t plan_image[PLAN_SIZE_MAX / 8];

static const uint8_t entry_sizes[PLAN_TABLES] = {
    sizeof(uint32_t),
    sizeof(struct plan_check),
    sizeof(struct plan_instruction),
    sizeof(struct plan_operand),
    sizeof(struct plan_fault),
    sizeof(struct plan_row),
    1,
};

uint32_t plan_count(const struct plan *plan, int table)
{
    return plan->header->tables[table].count;
}

static bool is_text(const struct plan *plan, uint32_t offset)
{
    return offset < plan_count(plan, PLAN_TABLE_DATA); /* and DATA ends with NUL */
}

/* Over 64-bit words: finds damage, not malice; whoever may write a plan may also write what it
 * runs. */
static uint64_t checksum(const uint64_t *from, const uint64_t *to)
{
    uint64_t sum = PLAN_MAGIC;
    for (; from < to; from++) {
        sum = (sum ^ *from) * 0x9e3779b97f4a7c15ULL;
        sum ^= sum >> 32;
    }
    return sum;
}

static const void *entries(const struct plan *plan, int table)
{
    return (const char *)plan->header + plan->header->tables[table].offset;
}

static bool tables_fit(const struct plan_header *header)
{
    for (int i = 0; i < PLAN_TABLES; i++) {
        struct plan_table table = header->tables[i];
        if (table.offset % 8 != 0 || table.offset < sizeof *header || table.offset > header->size
            || table.count > (header->size - table.offset) / entry_sizes[i]) {
            return false;
        }
    }
    return true;
}

static bool checks_hold(const struct plan *plan)
{
    for (uint32_t i = 0; i < plan_count(plan, PLAN_TABLE_CHECKS); i++) {
        const struct plan_check *check = &plan->checks[i];
        uint32_t left = plan_count(plan, PLAN_TABLE_DATA) - check->text;
        if (!is_text(plan, check->text)
            || ((check->kind == PLAN_CHECK_VARIABLE || check->kind == PLAN_CHECK_BELOW
                 || check->kind == PLAN_CHECK_CONTENT)
                && !is_text(plan, check->value))
            || (check->kind == PLAN_CHECK_ACCESS && check->value > left)
            || (check->kind == PLAN_CHECK_CREDENTIALS && check->value > left / 4)) {
            return false;
        }
    }
    return true;
}

static bool operands_hold(const struct plan *plan)
{
    for (uint32_t i = 0; i < plan_count(plan, PLAN_TABLE_OPERANDS); i++) {
        const struct plan_operand *operand = &plan->operands[i];
        uint32_t value = (uint32_t)operand->value;
        if (operand->kind > PLAN_OPERAND_SCRATCH
            || (operand->kind == PLAN_OPERAND_REGISTER && value >= PLAN_REGISTERS)
            || (operand->kind == PLAN_OPERAND_DATA && !is_text(plan, value))
            || (operand->kind == PLAN_OPERAND_SCRATCH && value >= PLAN_SCRATCH)) {
            return false;
        }
    }
    return true;
}

/* Operands that an instruction reads as strings must be addresses, not numbers. */
static bool are_strings(const struct plan *plan, const struct plan_instruction *at, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        if (plan->operands[at->first + i].kind < PLAN_OPERAND_DATA) {
            return false;
        }
    }
    return true;
}

static bool shape_holds(const struct plan *plan, const struct plan_instruction *at)
{
    uint32_t code = plan_count(plan, PLAN_TABLE_CODE), n = at->operands;
    switch (at->op) {
    case PLAN_OP_SYS:
        return n >= 1 && n <= 7;
    case PLAN_OP_MOVE:
        return n == 1;
    case PLAN_OP_ADD:
    case PLAN_OP_AND:
    case PLAN_OP_OR:
    case PLAN_OP_SHIFT:
        return n == 2;
    case PLAN_OP_JUMP:
        return at->target < code;
    case PLAN_OP_IF_EQUAL:
    case PLAN_OP_IF_LESS:
        return n == 2 && at->target < code;
    case PLAN_OP_LOAD:
        return at->target <= PLAN_SCRATCH - 8;
    case PLAN_OP_STORE:
        return n == 1 && at->target <= PLAN_SCRATCH - 8;
    case PLAN_OP_TEXT:
        return at->target <= PLAN_SCRATCH - PLAN_STRING_MAX;
    case PLAN_OP_ENV_PASS:
    case PLAN_OP_ENV_SET:
    case PLAN_OP_ENV_COPY:
    case PLAN_OP_ENV_UNSET:
    case PLAN_OP_ARGUMENTS:
        return are_strings(plan, at, n);
    case PLAN_OP_REST:
        return true;
    case PLAN_OP_MKDIRS:
        return n == 2 && are_strings(plan, at, 1) && at->fault != PLAN_NO_FAULT;
    case PLAN_OP_ENV_GET:
        return n == 1 && are_strings(plan, at, 1) && at->target <= PLAN_SCRATCH - PLAN_STRING_MAX;
    case PLAN_OP_ENV_LINES:
        return n == 2 && plan->operands[at->first].kind == PLAN_OPERAND_SCRATCH;
    case PLAN_OP_MOUNTS:
        return n == 4 && plan->operands[at->first].kind == PLAN_OPERAND_SCRATCH
               && at->fault != PLAN_NO_FAULT;
    case PLAN_OP_NUMBER:
        return n == 1 && are_strings(plan, at, 1);
    case PLAN_OP_SUPERVISE:
        return n == 1;
    case PLAN_OP_FAIL:
        return (n == 1 || (n == 2 && plan->operands[at->first + 1].kind >= PLAN_OPERAND_DATA))
               && at->fault != PLAN_NO_FAULT;
    case PLAN_OP_FIND:
        return n == 1 && are_strings(plan, at, 1) && at->fault != PLAN_NO_FAULT;
    case PLAN_OP_EXECUTE:
        return (n == 1 || n == 2) && are_strings(plan, at, n) && at->fault != PLAN_NO_FAULT;
    default:
        return false;
    }
}

static bool code_holds(const struct plan *plan)
{
    uint32_t operands = plan_count(plan, PLAN_TABLE_OPERANDS),
             faults = plan_count(plan, PLAN_TABLE_FAULTS);
    for (uint32_t i = 0; i < plan_count(plan, PLAN_TABLE_CODE); i++) {
        const struct plan_instruction *at = &plan->code[i];
        if (at->first > operands || at->operands > operands - at->first
            || at->destination >= PLAN_REGISTERS
            || (at->fault != PLAN_NO_FAULT && at->fault >= faults) || !shape_holds(plan, at)) {
            return false;
        }
    }
    return true;
}

static bool faults_hold(const struct plan *plan)
{
    uint32_t rows = plan_count(plan, PLAN_TABLE_ROWS);
    for (uint32_t i = 0; i < plan_count(plan, PLAN_TABLE_FAULTS); i++) {
        if (!is_text(plan, plan->faults[i].what) || plan->faults[i].row >= rows) {
            return false;
        }
    }
    for (uint32_t i = 0; i < rows; i++) {
        const struct plan_row *row = &plan->rows[i];
        if (!is_text(plan, row->cause) || !is_text(plan, row->hint) || row->kind > PLAN_ROW_FAIL
            || (row->kind == PLAN_ROW_GO && row->value >= plan_count(plan, PLAN_TABLE_CODE))
            || (row->kind == PLAN_ROW_MORE && (row->value <= i || row->value >= rows))) {
            return false;
        }
    }
    return rows == 0 || plan->rows[rows - 1].kind == PLAN_ROW_END;
}

/* Whether plan_image holds a plan of this many bytes that the interpreter can run without looking
 * again. */
bool plan_check(struct plan *plan, size_t size)
{
    const struct plan_header *header = (const struct plan_header *)plan_image;
    if (size < sizeof *header || size % 8 != 0 || header->magic != PLAN_MAGIC
        || header->size != size || header->version != PLAN_VERSION || header->machine != MACHINE
        || header->build != PLAN_BUILD
        || !tables_fit(header)
        || header->checksum != checksum(plan_image + 2, plan_image + size / 8)) {
        return false;
    }
    plan->header = header;
    plan->prefix = entries(plan, PLAN_TABLE_PREFIX);
    plan->checks = entries(plan, PLAN_TABLE_CHECKS);
    plan->code = entries(plan, PLAN_TABLE_CODE);
    plan->operands = entries(plan, PLAN_TABLE_OPERANDS);
    plan->faults = entries(plan, PLAN_TABLE_FAULTS);
    plan->rows = entries(plan, PLAN_TABLE_ROWS);
    plan->data = entries(plan, PLAN_TABLE_DATA);
    uint32_t data = plan_count(plan, PLAN_TABLE_DATA);
    if (data == 0 || plan->data[data - 1] != '\0') {
        return false;
    }
    for (uint32_t i = 0; i < plan_count(plan, PLAN_TABLE_PREFIX); i++) {
        if (!is_text(plan, plan->prefix[i])) {
            return false;
        }
    }
    return checks_hold(plan) && operands_hold(plan) && code_holds(plan) && faults_hold(plan);
}

/* Reads a plan and checks it. With check_owner only one that nobody but the caller or root could
 * have written. */
bool plan_read(struct plan *plan, int fd, const struct process *self, bool check_owner)
{
    struct statx status;
    char *image = (char *)plan_image;
    size_t size = 0;
    if (check_owner
        && (sys_statx(fd, "", AT_EMPTY_PATH, &status) < 0 || (status.mode & S_IFMT) != S_IFREG
            || (status.mode & 022) != 0 || (status.uid != self->uid && status.uid != 0))) {
        return false;
    }
    for (;;) {
        int64_t got = sys_read(fd, image + size, PLAN_SIZE_MAX - size);
        if (got <= 0) {
            return got == 0 && plan_check(plan, size);
        }
        size += (size_t)got;
        if (size >= sizeof *plan->header && size == ((struct plan_header *)plan_image)->size) {
            return plan_check(plan,
                              size); /* spares the read(2) that would only say "end of file" */
        }
    }
}

bool plan_is_for(const struct plan *plan, const struct process *self)
{
    uint32_t count = plan_count(plan, PLAN_TABLE_PREFIX);
    if (count >= self->argc) {
        return false;
    }
    for (uint32_t i = 0; i < count; i++) {
        if (!equal(plan->data + plan->prefix[i], self->argv[i + 1])) {
            return false;
        }
    }
    return true;
}

static bool same_file(const struct plan_check *check, const char *path)
{
    struct statx now;
    int result = sys_statx(AT_FDCWD, path, 0, &now);
    if (check->kind == PLAN_CHECK_NO_FILE) {
        return result == -ENOENT || result == -ENOTDIR;
    }
    if (check->kind == PLAN_CHECK_TYPE) {
        return result == 0 && (now.mode & S_IFMT) == check->mode;
    }
    return result == 0 && now.ino == check->inode && now.size == check->size
           && now.mode == check->mode && now.mtime.seconds == check->seconds
           && now.mtime.nanoseconds == check->nanoseconds && now.dev_major == check->major
           && now.dev_minor == check->minor;
}

static bool same_credentials(const struct plan_check *check, const char *groups,
                             const struct process *self)
{
    uint32_t size = check->value * 4;
    if (check->inode != self->uid || check->size != self->gid || size > PLAN_SCRATCH
        || sys_getgroups(size == 0 ? 0 : check->value, scratch) != (int)check->value) {
        return false; /* with room for 0 groups getgroups(2) still answers how many there are */
    }
    for (uint32_t i = 0; i < size; i++) {
        if (groups[i] != scratch[i]) {
            return false;
        }
    }
    return true;
}

/* What a small file of the kernel's holds; its times and size tell nothing. */
static bool same_content(const char *path, const char *text)
{
    int fd = sys_openat(path, O_CLOEXEC, 0);
    int64_t size = fd < 0 ? fd : sys_read(fd, scratch, PLAN_STRING_MAX);
    if (fd >= 0) {
        sys_close(fd);
    }
    if (size < 0 || size >= PLAN_STRING_MAX) {
        return false;
    }
    scratch[size] = '\0';
    return equal(scratch, text);
}

/* FNV-1a with 64 bits of each name, added up: the order of a listing tells nothing. */
static bool same_names(const char *path, uint64_t wanted)
{
    enum { HEADER = 19, LENGTH_AT = 16 }; /* struct linux_dirent64 */
    int fd = sys_openat(path, O_CLOEXEC | O_DIRECTORY, 0);
    uint64_t sum = 0;
    int64_t got = fd;
    while (fd >= 0 && (got = sys_getdents(fd, scratch, PLAN_STRING_MAX)) > 0) {
        for (int64_t at = 0; at < got;) {
            const unsigned char *entry = (const unsigned char *)scratch + at;
            const unsigned char *name = entry + HEADER;
            uint64_t hash = 0xcbf29ce484222325ULL;
            for (const unsigned char *c = name; *c != '\0'; c++) {
                hash = (hash ^ *c) * 0x100000001b3ULL;
            }
            bool dots = name[0] == '.' && (name[1] == '\0' || (name[1] == '.' && name[2] == '\0'));
            sum += dots ? 0 : hash;
            int size = entry[LENGTH_AT] | entry[LENGTH_AT + 1] << 8;
            at += size > HEADER ? size : PLAN_STRING_MAX;
        }
    }
    if (fd >= 0) {
        sys_close(fd);
    }
    return got == 0 && sum == wanted;
}

static bool same_access(const struct plan *plan, const struct plan_check *check)
{
    uint32_t at = check->text;
    bool granted = false;
    for (uint32_t i = 0; i < check->value && !granted; i++) {
        if (!is_text(plan, at)) {
            return false;
        }
        granted = sys_access(plan->data + at, check->mode) == 0;
        at += (uint32_t)length(plan->data + at) + 1;
    }
    return granted == (check->size != 0);
}

/* Unset is as good as below: what lies there is then of no use, and does no harm. */
static bool is_below(const char *path, const char *directory)
{
    char next;
    if (path == NULL) {
        return true;
    }
    if (!starts_with(path, directory)) {
        return false;
    }
    next = path[length(directory)];
    return next == '/' || next == '\0';
}

static bool same_variable(const struct plan *plan, const struct plan_check *check,
                          const struct process *self)
{
    const char *now = find_variable(self->envp, plan->data + check->text);
    switch (check->kind) {
    case PLAN_CHECK_VARIABLE:
        return now != NULL && equal(now, plan->data + check->value);
    case PLAN_CHECK_NO_VARIABLE:
        return now == NULL;
    case PLAN_CHECK_SET:
        return now != NULL && *now != '\0';
    default:
        return is_below(now, plan->data + check->value);
    }
}

static bool holds(const struct plan *plan, const struct plan_check *check,
                  const struct process *self)
{
    const char *text = plan->data + check->text;
    switch (check->kind) {
    case PLAN_CHECK_FILE:
    case PLAN_CHECK_NO_FILE:
    case PLAN_CHECK_TYPE:
        return same_file(check, text);
    case PLAN_CHECK_VARIABLE:
    case PLAN_CHECK_NO_VARIABLE:
    case PLAN_CHECK_SET:
    case PLAN_CHECK_BELOW:
        return same_variable(plan, check, self);
    case PLAN_CHECK_CONTENT:
        return same_content(text, plan->data + check->value);
    case PLAN_CHECK_NAMES:
        return same_names(text, check->inode);
    case PLAN_CHECK_ACCESS:
        return same_access(plan, check);
    case PLAN_CHECK_CREDENTIALS:
        return same_credentials(check, text, self);
    case PLAN_CHECK_DIRECTORY:
        return sys_getcwd(scratch, PLAN_STRING_MAX) > 0 && equal(scratch, text);
    case PLAN_CHECK_KERNEL:
        /* struct utsname: six fields of 65 bytes, the release is the third */
        return sys_uname(scratch) == 0 && equal(scratch + 2 * 65, text);
    default:
        return false;
    }
}

bool plan_is_fresh(const struct plan *plan, const struct process *self)
{
    for (uint32_t i = 0; i < plan_count(plan, PLAN_TABLE_CHECKS); i++) {
        if (!holds(plan, &plan->checks[i], self)) {
            return false;
        }
    }
    return true;
}
