package io.jrun.runtime.host;

import io.jrun.posix.ByteString;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A process of the caller's in a container.
 *
 * @param pid here
 * @param startTicks field 22 of /proc/PID/stat: clock ticks since the boot; with the pid it is unique
 * @param command its arguments
 * @param environment what it was started with
 */
public record RunningProcess(
        long pid, long startTicks, List<ByteString> command, Map<ByteString, ByteString> environment) {

    public RunningProcess {
        command = List.copyOf(command);
        environment = Collections.unmodifiableMap(new LinkedHashMap<>(environment));
    }

    public Optional<ByteString> variable(String name) {
        return Optional.ofNullable(environment.get(ByteString.of(name)));
    }
}
