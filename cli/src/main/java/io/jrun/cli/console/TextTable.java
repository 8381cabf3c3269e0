package io.jrun.cli.console;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/** Rows below a line of headings, each column as wide as its widest cell. */
public final class TextTable {

    private static final String GAP = "  ";

    private final List<List<String>> lines = new ArrayList<>();
    private final Set<Integer> numbers = new HashSet<>();

    public TextTable(String... headings) {
        lines.add(List.of(headings));
    }

    /** The column with this heading holds numbers, which end below each other. */
    public TextTable withNumbers(String heading) {
        numbers.add(lines.get(0).indexOf(heading));
        return this;
    }

    /** As many cells as there are headings. */
    public void add(String... cells) {
        if (cells.length != lines.get(0).size()) {
            throw new IllegalArgumentException(cells.length + " cells below " + lines.get(0));
        }
        lines.add(List.of(cells));
    }

    /** Without a final line feed. */
    @Override
    public String toString() {
        int[] widths = new int[lines.get(0).size()];
        for (List<String> line : lines) {
            for (int column = 0; column < widths.length; column++) {
                widths[column] = Math.max(widths[column], line.get(column).length());
            }
        }
        return lines.stream().map(line -> padded(line, widths)).collect(Collectors.joining("\n"));
    }

    private String padded(List<String> line, int[] widths) {
        List<String> cells = new ArrayList<>();
        for (int column = 0; column < widths.length; column++) {
            String cell = line.get(column);
            String padding = " ".repeat(widths[column] - cell.length());
            cells.add(numbers.contains(column) ? padding + cell : cell + padding);
        }
        return String.join(GAP, cells).stripTrailing();
    }
}
