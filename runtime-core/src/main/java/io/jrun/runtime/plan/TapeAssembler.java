package io.jrun.runtime.plan;

import io.jrun.posix.ByteString;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Collects instructions, labels, faults and data, and writes them as a plan file. Equal data, operand lists and faults
 * are stored once.
 */
final class TapeAssembler {

    /** Most operands that one instruction can have. */
    static final int OPERANDS_MAX = 255;

    private static final int HEADER_SIZE = 32 + 8 * PlanFormat.TABLES;
    private static final int CHECKSUM_OFFSET = 8;
    private static final int INSTRUCTION_SIZE = 16;

    /** A place in the code that is known once it was {@link #mark marked}. */
    static final class Label {
        private int instruction = -1;
    }

    /** A value of an instruction; see the operands of {@code plan.h}. */
    record Operand(int kind, int value) {
        static Operand number(int value) {
            return new Operand(PlanFormat.OPERAND_NUMBER, value);
        }

        static Operand register(int register) {
            return new Operand(PlanFormat.OPERAND_REGISTER, register);
        }

        static Operand scratch(int offset) {
            return new Operand(PlanFormat.OPERAND_SCRATCH, offset);
        }

        // Written out for the same reason as in Fault.
        @Override
        public boolean equals(Object other) {
            return other instanceof Operand operand && kind == operand.kind && value == operand.value;
        }

        @Override
        public int hashCode() {
            return 31 * value + kind;
        }
    }

    private record Instruction(int op, int destination, List<Operand> operands, Label jump, int place, Fault fault) {}

    private final ByteArrayOutputStream prefix = new ByteArrayOutputStream();
    private int prefixCount;
    private final List<byte[]> checks = new ArrayList<>();
    private final List<Instruction> code = new ArrayList<>();
    private final Deque<Runnable> outOfLine = new ArrayDeque<>();
    private final ByteArrayOutputStream data = new ByteArrayOutputStream();
    private final Map<ByteString, Integer> texts = new HashMap<>();
    private final Map<ByteBuffer, Integer> structures = new HashMap<>();

    TapeAssembler() {
        data.write(0); // offset 0 is the empty text
        texts.put(ByteString.of(""), 0);
    }

    /** Offset in DATA of a string, ended by NUL. */
    int text(ByteString text) {
        Integer known = texts.get(text);
        if (known != null) {
            return known;
        }
        int offset = data.size();
        data.writeBytes(text.toBytes());
        data.write(0);
        texts.put(text, offset);
        return offset;
    }

    Operand string(ByteString text) {
        return new Operand(PlanFormat.OPERAND_DATA, text(text));
    }

    Operand string(String text) {
        return string(ByteString.of(text));
    }

    /** Offset in DATA of a structure for the kernel, aligned for any of its fields. */
    int structureOffset(byte[] content) {
        ByteBuffer key = ByteBuffer.wrap(content.clone());
        Integer known = structures.get(key);
        if (known != null) {
            return known;
        }
        while (data.size() % 8 != 0) {
            data.write(0);
        }
        int offset = data.size();
        data.writeBytes(content);
        structures.put(key, offset);
        return offset;
    }

    Operand structure(byte[] content) {
        return new Operand(PlanFormat.OPERAND_DATA, structureOffset(content));
    }

    void prefix(List<ByteString> arguments) {
        for (ByteString argument : arguments) {
            prefix.write(LittleEndian.ints(text(argument)), 0, 4);
            prefixCount++;
        }
    }

    void check(byte[] entry) {
        checks.add(entry.clone());
    }

    void mark(Label label) {
        label.instruction = code.size();
    }

    /** Code that follows behind all other code, where it costs the common path nothing. */
    void outOfLine(Runnable block) {
        outOfLine.add(block);
    }

    /** An instruction that cannot fail and does not jump. */
    void add(int op, int destination, Operand... operands) {
        code.add(new Instruction(op, destination, List.of(operands), null, 0, null));
    }

