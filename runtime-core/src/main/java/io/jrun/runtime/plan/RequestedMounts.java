package io.jrun.runtime.plan;

import io.jrun.error.Failure;
import io.jrun.error.JrunException;
import io.jrun.error.NotFoundException;
import io.jrun.error.UsageException;
import io.jrun.posix.ByteString;
import io.jrun.runtime.config.ConfigKey;
import io.jrun.runtime.config.FstabEntry;
import io.jrun.runtime.config.Setting;
import io.jrun.runtime.host.HostFacts;
import io.jrun.runtime.plan.PlanStep.Identity;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** The mounts that are configured or asked for: what stands in mounts.d, the caller's home, and those of his options. */
final class RequestedMounts {

    private final StartRequest request;
    private final HostFacts host;
    private final Choices choices;
    private final Identity identity;
    private final PlanInputs inputs;
    private final MountExclusions exclusions = new MountExclusions();
    private final List<MountRequest> requests = new ArrayList<>();
    private Optional<ByteString> shownHome = Optional.empty();

    RequestedMounts(StartRequest request, HostFacts host, Choices choices, Identity identity, PlanInputs inputs) {
        this.request = request;
        this.host = host;
        this.choices = choices;
        this.identity = identity;
        this.inputs = inputs;
    }

    /** Reads them all, in the order in which they are made. */
    void read() throws JrunException {
        readExclusions();
        addConfigured();
        addHome();
        addOptions();
    }

    List<MountRequest> toList() {
        return requests;
    }

    /** What is left out, of these and of those that every start has. */
    MountExclusions exclusions() {
        return exclusions;
    }

    /** Where the caller's home directory is shown inside; empty when it is not. */
    Optional<ByteString> shownHome() {
        return shownHome;
    }

    /** Whether a mount that every start has is neither left out nor replaced by one of these. */
    boolean leavesFree(String path) {
        for (MountRequest mount : requests) {
            if (mount.target().equals(ByteString.of(path))) {
                return false;
            }
        }
        return !exclusions.excludes(path);
    }

    private void readExclusions() throws UsageException {
        for (Setting word : request.configuration().words(ConfigKey.NO_MOUNT)) {
            exclusions.add(ByteString.of(word.value()), word.origin());
        }
        for (ByteString word : request.options().withoutMounts()) {
            exclusions.add(word, "option --no-mount");
        }
    }

    private void addConfigured() throws JrunException {
        for (FstabEntry entry : request.configuration().mounts()) {
            if (!exclusions.excludesPlace(entry.target())) {
                requests.add(MountParser.line(entry, host.workingDirectory()));
            }
        }
    }

    private void addHome() throws JrunException {
        Optional<String> origin = choices.homeOrigin();
        if (origin.isPresent() && !exclusions.excludesHome()) {
            requests.add(home(origin.get()));
        }
    }

    private void addOptions() throws JrunException {
        boolean relative = choices.usedWorkingDirectory();
        for (ByteString mount : request.options().mounts()) {
            MountRequest parsed = MountRequest.parse(mount, host.workingDirectory());
            relative |= parsed instanceof MountRequest.Bind bind && bind.relativeSource();
            relative |= parsed instanceof MountRequest.Squashfs squashfs && squashfs.relativeImage();
            requests.add(parsed);
        }
        if (relative) {
            inputs.addWorkingDirectory();
        }
    }

    private MountRequest home(String origin) throws JrunException {
        inputs.addVariable("HOME");
        Optional<ByteString> variable = host.variable("HOME");
        Optional<ByteString> home = variable.isPresent() && variable.get().startsWith("/")
                ? variable
                : host.account().isPresent() ? Optional.of(host.account().get().home()) : Optional.empty();
        if (home.isEmpty() || home.get().length() < 2) {
            throw new NotFoundException(Failure.of("show your home directory inside", "HOME is not set")
                    .hint("export HOME, or leave " + origin + " out"));
        }
        ByteString place = identity.isRoot() ? ByteString.of("/root") : home.get();
        shownHome = Optional.of(place);
        return new MountRequest.Bind(
                home.get(),
                false,
                place,
                true,
                false,
                Set.of(),
                Optional.empty(),
                MountRequest.Create.DIRECTORY,
                origin);
    }
}
