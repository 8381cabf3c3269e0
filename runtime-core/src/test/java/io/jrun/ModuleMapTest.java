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

/** The packages of this module and the arrows allowed between them, as drawn in ARCHITECTURE.md. */
class ModuleMapTest {

    private static final Map<String, Set<String>> ALLOWED = Map.of(
            "error", Set.of(),
            "json", Set.of("error"),
            "posix", Set.of("error"),
            "runtime.spec", Set.of("error", "json", "posix"),
            "runtime.host", Set.of("error", "posix"),
            "runtime.store", Set.of("error", "json", "posix", "runtime.host"),
            "runtime.plan", Set.of("error", "json", "posix", "runtime.spec", "runtime.host"),
            "runtime.launch",
                    Set.of("error", "posix", "runtime.spec", "runtime.host", "runtime.store", "runtime.plan"));

    /** The one package that may name a library, by the beginning of the library's packages. */
    private static final Map<String, String> BORDERS =
            Map.of("jnr.", "posix", "com.kenai.", "posix", "com.fasterxml.", "json");

    /** Package to the packages it uses, of this module without "io.jrun.", of others in full. */
    private static Map<String, Set<String>> arrows() {
        StringWriter out = new StringWriter();
        ToolProvider jdeps = ToolProvider.findFirst("jdeps").orElseThrow();
        int status = jdeps.run(
                new PrintWriter(out),
                new PrintWriter(out),
                "--multi-release",
                "17",
                "--ignore-missing-deps",
                "-verbose:package",
                Path.of("target", "classes").toString());
        assertEquals(0, status, out.toString());
        Map<String, Set<String>> arrows = new TreeMap<>();
        String from = "";
        for (String line : out.toString().lines().toList()) {
            List<String> words = List.of(line.strip().split("\\s+"));
            if (line.startsWith("      ") && words.size() >= 2 && words.get(0).equals("->")) {
                arrows.get(from).add(words.get(1));
            } else if (line.startsWith("   ") && words.get(0).startsWith("io.jrun.")) {
                from = words.get(0).substring("io.jrun.".length());
                arrows.putIfAbsent(from, new TreeSet<>());
            }
        }
        return arrows;
    }

    @Test
    void packagesUseOnlyThoseTheMapAllows() {
        Map<String, Set<String>> arrows = arrows();
        assertTrue(arrows.size() >= 5, "jdeps was misread: " + arrows);

        Set<String> forbidden = new TreeSet<>();
        arrows.forEach((from, targets) -> targets.forEach(target -> {
            if (!ALLOWED.containsKey(from)) {
                forbidden.add(from + " is not on the map");
            } else if (target.startsWith("io.jrun.")
                    && !ALLOWED.get(from).contains(target.substring("io.jrun.".length()))) {
                forbidden.add(from + " -> " + target);
            }
        }));

        assertEquals(Set.of(), forbidden);
    }

    @Test
    void eachLibraryIsNamedByOnePackage() {
        Set<String> forbidden = new TreeSet<>();
        arrows().forEach((from, targets) -> targets.forEach(target -> BORDERS.forEach((library, border) -> {
            if (target.startsWith(library) && !from.equals(border)) {
                forbidden.add(from + " -> " + target);
            }
        })));

        assertEquals(Set.of(), forbidden);
    }

    @Test
    void theMapHasNoCircle() {
        Map<String, Set<String>> left = new TreeMap<>(ALLOWED);
        boolean progress = true;
        while (progress) {
            Set<String> packages = Set.copyOf(left.keySet());
            progress = left.values().removeIf(targets -> targets.stream().noneMatch(packages::contains));
        }

        assertEquals(Map.of(), left);
    }
}
