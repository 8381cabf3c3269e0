package io.jrun.runtime.cgroup;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * What a cgroup tells of the processes in it, at one moment.
 *
 * @param group its directory
 * @param own whether jrun made it for one container, which alone is in it
 * @param limits that hold, its own and those above it, as of {@link HeldLimits}
 * @param figures by file; each by its key, which is empty in files of one value
 */
public record Usage(Path group, boolean own, List<String> limits, Map<String, Map<String, String>> figures) {

    private static final List<String> FILES = List.of(
            "memory.current",
            "memory.peak",
            "memory.swap.current",
            "memory.events",
            "memory.pressure",
            "cpu.stat",
            "cpu.pressure",
            "pids.current",
            "pids.peak",
            "pids.events",
            "io.pressure");

    public Usage {
        limits = List.copyOf(limits);
        figures = Collections.unmodifiableMap(new LinkedHashMap<>(figures));
    }

    /**
     * Of the cgroup that a process is in; empty where version 2 is not mounted.
     *
     * @param root of the host's files, "/"
     */
    public static Optional<Usage> of(Path root, long process) throws IOException {
        Optional<Hierarchy> hierarchy = Hierarchy.read(root, Long.toString(process));
        if (hierarchy.isEmpty()) {
            return Optional.empty();
        }
        Path group = hierarchy.get().own();
        Map<String, Map<String, String>> figures = new LinkedHashMap<>();
        for (String file : FILES) {
            Hierarchy.content(group, file).ifPresent(content -> figures.put(file, keys(content)));
        }
        boolean own = OwnCgroup.of(group).isPresent();
        return Optional.of(new Usage(group, own, HeldLimits.of(hierarchy.get(), group), figures));
    }

    /** "key value", "some avg10=0.00 total=0", or one value. */
    private static Map<String, String> keys(String content) {
        Map<String, String> keys = new LinkedHashMap<>();
        for (String line : content.split("\n", -1)) {
            String[] words = line.split(" ", -1);
            if (words.length == 1) {
                keys.put("", words[0]);
            } else if (words[1].contains("=")) {
                for (String word : List.of(words).subList(1, words.length)) {
                    int equals = word.indexOf('=');
                    keys.put(words[0] + "." + word.substring(0, Math.max(0, equals)), word.substring(equals + 1));
                }
            } else {
                keys.put(words[0], words[1]);
            }
        }
        return keys;
    }

    /** A whole number; empty where the file or the key is missing. */
    public OptionalLong number(String file, String key) {
        String value = text(file, key).orElse("");
        return value.matches("[0-9]{1,18}") ? OptionalLong.of(Long.parseLong(value)) : OptionalLong.empty();
    }

    public Optional<String> text(String file, String key) {
        return Optional.ofNullable(figures.getOrDefault(file, Map.of()).get(key));
    }
}
