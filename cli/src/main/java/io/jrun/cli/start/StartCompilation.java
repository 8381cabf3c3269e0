package io.jrun.cli.start;

import io.jrun.json.JsonValue;
import java.io.IOException;

/** How {@code start} gets its plan; the seam to the runtime. */
interface StartCompilation {

    /**
     * Writes the plan to a descriptor of this process, for the launcher, and to the cache.
     *
     * @param build the launcher's
     */
    void compile(StartArguments arguments, int descriptor, int build) throws IOException;

    /** The arguments of {@code batch} with what the file says that stands in the place of the container. */
    StartArguments batch(StartArguments arguments) throws IOException;

    /** As {@link #compile}, for a process in a running container; there is no cache for it. */
    void enter(ExecArguments arguments, int descriptor, int build) throws IOException;

    /** The plan, each step with its origin. */
    Report explain(StartArguments arguments) throws IOException;

    /** What protects the host and the caller from the start. */
    Report security(StartArguments arguments) throws IOException;

    /** The payload's variables, one a line, for people with their origins only where {@code --explain} asks for them. */
    Report environment(StartArguments arguments) throws IOException;

    /**
     * What is printed instead of a start.
     *
     * @param text for people, without a final line feed
     */
    record Report(String text, JsonValue json) {}
}
