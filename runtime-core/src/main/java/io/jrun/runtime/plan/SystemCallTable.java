package io.jrun.runtime.plan;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.OptionalInt;

/** The numbers of all system calls of one machine by name, for filters. Source: as of {@link SystemCall}. */
final class SystemCallTable {

    private final Map<String, Integer> numbers = new HashMap<>();

    private SystemCallTable() {}

    static SystemCallTable of(Machine machine) {
        SystemCallTable table = new SystemCallTable();
        int column = machine == Machine.X86_64 ? 1 : 2;
        try (InputStream in = SystemCallTable.class.getResourceAsStream("system-calls");
                BufferedReader lines = new BufferedReader(new InputStreamReader(in, StandardCharsets.US_ASCII))) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                String[] fields = line.split(" ", -1);
                if (!line.startsWith("#") && !fields[column].equals("-")) {
                    table.numbers.put(fields[0], Integer.parseInt(fields[column]));
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return table;
    }

    /** Empty for a call that the machine does not have. */
    OptionalInt number(String name) {
        Integer number = numbers.get(name);
        return number == null ? OptionalInt.empty() : OptionalInt.of(number);
    }
}
