package io.jrun.runtime.cgroup;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** What already limits a cgroup: of each file the least value on the way up. */
public final class HeldLimits {

    private static final String NONE = "max";

    private HeldLimits() {}

    /** As "memory.max=1073741824", in a fixed order; only what limits. */
    public static List<String> of(Hierarchy hierarchy, Path group) {
        List<String> held = new ArrayList<>();
        for (String file : List.of("memory.max", "memory.high", "memory.swap.max", "cpu.max", "pids.max")) {
            Optional<String> least = Optional.empty();
            for (Path at : hierarchy.upwards(group)) {
                Optional<String> value = Hierarchy.content(at, file);
                if (value.isPresent() && !value.get().startsWith(NONE)) {
                    least = least.isEmpty() || rank(value.get()) < rank(least.get()) ? value : least;
                }
            }
            least.ifPresent(value -> held.add(file + "=" + value));
        }
        Hierarchy.content(group, "cpuset.cpus.effective").ifPresent(cpus -> held.add("cpuset.cpus=" + cpus));
        return held;
    }

    /** The number, or quota per period. */
    private static double rank(String value) {
        String[] words = value.split(" ", -1);
        try {
            return words.length == 2
                    ? Double.parseDouble(words[0]) / Double.parseDouble(words[1])
                    : Double.parseDouble(words[0]);
        } catch (NumberFormatException unknownForm) {
            return Double.MAX_VALUE;
        }
    }
}
