package io.jrun.cli.look;

import io.jrun.json.JsonValue;
import java.io.IOException;

/** What the commands that look without mounting call. Failures are {@link io.jrun.error.JrunException}s. */
public interface LookOperations {

    /** What is known of an image file, or of a container where no such file exists. */
    JsonValue inspect(String fileOrName) throws IOException;
}
