package io.jrun.cli.container;

import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * A running container as {@code list --running} shows it.
 *
 * @param name what it was started as
 * @param image empty where its container is gone
 * @param command of the oldest process inside
 * @param job of the batch system
 */
public record RunningSummary(
        String name, long pid, Optional<String> image, Instant started, List<String> command, Optional<String> job) {

    public RunningSummary {
        command = List.copyOf(command);
    }
}
