package io.jrun.runtime.plan;

import io.jrun.posix.ByteString;
import java.util.List;
import java.util.Optional;

/**
 * What the caller asked for, in his own bytes.
 *
 * @param prefix his arguments behind "jrun" up to and including the container's name
 * @param environment "KEY=VALUE" sets, "KEY" copies at each start
 * @param mounts "SRC[:DST[:OPTS]]", see {@link MountRequest}
 */
public record StartOptions(
        List<ByteString> prefix,
        String container,
        RootAccess rootAccess,
        PlanStep.Identity identity,
        List<ByteString> environment,
        List<ByteString> mounts,
        Optional<ByteString> workingDirectory) {

    /** Whether the payload may change the container's root file system. */
    public enum RootAccess {
        READ_ONLY,
        WRITABLE
    }

    public StartOptions {
        prefix = List.copyOf(prefix);
        environment = List.copyOf(environment);
        mounts = List.copyOf(mounts);
    }
}
