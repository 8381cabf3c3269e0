package io.jrun.runtime.plan;

import io.jrun.error.JrunException;
import io.jrun.posix.ByteString;
import io.jrun.runtime.host.FileKind;
import io.jrun.runtime.host.HostCapabilities;
import io.jrun.runtime.host.HostFacts;
import io.jrun.runtime.host.HostFiles;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * The directories in which a launcher of MPI ranks keeps what they exchange with it, shown inside where they are outside.
 * Slurm's lie in the spool directory of its daemon, one for each step; what is shown is the spool directory, which is the
 * same for all steps, so one plan serves them all. Its entries belong to the users of their steps alone.
 *
 * <p>Source: PMIx 4.1, "Server-specific directories" (PMIX_SERVER_TMPDIR, PMIX_SYSTEM_TMPDIR).
 */
final class RankDirectories {

    private static final String OF_SERVER = "PMIX_SERVER_TMPDIR";
    private static final String OF_SYSTEM = "PMIX_SYSTEM_TMPDIR";
    private static final String TMP = "/tmp";

    private final HostFacts host;
    private final HostFiles files;
    private final MountPlanner mounts;
    private final MountExclusions exclusions;
    private final boolean makesMountPoints;
    private final List<PlanInput> inputs = new ArrayList<>();

    /** @param writable whether missing mount points are made in the root file system itself */
    RankDirectories(
            HostFacts host,
            HostFiles files,
            MountPlanner mounts,
            MountExclusions exclusions,
            HostCapabilities capabilities,
            boolean writable) {
        this.host = host;
        this.files = files;
        this.mounts = mounts;
        this.exclusions = exclusions;
        this.makesMountPoints = writable || capabilities.noOverlay().isEmpty();
    }

    /** Plans the mounts, behind all others; returns what was decided by. */
    List<PlanInput> plan() throws JrunException {
        show(OF_SERVER, true);
        show(OF_SYSTEM, false);
        return inputs;
    }

    private void show(String name, boolean parent) throws JrunException {
        ByteString variable = ByteString.of(name);
        Optional<ByteString> value = host.variable(name);
        Optional<ByteString> place = value.isPresent() ? place(value.get(), parent) : Optional.empty();
        if (place.isEmpty()) {
            inputs.add(new PlanInput.Variable(variable, value));
            return;
        }
        inputs.add(new PlanInput.VariableBelow(variable, place.get()));
        FileKind kind = files.stat(place.get()).kind();
        if (kind == FileKind.MISSING) {
            inputs.add(new PlanInput.File(place.get(), Optional.empty()));
        } else if (kind == FileKind.DIRECTORY && isWanted(place.get())) {
            mounts.add(new MountRequest.Bind(
                    place.get(),
                    false,
                    place.get(),
                    true,
                    true,
                    Set.of(),
                    Optional.empty(),
                    MountRequest.Create.DIRECTORY,
                    "variable " + name));
        }
    }

    /** Where the caller's own mounts are, or none by his wish, nothing is added. */
    private boolean isWanted(ByteString place) throws JrunException {
        boolean below = place.equals(ByteString.of(TMP)) || place.startsWith(TMP + "/");
        return !(below && exclusions.excludes(TMP))
                && !exclusions.excludesPlace(place)
                && mounts.isRootfs(place)
                && (makesMountPoints || mounts.look(place).kind() == FileKind.DIRECTORY);
    }

    /** Empty for what is no plain absolute path below the root. */
    private static Optional<ByteString> place(ByteString path, boolean parent) {
        int end = path.length();
        while (end > 1 && path.byteAt(end - 1) == '/') {
            end--;
        }
        if (parent) {
            while (end > 1 && path.byteAt(end - 1) != '/') {
                end--;
            }
            end--;
        }
        if (end < 2
                || !path.startsWith("/")
                || path.toString().contains("/..")
                || path.toString().contains("//")) {
            return Optional.empty();
        }
        return Optional.of(path.substring(0, end));
    }
}
