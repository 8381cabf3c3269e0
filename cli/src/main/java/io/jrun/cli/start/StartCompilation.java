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

    /** The plan for people, each step with its origin; without a final line feed. */
    String explain(StartArguments arguments) throws IOException;

    JsonValue explainAsJson(StartArguments arguments) throws IOException;

    /** What holds for the start, for people; without a final line feed. */
    String security(StartArguments arguments) throws IOException;

    JsonValue securityAsJson(StartArguments arguments) throws IOException;

    /** The payload's variables, one a line, with their origins where {@code --explain} asks for them. */
    String environment(StartArguments arguments) throws IOException;

    JsonValue environmentAsJson(StartArguments arguments) throws IOException;
}
