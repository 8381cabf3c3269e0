package io.jrun.judge;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What {@code probe.c} saw of the process that it became. */
record Probe(Map<String, List<String>> sections) {

    static Probe parse(String text) {
        Map<String, List<String>> sections = new LinkedHashMap<>();
        List<String> current = new ArrayList<>();
        for (String line : text.lines().toList()) {
            if (line.startsWith("== ")) {
                current = new ArrayList<>();
                sections.put(line.substring(3), current);
            } else {
                current.add(line);
            }
        }
        if (sections.isEmpty()) {
            throw new IllegalArgumentException("not an answer of the probe: " + text);
        }
        return new Probe(sections);
    }

    List<String> section(String name) {
        return sections.getOrDefault(name, List.of());
    }

    /** The value of a line {@code NAME VALUE} or {@code NAME: VALUE} of a section. */
    String value(String section, String name) {
        Optional<String> line = section(section).stream()
                .filter(each -> each.startsWith(name + " ") || each.startsWith(name + ":"))
                .findFirst();
        return line.map(each -> each.substring(name.length() + 1).strip())
                .orElseThrow(() -> new AssertionError(section + " has no " + name + ": " + section(section)));
    }
}
