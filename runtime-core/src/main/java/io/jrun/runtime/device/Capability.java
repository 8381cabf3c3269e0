package io.jrun.runtime.device;

import io.jrun.error.Failure;
import io.jrun.error.UsageException;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;

/** Parts of NVIDIA's driver, as NVIDIA_DRIVER_CAPABILITIES names them. */
public enum Capability {
    COMPUTE,
    UTILITY,
    VIDEO,
    GRAPHICS,
    DISPLAY,
    NGX,
    COMPAT32;

    /**
     * Where nobody says: more than a CUDA program needs, because images rarely ask for what their OptiX, Vulkan or
     * video programs use.
     */
    public static Set<Capability> usual() {
        return EnumSet.of(COMPUTE, UTILITY, VIDEO, GRAPHICS);
    }

    /** @param list separated by commas; "all" for every one; "" for the usual ones */
    public static Set<Capability> parse(String list) throws UsageException {
        if (list.isBlank()) {
            return usual();
        }
        Set<Capability> chosen = EnumSet.noneOf(Capability.class);
        for (String word : list.split(",", -1)) {
            if (word.strip().equals("all")) {
                return EnumSet.allOf(Capability.class);
            }
            chosen.add(named(word.strip(), list));
        }
        return chosen;
    }

    private static Capability named(String word, String list) throws UsageException {
        for (Capability each : values()) {
            if (each.label().equals(word)) {
                return each;
            }
        }
        throw new UsageException(
                Failure.of("take NVIDIA_DRIVER_CAPABILITIES=" + list, "there is no driver capability " + word)
                        .hint("the capabilities are all, "
                                + Arrays.stream(values()).map(Capability::label).collect(Collectors.joining(", "))));
    }

    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }
}