    void add(int op, List<Operand> operands) {
        for (int from = 0; from < operands.size(); from += OPERANDS_MAX) {
            int to = Math.min(from + OPERANDS_MAX, operands.size());
            code.add(new Instruction(op, 0, List.copyOf(operands.subList(from, to)), null, 0, null));
        }
    }

    void addFailing(int op, int destination, Fault fault, Operand... operands) {
        code.add(new Instruction(op, destination, List.of(operands), null, 0, fault));
    }

    void addJump(int op, Label label, Operand... operands) {
        code.add(new Instruction(op, 0, List.of(operands), label, 0, null));
    }

    /** An instruction that reads or writes scratch memory at {@code place}. */
    void addInScratch(int op, int destination, int place, Operand... operands) {
        code.add(new Instruction(op, destination, List.of(operands), null, place, null));
    }

    /** The plan file. */
    byte[] toBytes(Machine machine, int build) {
        while (!outOfLine.isEmpty()) {
            outOfLine.remove().run();
        }
        byte[][] tables = new byte[PlanFormat.TABLES][];
        int[] counts = new int[PlanFormat.TABLES];
        FaultTables faults = new FaultTables();
        OperandTable operands = new OperandTable();
        byte[] instructions = new byte[code.size() * INSTRUCTION_SIZE];
        ByteBuffer written = LittleEndian.view(instructions);
        for (Instruction at : code) {
            put(written, at, operands, faults);
        }
        faults.addCommonRows();
        set(tables, counts, PlanFormat.TABLE_PREFIX, prefix.toByteArray(), prefixCount);
        set(tables, counts, PlanFormat.TABLE_CHECKS, join(checks), checks.size());
        set(tables, counts, PlanFormat.TABLE_CODE, instructions, code.size());
        set(tables, counts, PlanFormat.TABLE_OPERANDS, operands.toBytes(), operands.entries.size());
        set(tables, counts, PlanFormat.TABLE_FAULTS, join(faults.faults), faults.faults.size());
        set(tables, counts, PlanFormat.TABLE_ROWS, join(faults.rows), faults.rows.size());
        data.write(0);
        set(tables, counts, PlanFormat.TABLE_DATA, data.toByteArray(), data.size());
        return file(machine, build, tables, counts);
    }

    private static byte[] file(Machine machine, int build, byte[][] tables, int[] counts) {
        int size = HEADER_SIZE;
        for (byte[] table : tables) {
            size += aligned(table.length);
        }
        size = aligned(size);
        if (size > PlanFormat.SIZE_MAX) {
            throw new IllegalArgumentException(
                    "a plan of " + size + " bytes; the starter takes " + PlanFormat.SIZE_MAX);
        }
        byte[] bytes = new byte[size];
        ByteBuffer file = LittleEndian.view(bytes);
        file.putLong(PlanFormat.MAGIC).putLong(0);
        file.putInt(PlanFormat.VERSION)
                .putInt(machine.elfMachine())
                .putInt(size)
                .putInt(build);
        int offset = HEADER_SIZE;
        for (int i = 0; i < tables.length; i++) {
            file.putInt(offset).putInt(counts[i]);
            file.put(offset, tables[i]);
            offset += aligned(tables[i].length);
        }
        file.putLong(CHECKSUM_OFFSET, checksum(bytes));
        return bytes;
    }

    /** Of everything behind the checksum itself, in words of 64 bits; as in the starter. */
    static long checksum(byte[] file) {
        ByteBuffer words = LittleEndian.view(file);
        long sum = PlanFormat.MAGIC;
        for (int at = CHECKSUM_OFFSET + 8; at < file.length; at += 8) {
            sum = (sum ^ words.getLong(at)) * 0x9e3779b97f4a7c15L;
            sum ^= sum >>> 32;
        }
        return sum;
    }

