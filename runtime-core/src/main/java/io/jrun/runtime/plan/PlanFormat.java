package io.jrun.runtime.plan;

/** The constants of {@code plan.h}, which defines and explains them; a test compares the two. */
final class PlanFormat {

    static final long MAGIC = 0x6e616c706e75726aL;
    static final int VERSION = 2;
    static final int SIZE_MAX = 0x100000;
    static final int REGISTERS = 32;
    static final int SCRATCH = 0x42000;
    static final int STRING_MAX = 0x1000;
    static final int LINES_MAX = 4096;
    static final int NO_FAULT = 0xffffffff;

    static final int TABLE_PREFIX = 0;
    static final int TABLE_CHECKS = 1;
    static final int TABLE_CODE = 2;
    static final int TABLE_OPERANDS = 3;
    static final int TABLE_FAULTS = 4;
    static final int TABLE_ROWS = 5;
    static final int TABLE_DATA = 6;
    static final int TABLES = 7;

    static final int REGISTER_UID = 0;
    static final int REGISTER_GID = 1;
    static final int REGISTER_REST = 2;

    static final int CHECK_FILE = 1;
    static final int CHECK_NO_FILE = 2;
    static final int CHECK_VARIABLE = 3;
    static final int CHECK_NO_VARIABLE = 4;
    static final int CHECK_CREDENTIALS = 5;
    static final int CHECK_DIRECTORY = 6;
    static final int CHECK_KERNEL = 7;
    static final int CHECK_TYPE = 8;
    static final int CHECK_SET = 9;
    static final int CHECK_CONTENT = 10;
    static final int CHECK_NAMES = 11;
    static final int CHECK_ACCESS = 12;
    static final int CHECK_BELOW = 13;

    static final int OPERAND_NUMBER = 0;
    static final int OPERAND_REGISTER = 1;
    static final int OPERAND_DATA = 2;
    static final int OPERAND_SCRATCH = 3;

    static final int OP_SYS = 1;
    static final int OP_MOVE = 2;
    static final int OP_ADD = 3;
    static final int OP_AND = 4;
    static final int OP_OR = 5;
    static final int OP_SHIFT = 6;
    static final int OP_JUMP = 7;
    static final int OP_IF_EQUAL = 8;
    static final int OP_IF_LESS = 9;
    static final int OP_LOAD = 10;
    static final int OP_STORE = 11;
    static final int OP_TEXT = 12;
    static final int OP_ENV_PASS = 13;
    static final int OP_ENV_SET = 14;
    static final int OP_ENV_COPY = 15;
    static final int OP_ENV_UNSET = 16;
    static final int OP_ARGUMENTS = 17;
    static final int OP_REST = 18;
    static final int OP_MKDIRS = 19;
    static final int OP_EXECUTE = 20;
    static final int OP_ENV_GET = 21;
    static final int OP_ENV_LINES = 22;
    static final int OP_FAIL = 23;
    static final int OP_NUMBER = 24;
    static final int OP_SUPERVISE = 25;
    static final int OP_FIND = 26;
    static final int OP_MOUNTS = 27;
    static final int OP_LAST = 27;

    static final int ROW_END = 0;
    static final int ROW_MORE = 1;
    static final int ROW_GO = 2;
    static final int ROW_FAIL = 3;
    static final int ANY_ERROR = 0;
    static final int NO_INTERPRETER = 0x1000;
    static final int NO_ERRNO = 0x2000;

    static final int FAULT_NAMES_PROGRAM = 1;

    private PlanFormat() {}
}
