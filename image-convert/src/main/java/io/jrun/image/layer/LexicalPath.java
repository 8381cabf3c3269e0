package io.jrun.image.layer;

import java.util.Arrays;

/**
 * Splits a recorded name into the names on its way from the root: without leading, trailing or double slashes and ".",
 * with ".." taking back the name before it and, at the root, nothing. Purely lexical: "a/../b" is "b" whatever "a" is,
 * as umoci and Docker read it. Reused from path to path.
 */
final class LexicalPath {

    private byte[] bytes = new byte[0];
    private int[] starts = new int[32];
    private int[] ends = new int[32];
    private int depth;
    private boolean aboveRoot;

    LexicalPath parse(byte[] path) {
        bytes = path;
        depth = 0;
        aboveRoot = false;
        int from = 0;
        while (from < path.length) {
            int to = from;
            while (to < path.length && path[to] != '/') {
                to++;
            }
            component(from, to);
            from = to + 1;
        }
        return this;
    }

    private void component(int from, int to) {
        if (to == from || (to - from == 1 && bytes[from] == '.')) {
            return;
        }
        if (to - from == 2 && bytes[from] == '.' && bytes[from + 1] == '.') {
            aboveRoot |= depth == 0;
            depth = Math.max(0, depth - 1);
            return;
        }
        if (depth == starts.length) {
            starts = Arrays.copyOf(starts, depth * 2);
            ends = Arrays.copyOf(ends, depth * 2);
        }
        starts[depth] = from;
        ends[depth] = to;
        depth++;
    }

    byte[] bytes() {
        return bytes;
    }

    /** Number of names; 0 is the root. */
    int depth() {
        return depth;
    }

    int start(int index) {
        return starts[index];
    }

    /** Exclusive. */
    int end(int index) {
        return ends[index];
    }

    /** Whether a ".." stood at the root. */
    boolean aboveRoot() {
        return aboveRoot;
    }

    boolean startsWith(int index, byte[] prefix) {
        return ends[index] - starts[index] >= prefix.length
                && Arrays.equals(bytes, starts[index], starts[index] + prefix.length, prefix, 0, prefix.length);
    }

    boolean matches(int index, byte[] name) {
        return ends[index] - starts[index] == name.length && startsWith(index, name);
    }
}
