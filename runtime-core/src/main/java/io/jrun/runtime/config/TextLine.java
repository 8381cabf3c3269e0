package io.jrun.runtime.config;

import io.jrun.posix.ByteString;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A line of a file that says something: not empty, no comment.
 *
 * @param number from 1
 * @param text without white space at its ends
 */
record TextLine(int number, ByteString text) {

    /** In order; a line that holds 0x00 is cut there. */
    static List<TextLine> of(byte[] file) {
        List<TextLine> lines = new ArrayList<>();
        int number = 0;
        int from = 0;
        while (from < file.length) {
            int end = from;
            while (end < file.length && file[end] != '\n') {
                end++;
            }
            number++;
            add(lines, number, file, from, end);
            from = end + 1;
        }
        return lines;
    }

    private static void add(List<TextLine> lines, int number, byte[] file, int begin, int lineEnd) {
        int from = begin;
        int end = from;
        while (end < lineEnd && file[end] != 0) {
            end++;
        }
        while (from < end && isSpace(file[from])) {
            from++;
        }
        while (end > from && isSpace(file[end - 1])) {
            end--;
        }
        if (end > from && file[from] != '#') {
            lines.add(new TextLine(number, ByteString.of(Arrays.copyOfRange(file, from, end))));
        }
    }

    static boolean isSpace(byte b) {
        return b == ' ' || b == '\t' || b == '\r';
    }
}
