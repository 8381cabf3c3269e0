package io.jrun.runtime.loader;

import java.util.Comparator;

/** Names of libraries as glibc orders them: runs of digits by their value. Source: glibc, elf/dl-cache.c, _dl_cache_libcmp. */
final class LibraryNames {

    static final Comparator<String> ORDER = LibraryNames::compare;

    private LibraryNames() {}

    private static int compare(String left, String right) {
        int l = 0;
        int r = 0;
        while (l < left.length()) {
            char a = left.charAt(l);
            char b = r < right.length() ? right.charAt(r) : 0;
            if (isDigit(a) && isDigit(b)) {
                int leftValue = 0;
                int rightValue = 0;
                // Overflows as the C code does.
                for (; l < left.length() && isDigit(left.charAt(l)); l++) {
                    leftValue = leftValue * 10 + (left.charAt(l) - '0');
                }
                for (; r < right.length() && isDigit(right.charAt(r)); r++) {
                    rightValue = rightValue * 10 + (right.charAt(r) - '0');
                }
                if (leftValue != rightValue) {
                    return Integer.compare(leftValue, rightValue);
                }
            } else if (isDigit(a)) {
                return 1;
            } else if (isDigit(b)) {
                return -1;
            } else if (a != b) {
                return Integer.compare(a, b);
            } else {
                l++;
                r++;
            }
        }
        return r < right.length() ? -1 : 0;
    }

    private static boolean isDigit(char c) {
        return c >= '0' && c <= '9';
    }
}
