package io.jrun.cli.progress;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A terminal that knows text, line ends, CUU, EL and ED, and nothing else. */
final class Screen {

    private static final Pattern TOKEN = Pattern.compile("\u001b\\[([0-9]*)([AKJ])|\r|\n|[^\u001b\r\n]");

    private final List<StringBuilder> rows = new ArrayList<>(List.of(new StringBuilder()));
    private final int columns;
    private int row;
    private int column;

    private Screen(int columns) {
        this.columns = columns;
    }

    /** The rows that are not empty, after a program wrote {@code text}. */
    static List<String> after(String text, int columns) {
        Screen screen = new Screen(columns);
        Matcher token = TOKEN.matcher(text);
        int end = 0;
        while (token.find()) {
            if (token.start() != end) {
                throw new AssertionError("unknown sequence at " + end);
            }
            end = token.end();
            screen.take(token);
        }
        return screen.rows.stream()
                .map(row -> row.toString().stripTrailing())
                .filter(row -> !row.isEmpty())
                .toList();
    }

    private void take(Matcher token) {
        if (token.group(2) != null) {
            control(token.group(2), token.group(1).isEmpty() ? 1 : Integer.parseInt(token.group(1)));
        } else if (token.group().equals("\r")) {
            column = 0;
        } else if (token.group().equals("\n")) {
            nextRow();
        } else {
            put(token.group().charAt(0));
        }
    }

    private void nextRow() {
        row++;
        column = 0;
        if (row == rows.size()) {
            rows.add(new StringBuilder());
        }
    }

    private void put(char character) {
        if (column == columns) {
            nextRow();
        }
        StringBuilder line = rows.get(row);
        while (line.length() <= column) {
            line.append(' ');
        }
        line.setCharAt(column++, character);
    }

    private void control(String kind, int count) {
        StringBuilder line = rows.get(row);
        switch (kind) {
            case "A" -> row = Math.max(0, row - count);
            case "K" -> line.setLength(Math.min(line.length(), column));
            default -> {
                line.setLength(Math.min(line.length(), column));
                while (rows.size() > row + 1) {
                    rows.remove(row + 1);
                }
            }
        }
    }
}
