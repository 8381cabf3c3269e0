package io.jrun.cli.config;

import io.jrun.runtime.config.Configuration;
import java.io.IOException;

/** What {@code config} calls. Failures are {@link io.jrun.error.JrunException}s. */
public interface ConfigOperations {

    /** All that is configured for the caller of this process. */
    Configuration configuration() throws IOException;
}
