package io.jrun.runtime.plan;

import io.jrun.posix.ByteString;
import java.util.List;

/** Patterns of variable names, in which "*" stands for any bytes and "?" for one. */
final class Glob {

    private Glob() {}

    static boolean matchesAny(List<String> patterns, ByteString name) {
        for (String pattern : patterns) {
            if (matches(pattern, 0, name, 0)) {
                return true;
            }
        }
        return false;
    }

    private static boolean matches(String pattern, int at, ByteString name, int from) {
        int i = from;
        for (int p = at; p < pattern.length(); p++, i++) {
            char c = pattern.charAt(p);
            if (c == '*') {
                return matchesSomewhere(pattern, p + 1, name, i);
            }
            if (i >= name.length() || (c != '?' && c != name.byteAt(i))) {
                return false;
            }
        }
        return i == name.length();
    }

    private static boolean matchesSomewhere(String pattern, int at, ByteString name, int from) {
        for (int i = from; i <= name.length(); i++) {
            if (matches(pattern, at, name, i)) {
                return true;
            }
        }
        return false;
    }
}
