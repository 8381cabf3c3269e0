package io.jrun.cli;

import java.time.Instant;
import java.util.Optional;

/** A container as {@code list} shows it. */
record ContainerSummary(String name, Optional<String> image, Optional<Instant> created) {}
