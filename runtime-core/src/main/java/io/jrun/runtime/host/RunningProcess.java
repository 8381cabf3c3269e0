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
 * @param parent its parent's
 * @param startTicks field 22 of /proc/PID/stat: clock ticks since the boot; with the pid it is unique
 * @param mounts its mount namespace, as proc(5) writes it
 * @param command its arguments
 * @param environment what it was started with, or what it has written over that since
 */
public record RunningProcess(
        long pid,
        long parent,
        long startTicks,
        ByteString mounts,
        List<ByteString> command,
        Map<ByteString, ByteString> environment) {

    public RunningProcess {
        command = List.copyOf(command);
        environment = Collections.unmodifiableMap(new LinkedHashMap<>(environment));
    }

    public Optional<ByteString> variable(String name) {
        return Optional.ofNullable(environment.get(ByteString.of(name)));
    }

    /** Whether it still has the variables that a start gave it. Programs may drop them, or write titles over them. */
    public boolean hasItsVariables() {
        Optional<ByteString> start = variable("JRUN_PID");
        return variable("JRUN_CONTAINER").isPresent() && start.isPresent() && ProcessReader.isNumber(start.get());
    }

    boolean isOlderThan(RunningProcess other) {
        return startTicks < other.startTicks || (startTicks == other.startTicks && pid < other.pid);
    }
}
