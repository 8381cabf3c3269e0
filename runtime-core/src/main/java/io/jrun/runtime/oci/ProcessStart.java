package io.jrun.runtime.oci;

import io.jrun.error.JrunException;
import io.jrun.posix.ByteString;
import io.jrun.runtime.host.HostFiles;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/**
 * A process that no later one of the same number is taken for, as long as the kernel runs.
 *
 * @param ticks of its start: field 22 of proc_pid_stat(5)
 */
record ProcessStart(long process, long ticks) {

    private static final int MAX_BYTES = 1 << 16;

    /** Of the fields behind the name, which may hold anything and ends with the last ")". */
    private static final int STATE = 0;

    private static final int START = 19;

    /**
     * A line of proc_pid_stat(5).
     *
     * @param name as the process calls itself
     */
    record Line(ProcessStart start, String name, boolean alive) {}

    static Optional<Line> parse(byte[] line) {
        String text = new String(line, StandardCharsets.ISO_8859_1);
        int open = text.indexOf('(');
        int close = text.lastIndexOf(')');
        if (open < 2 || close < open) {
            return Optional.empty();
        }
        String[] fields = text.substring(close + 1).strip().split(" ", -1);
        try {
            ProcessStart start =
                    new ProcessStart(Long.parseLong(text.substring(0, open - 1)), Long.parseLong(fields[START]));
            boolean alive = !fields[STATE].equals("Z") && !fields[STATE].equals("X");
            return start.process() > 0 && start.process() <= Integer.MAX_VALUE
                    ? Optional.of(new Line(start, text.substring(open + 1, close), alive))
                    : Optional.empty();
        } catch (NumberFormatException | ArrayIndexOutOfBoundsException otherText) {
            return Optional.empty();
        }
    }

    /** As it is at this moment; empty when there is none. */
    static Optional<Line> of(HostFiles files, long process) {
        try {
            Optional<byte[]> line = files.read(ByteString.of("/proc/" + process + "/stat"), MAX_BYTES);
            return line.isPresent() ? parse(line.get()) : Optional.empty();
        } catch (JrunException ended) {
            return Optional.empty();
        }
    }

    /** Its line, while it lives. */
    Optional<Line> living(HostFiles files) {
        return of(files, process).filter(line -> line.alive() && line.start().equals(this));
    }
}
