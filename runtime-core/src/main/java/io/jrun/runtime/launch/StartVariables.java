package io.jrun.runtime.launch;

import io.jrun.posix.ByteString;
import io.jrun.runtime.plan.PlanStep;
import java.io.IOException;
import java.util.List;

/** What a start would give its process now. */
public interface StartVariables {

    /**
     * The steps that set variables.
     *
     * @param container what is started: a name or the path of an image file; of anything else little is known
     */
    List<PlanStep> of(ByteString container) throws IOException;
}