    private static void put(ByteBuffer to, Instruction at, OperandTable operands, FaultTables faults) {
        to.put((byte) at.op()).put((byte) at.destination());
        to.put((byte) at.operands().size()).put((byte) 0);
        to.putInt(operands.index(at.operands()));
        to.putInt(at.jump() == null ? at.place() : place(at.jump()));
        to.putInt(at.fault() == null ? PlanFormat.NO_FAULT : faults.index(at.fault()));
    }

    private static int place(Label label) {
        if (label.instruction < 0) {
            throw new IllegalStateException("a label was used and never marked");
        }
        return label.instruction;
    }

    private static int aligned(int size) {
        return Math.addExact(size, 7) & ~7;
    }

    private static void set(byte[][] tables, int[] counts, int table, byte[] content, int count) {
        tables[table] = content;
        counts[table] = count;
    }

    private static byte[] join(List<byte[]> entries) {
        ByteArrayOutputStream joined = new ByteArrayOutputStream();
        for (byte[] entry : entries) {
            joined.writeBytes(entry);
        }
        return joined.toByteArray();
    }

    private static final class OperandTable {
        private final List<Operand> entries = new ArrayList<>();
        private final Map<List<Operand>, Integer> lists = new HashMap<>();

        int index(List<Operand> operands) {
            Integer known = lists.get(operands);
            if (known != null) {
                return known;
            }
            int first = entries.size();
            entries.addAll(operands);
            lists.put(operands, first);
            return first;
        }

        byte[] toBytes() {
            byte[] bytes = new byte[entries.size() * 8];
            ByteBuffer table = LittleEndian.view(bytes);
            for (Operand entry : entries) {
                table.putInt(entry.kind()).putInt(entry.value());
            }
            return bytes;
        }
    }

    /** Faults and their rows; each list of rows ends by leading to the common ones, which come last. */
    private final class FaultTables {
        private final List<byte[]> faults = new ArrayList<>();
        private final List<byte[]> rows = new ArrayList<>();
        private final List<Integer> rowsToLink = new ArrayList<>();
        private final Map<Fault, Integer> known = new HashMap<>();
        private final Map<List<Fault.Row>, Integer> knownRows = new HashMap<>();

        int index(Fault fault) {
            Integer place = known.get(fault);
            if (place != null) {
                return place;
            }
            int what = text(fault.what());
            int flags = fault.namesProgram() ? PlanFormat.FAULT_NAMES_PROGRAM : 0;
            faults.add(LittleEndian.ints(what, firstRow(fault.rows()), fault.status(), flags));
            known.put(fault, faults.size() - 1);
            return faults.size() - 1;
        }

        private int firstRow(List<Fault.Row> list) {
            Integer place = knownRows.get(list);
            if (place != null) {
                return place;
            }
            int first = rows.size();
            for (Fault.Row row : list) {
                rows.add(entry(row));
            }
            rowsToLink.add(rows.size());
            rows.add(new byte[0]);
            knownRows.put(list, first);
            return first;
        }

        void addCommonRows() {
            int common = rows.size();
            for (int at : rowsToLink) {
                rows.set(at, LittleEndian.ints(PlanFormat.ROW_MORE, 0, common, 0, 0));
            }
            for (Fault.Row row : Errno.WORDS) {
                rows.add(entry(row));
            }
            rows.add(LittleEndian.ints(PlanFormat.ROW_END, 0, 0, 0, 0));
        }

        private byte[] entry(Fault.Row row) {
            if (row instanceof Fault.Row.Go go) {
                return LittleEndian.ints(PlanFormat.ROW_GO, go.errno(), place(go.label()), 0, 0);
            }
            Fault.Row.Fail fail = (Fault.Row.Fail) row;
            return LittleEndian.ints(
                    PlanFormat.ROW_FAIL,
                    fail.errno(),
                    fail.status(),
                    text(ByteString.of(fail.cause())),
                    text(ByteString.of(fail.hint())));
        }
    }
}
