package io.jrun.cli.resource;

import java.io.IOException;

/** What {@code stats} calls. Failures are {@link io.jrun.error.JrunException}s. */
public interface StatsOperations {

    /** @param target what a start was called with, or the ID of a process inside */
    ContainerUsage usage(String target) throws IOException;
}
