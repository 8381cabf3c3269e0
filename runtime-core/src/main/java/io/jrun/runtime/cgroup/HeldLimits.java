package io.jrun.runtime.cgroup;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** What already limits a cgroup: of each file the least value on the way up. */
public final class HeldLimits {

    private static final String NONE = "max";
    private static final List<String> LIMITING =
            List.of("memory.max", "memory.high", "memory.swap.max", "cpu.max", "pids.max");

    private HeldLimits() {}

    /** As "memory.max=1073741824", in a fixed order; only what limits. */
    public static List<String> of(Hierarchy hierarchy, Path group) {
        List<String> held = new ArrayList<>();
        for (String file : LIMITING) {
            least(hierarchy, group, file).ifPresent(value -> held.add(file + "=" + value));
        }
        Hierarchy.content(group, "cpuset.cpus.effective").ifPresent(cpus -> held.add("cpuset.cpus=" + cpus));
        return held;
    }

    /** Those of the limits that a lower one of {@code group} or above keeps from being reached, a sentence each. */
    static List<String> outweighing(Hierarchy hierarchy, Path group, List<Limit> limits) {
        List<String> told = new ArrayList<>();
        for (Limit limit : limits) {
            // What may not be had is not slowed down for either.
            for (String file :
                    limit.file().equals("memory.high") ? List.of(limit.file(), "memory.max") : List.of(limit.file())) {
                Optional<String> held = LIMITING.contains(file) ? least(hierarchy, group, file) : Optional.empty();
                if (held.isPresent() && rank(held.get()) < rank(limit.value())) {
                    told.add(limit.file() + "=" + limit.value() + " of " + limit.origin() + " is not reached: " + file
                            + "=" + held.get() + " holds for " + group);
                }
            }
        }
        return told;
    }

    private static Optional<String> least(Hierarchy hierarchy, Path group, String file) {
        Optional<String> least = Optional.empty();
        for (Path at : hierarchy.upwards(group)) {
            Optional<String> value = Hierarchy.content(at, file);
            if (value.isPresent() && !value.get().startsWith(NONE)) {
                least = least.isEmpty() || rank(value.get()) < rank(least.get()) ? value : least;
            }
        }
        return least;
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
