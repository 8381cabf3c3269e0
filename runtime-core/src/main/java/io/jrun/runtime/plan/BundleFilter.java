package io.jrun.runtime.plan;

import io.jrun.error.JrunException;
import io.jrun.json.Json;
import io.jrun.json.JsonValue;
import io.jrun.posix.ByteString;

/** The filter for system calls that a bundle's {@code linux.seccomp} describes. */
public final class BundleFilter {

    private BundleFilter() {}

    /** @param root whether rules for root with capabilities hold, where a profile tells the two apart */
    public static PlanStep of(JsonValue seccomp, Machine machine, boolean root) throws JrunException {
        SeccompProfile profile = SeccompProfile.parse(Json.toBytes(seccomp), "linux.seccomp");
        return new PlanStep.InstallFilter(
                ByteString.of("linux.seccomp"), profile.flags(), profile.program(machine, root), "config.json");
    }
}
