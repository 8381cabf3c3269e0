package io.jrun.runtime.plan;

import io.jrun.error.UsageException;
import io.jrun.posix.ByteString;
import io.jrun.runtime.plan.PlanStep.OverlayUpper;
import io.jrun.runtime.plan.PlanStep.Propagation;
import io.jrun.runtime.plan.PlanStep.Restriction;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

/** One mount that somebody asks for: an option, or a line of a file. {@link MountParser} reads them. */
sealed interface MountRequest {

    /** Absolute, without "..". */
    ByteString target();

    /** The option as given, or the file and line, for messages and {@code --explain}. */
    String origin();

    /** Whether the start goes on without it when its source or a place for it is missing. */
    boolean optional();

    /** What to make where the container has no such place. */
    enum Create {
        AS_SOURCE,
        DIRECTORY,
        FILE
    }

    /** @param relativeSource whether {@code source} was made absolute from the caller's working directory */
    record Bind(
            ByteString source,
            boolean relativeSource,
            ByteString target,
            boolean recursive,
            boolean optional,
            Set<Restriction> restrictions,
            Optional<Propagation> propagation,
            Create create,
            String origin)
            implements MountRequest {
        public Bind {
            restrictions = Set.copyOf(restrictions);
        }
    }

    /** @param relativeImage whether {@code image} was made absolute from the caller's working directory */
    record Squashfs(
            ByteString image,
            boolean relativeImage,
            ByteString target,
            Set<Restriction> restrictions,
            boolean optional,
            String origin)
            implements MountRequest {
        public Squashfs {
            restrictions = Set.copyOf(restrictions);
        }
    }

    record Tmpfs(
            ByteString target,
            OptionalLong sizeInBytes,
            int mode,
            Set<Restriction> restrictions,
            boolean optional,
            String origin)
            implements MountRequest {
        public Tmpfs {
            restrictions = Set.copyOf(restrictions);
        }
    }

    /** @param lower host directories, topmost first */
    record Overlay(
            ByteString target, List<ByteString> lower, Optional<OverlayUpper> upper, boolean optional, String origin)
            implements MountRequest {
        public Overlay {
            lower = List.copyOf(lower);
        }
    }

    /** The mode of a tmpfs(5) that names none. */
    int DEFAULT_TMPFS_MODE = 01777;

    /** What {@code -v}, {@code -m} and {@code --mount} take. */
    static MountRequest parse(ByteString text, ByteString workingDirectory) throws UsageException {
        return MountParser.option(text, workingDirectory);
    }
}
