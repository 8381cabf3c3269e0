package io.jrun.runtime.launch;

import io.jrun.posix.ByteString;
import io.jrun.runtime.cgroup.LimitKind;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The limits that options ask for.
 *
 * @param cgroup "auto", "require", "none" or a path
 * @param limits in the caller's words
 */
public record Resources(Optional<ByteString> cgroup, Map<LimitKind, List<ByteString>> limits) {

    public static final Resources NONE = new Resources(Optional.empty(), Map.of());

    public Resources {
        limits = Map.copyOf(limits);
    }
}
