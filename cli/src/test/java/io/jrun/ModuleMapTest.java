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

/** The packages of all modules and the arrows allowed between them, as drawn in ARCHITECTURE.md. */
class ModuleMapTest {

    private static final Set<String> GROUND = Set.of("error", "json", "posix");

    /** Each package with all that it may use. */
    private static final Map<String, Set<String>> ALLOWED = Map.ofEntries(
            entry("error"),
            entry("json", "error"),
            entry("posix", "error"),
            entry("runtime.spec", "error", "json", "posix"),
            entry("runtime.host", "error", "posix"),
            entry("runtime.elf", "error"),
            entry("runtime.loader", "error", "runtime.host", "runtime.elf"),
            entry("runtime.device", "error", "runtime.host", "runtime.elf", "runtime.loader"),
            entry("runtime.cdi", "error", "json", "runtime.host", "runtime.elf", "runtime.loader", "runtime.device"),
            entry("runtime.store", "error", "json", "posix", "runtime.host"),
            entry("runtime.config", "error", "posix", "runtime.host"),
            entry("runtime.cgroup", "error", "posix", "runtime.config"),
            entry(
                    "runtime.plan",
                    "error",
                    "json",
                    "posix",
                    "runtime.spec",
                    "runtime.host",
                    "runtime.config",
                    "runtime.loader",
                    "runtime.device",
                    "runtime.cgroup"),
            entry("runtime.bcast", "error", "posix", "runtime.host", "runtime.config", "runtime.plan"),
            entry(
                    "runtime.launch",
                    "error",
                    "posix",
                    "runtime.bcast",
                    "runtime.spec",
                    "runtime.host",
                    "runtime.store",
                    "runtime.config",
                    "runtime.loader",
                    "runtime.device",
                    "runtime.cdi",
                    "runtime.cgroup",
                    "runtime.mpi",
                    "runtime.plan"),
            entry("runtime.oci", "error", "json", "posix", "runtime.host", "runtime.cgroup", "runtime.plan"),
            entry("runtime.check", "error", "posix", "runtime.host", "runtime.store", "runtime.cgroup", "runtime.cdi"),
            entry("runtime.mpi", "error", "runtime.host", "runtime.elf", "runtime.check"),
            entry("image.reference", "error"),
            entry("image.model", "error", "json", "image.reference"),
            entry("image.blob", "error", "posix", "image.reference"),
            entry("image.share", "error", "json", "image.reference", "image.blob"),
            entry("image.source", "error", "json", "image.reference", "image.model", "image.blob"),
            entry("image.account", "error", "json", "posix", "image.reference"),
            entry("image.site", "error", "image.reference", "image.account"),
            entry(
                    "image.registry",
                    "error",
                    "json",
                    "image.reference",
                    "image.model",
                    "image.source",
                    "image.account",
                    "image.site"),
            entry(
                    "image.source.registry",
                    "error",
                    "image.reference",
                    "image.model",
                    "image.blob",
                    "image.source",
                    "image.registry"),
            entry("image.push", "error", "json", "image.reference", "image.model", "image.source", "image.registry"),
            entry("image.source.member", "error", "image.reference", "image.blob"),
            entry(
                    "image.source.layout",
                    "error",
                    "json",
                    "image.reference",
                    "image.model",
                    "image.blob",
                    "image.source",
                    "image.source.member"),
            entry(
                    "image.source.archive",
                    "error",
                    "json",
                    "image.reference",
                    "image.model",
                    "image.blob",
                    "image.source",
                    "image.source.member"),
            entry("image.source.engine", "error", "json", "image.reference"),
            entry(
                    "image.source.any",
                    "error",
                    "image.reference",
                    "image.model",
                    "image.blob",
                    "image.registry",
                    "image.source",
                    "image.source.member",
                    "image.source.registry",
                    "image.source.layout",
                    "image.source.archive",
                    "image.source.engine"),
            entry("image.tree", "error"),
            entry("image.layer", "error", "image.tree"),
            entry("image.writer", "error", "image.tree"),
            entry("image.writer.tar", "error", "image.tree"),
            entry("image.mtree", "error", "image.tree"),
            entry("image.directory", "error", "posix", "image.tree"),
            entry("image.squashfs", "error", "posix", "image.tree", "image.writer"),
            entry("image.writer.directory", "error", "posix", "image.tree", "image.squashfs", "image.writer"),
            entry(
                    "image.browse",
                    "error",
                    "json",
                    "posix",
                    "image.reference",
                    "image.model",
                    "image.tree",
                    "image.squashfs",
                    "image.writer.directory",
                    "image.writer.tar"),
            entry(
                    "image.convert",
                    "error",
                    "json",
                    "posix",
                    "image.reference",
                    "image.model",
                    "image.blob",
                    "image.source",
                    "image.tree",
                    "image.layer",
                    "image.mtree",
                    "image.directory",
                    "image.squashfs",
                    "image.writer.tar",
                    "image.writer.directory"));

    /** The package that may name a library, by the beginning of the library's packages. */
    private static final Map<String, Set<String>> BORDERS = Map.of(
            // image.blob and image.squashfs hold the codecs.
            "jnr.", Set.of("posix", "image.blob", "image.squashfs"),
            "com.kenai.", Set.of("posix"),
            "com.fasterxml.", Set.of("json"),
            "org.snakeyaml.", Set.of("runtime.cdi"),
            "com.electronwill.", Set.of("image.site"),
            "com.github.luben.", Set.of("image.blob", "image.squashfs"),
            "org.apache.commons.", Set.of("image.blob", "image.squashfs"));

    private static Map.Entry<String, Set<String>> entry(String from, String... targets) {
        return Map.entry(from, Set.of(targets));
    }

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
                Path.of("..", "runtime-core", "target", "classes").toString(),
                Path.of("..", "image-convert", "target", "classes").toString());
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
        assertTrue(arrows.size() >= 15, "jdeps was misread: " + arrows);

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
    void eachLibraryIsNamedOnlyAtItsBorder() {
        Set<String> forbidden = new TreeSet<>();
        arrows().forEach((from, targets) -> targets.forEach(target -> BORDERS.forEach((library, border) -> {
            if (target.startsWith(library) && !border.contains(from)) {
                forbidden.add(from + " -> " + target);
            }
        })));

        assertEquals(Set.of(), forbidden);
    }

    @Test
    void theConverterUsesOnlyTheGroundOfTheRuntime() {
        Set<String> forbidden = new TreeSet<>();
        ALLOWED.forEach((from, targets) -> targets.forEach(target -> {
            if (from.startsWith("image.") && !target.startsWith("image.") && !GROUND.contains(target)) {
                forbidden.add(from + " -> " + target);
            }
        }));

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
