package io.jrun.image.layer;

import java.util.EnumMap;
import java.util.Map;

/** Counters of one merge. */
final class Notices {

    private final Map<Notice, Long> counts = new EnumMap<>(Notice.class);

    void count(Notice notice) {
        counts.merge(notice, 1L, Long::sum);
    }

    void addAll(Map<Notice, Long> more) {
        more.forEach((notice, count) -> counts.merge(notice, count, Long::sum));
    }

    Map<Notice, Long> counts() {
        return counts;
    }
}
