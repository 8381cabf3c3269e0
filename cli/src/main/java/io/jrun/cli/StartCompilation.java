package io.jrun.cli;

import io.jrun.json.JsonValue;
import java.io.IOException;

/** How {@code start} gets its plan; the seam to the runtime. */
interface StartCompilation {

    /** The plan as the launcher reads it; it is in the cache when this returns. */
    byte[] compile(StartArguments arguments) throws IOException;

    /** The plan for people, each step with its origin; without a final line feed. */
    String explain(StartArguments arguments) throws IOException;

    JsonValue explainAsJson(StartArguments arguments) throws IOException;
}
