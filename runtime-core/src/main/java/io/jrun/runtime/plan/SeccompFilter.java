package io.jrun.runtime.plan;

import io.jrun.error.Failure;
import io.jrun.error.JrunException;
import io.jrun.error.NotFoundException;
import io.jrun.posix.ByteString;
import io.jrun.runtime.host.HostFiles;
import java.util.Optional;

/** Profiles for system calls as steps. */
public final class SeccompFilter {

    /** In the place of a profile: none. */
    public static final String UNCONFINED = "unconfined";

    private SeccompFilter() {}

    /**
     * The filter of a profile for processes of this host's architecture.
     *
     * @param path of the profile, absolute
     * @param root whether the processes appear as root
     */
    public static PlanStep.InstallFilter of(HostFiles files, ByteString path, boolean root, String origin)
            throws JrunException {
        Optional<byte[]> profile = files.read(path, SeccompProfile.MAX_BYTES);
        if (profile.isEmpty()) {
            throw new NotFoundException(Failure.of("use the seccomp profile " + path, "there is no such file (ENOENT)")
                    .hint("correct the path of " + origin + ", or write unconfined"));
        }
        SeccompProfile compiled = SeccompProfile.parse(profile.get(), path.toString());
        return new PlanStep.InstallFilter(path, compiled.flags(), compiled.program(Machine.host(), root), origin);
    }
}
