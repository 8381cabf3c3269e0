package io.jrun.runtime.cgroup;

import io.jrun.error.UsageException;
import java.util.BitSet;

/** Processors or memory nodes by number, as "0-3,8". Source: cpuset(7), "List format". */
record NumberList(BitSet numbers) {

    /** More than any kernel is built for. */
    private static final int MAX = 1 << 16;

    NumberList {
        numbers = (BitSet) numbers.clone();
    }

    static NumberList parse(String text, String origin) throws UsageException {
        BitSet numbers = new BitSet();
        for (String range : text.strip().split(",", -1)) {
            if (!range.matches("[0-9]{1,5}(-[0-9]{1,5})?")) {
                throw LimitKind.refuse(text, origin, "is no list of numbers", "write it as in 0-3,8");
            }
            int dash = range.indexOf('-');
            int first = Integer.parseInt(dash < 0 ? range : range.substring(0, dash));
            int last = Integer.parseInt(range.substring(dash + 1));
            if (first > last || last >= MAX) {
                throw LimitKind.refuse(text, origin, "holds a range that is none", "write it as in 0-3,8");
            }
            numbers.set(first, last + 1);
        }
        return new NumberList(numbers);
    }

    boolean contains(NumberList others) {
        BitSet missing = (BitSet) others.numbers.clone();
        missing.andNot(numbers);
        return missing.isEmpty();
    }

    /** The same for all ways to write it. */
    String text() {
        StringBuilder text = new StringBuilder();
        for (int first = numbers.nextSetBit(0); first >= 0; ) {
            int end = numbers.nextClearBit(first);
            text.append(text.length() == 0 ? "" : ",").append(first);
            if (end - 1 > first) {
                text.append('-').append(end - 1);
            }
            first = numbers.nextSetBit(end);
        }
        return text.toString();
    }
}
