package io.jrun;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.spi.ToolProvider;
import org.junit.jupiter.api.Test;

/** The packages of the command line, which are as many as there are groups of commands. */
class CommandMapTest {

    private static final String PREFIX = "io.jrun.cli.";

    /** Package to the packages of the command line that it uses, both without the prefix. */
    private static Map<String, Set<String>> arrows() {
        StringWriter out = new StringWriter();
        ToolProvider jdeps = ToolProvider.findFirst("jdeps").orElseThrow();
        String classes = Path.of("target", "classes").toString();
        int status = jdeps.run(
                new PrintWriter(out),
                new PrintWriter(out),
                "--ignore-missing-deps",
                "-verbose:package",
                "-filter:none",
                classes);
        assertEquals(0, status, out.toString());
        Map<String, Set<String>> arrows = new TreeMap<>();
        for (String line : out.toString().lines().toList()) {
            List<String> words = List.of(line.strip().split("\\s+", -1));
            boolean isArrow = words.size() > 2 && words.get(1).equals("->");
            if (isArrow && words.get(0).startsWith(PREFIX)) {
                Set<String> targets =
                        arrows.computeIfAbsent(words.get(0).substring(PREFIX.length()), any -> new TreeSet<>());
                if (words.get(2).startsWith(PREFIX) && !words.get(2).equals(words.get(0))) {
                    targets.add(words.get(2).substring(PREFIX.length()));
                }
            }
        }
        return arrows;
    }

    @Test
    void groupsOfCommandsUseEachOtherInNoCircle() {
        Map<String, Set<String>> left = arrows();
        assertTrue(left.size() >= 15 && left.get("convert").contains("console"), "jdeps was misread: " + left);

        boolean progress = true;
        while (progress) {
            Set<String> packages = Set.copyOf(left.keySet());
            progress = left.values().removeIf(targets -> targets.stream().noneMatch(packages::contains));
        }

        assertEquals(Map.of(), left);
    }
}
