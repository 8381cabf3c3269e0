package io.jrun.cli.container;

import java.time.Instant;
import java.util.Optional;

/** A container as {@code list} shows it. */
public record ContainerSummary(String name, Optional<String> image, Optional<Instant> created) {}
