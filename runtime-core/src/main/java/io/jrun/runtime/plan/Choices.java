package io.jrun.runtime.plan;

import io.jrun.error.Failure;
import io.jrun.error.UsageException;
import io.jrun.posix.ByteString;
import io.jrun.runtime.config.ConfigKey;
import io.jrun.runtime.config.Configuration;
import io.jrun.runtime.config.MemorySize;
import io.jrun.runtime.config.Setting;
import io.jrun.runtime.host.HostPaths;
import io.jrun.runtime.plan.PlanStep.Identity;
import io.jrun.runtime.plan.PlanStep.OverlayUpper;
import io.jrun.runtime.plan.StartOptions.HostVariables;
import io.jrun.runtime.plan.StartOptions.RootAccess;
import java.util.Optional;
import java.util.OptionalLong;

/** What holds for one start: the caller's options where he gave one, else what is configured, else the defaults. */
final class Choices {

    private final StartOptions options;
    private final Configuration configuration;
    private final ByteString workingDirectory;
    private boolean relative;

    Choices(StartOptions options, Configuration configuration, ByteString workingDirectory) {
        this.options = options;
        this.configuration = configuration;
        this.workingDirectory = workingDirectory;
    }

    /** Whether a host path was made absolute from the caller's working directory. */
    boolean usedWorkingDirectory() {
        return relative;
    }

    Choice<RootAccess> rootAccess() {
        if (options.rootAccess().isPresent()) {
            RootAccess given = options.rootAccess().get();
            boolean overlay = given instanceof RootAccess.Overlay;
            return new Choice<>(given, overlay ? "option --overlay" : "option --rw");
        }
        Optional<Setting> overlay = configuration.value(ConfigKey.OVERLAY);
        if (overlay.isPresent() && !overlay.get().value().equals("no")) {
            String place =
                    overlay.get().value().equals("yes") ? "" : overlay.get().value();
            return new Choice<>(
                    new RootAccess.Overlay(ByteString.of(place)), overlay.get().origin());
        }
        if (configuration.isOn(ConfigKey.RW)) {
            return new Choice<>(RootAccess.WRITABLE, origin(ConfigKey.RW));
        }
        return new Choice<>(RootAccess.READ_ONLY, "default");
    }

    /** Where writes go, for an overlay. */
    Optional<OverlayUpper> upper(RootAccess access) {
        if (!(access instanceof RootAccess.Overlay overlay)) {
            return Optional.empty();
        }
        ByteString place = overlay.place();
        OptionalLong size = MemorySize.parse(place.toString());
        if (place.isEmpty() || size.isPresent()) {
            return Optional.of(new OverlayUpper.Memory(size));
        }
        return Optional.of(new OverlayUpper.Directory(absolute(place)));
    }

    Choice<Identity> identity() {
        if (options.identity().isPresent()) {
            Identity given = options.identity().get();
            return new Choice<>(given, given.isRoot() ? "option --root" : "options --uid and --gid");
        }
        return configuration.isOn(ConfigKey.ROOT)
                ? new Choice<>(Identity.ROOT, origin(ConfigKey.ROOT))
                : new Choice<>(Identity.SELF, "default");
    }

    /** Whether the home directory is shown inside; empty when not. */
    Optional<String> homeOrigin() {
        if (options.home()) {
            return Optional.of("option --home");
        }
        return configuration.isOn(ConfigKey.MOUNT_HOME) ? Optional.of(origin(ConfigKey.MOUNT_HOME)) : Optional.empty();
    }

    Choice<HostVariables> hostVariables() throws UsageException {
        if (options.hostVariables().isPresent()) {
            HostVariables given = options.hostVariables().get();
            return new Choice<>(given, given == HostVariables.NONE ? "option --clean-env" : "option --host-env");
        }
        Optional<Setting> setting = configuration.value(ConfigKey.ENVIRONMENT);
        if (setting.isEmpty()) {
            return new Choice<>(HostVariables.POLICY, "default");
        }
        String origin = setting.get().origin();
        return switch (setting.get().value()) {
            case "policy" -> new Choice<>(HostVariables.POLICY, origin);
            case "clean" -> new Choice<>(HostVariables.NONE, origin);
            case "host" -> new Choice<>(HostVariables.ALL, origin);
            default ->
                throw new UsageException(
                        Failure.of("read " + origin, "\"" + setting.get().value() + "\" is no value of environment")
                                .hint("write environment = policy, clean or host"));
        };
    }

    /** Host path of a seccomp profile, absolute. */
    Optional<Choice<ByteString>> filter() {
        Optional<Setting> setting = configuration.value(ConfigKey.SECCOMP);
        Optional<ByteString> chosen = options.filter().isPresent()
                ? options.filter()
                : setting.isPresent() ? Optional.of(ByteString.of(setting.get().value())) : Optional.empty();
        if (chosen.isEmpty() || chosen.get().equals(ByteString.of(SeccompFilter.UNCONFINED))) {
            return Optional.empty();
        }
        String origin = options.filter().isPresent() ? "option --seccomp" : origin(ConfigKey.SECCOMP);
        return Optional.of(new Choice<>(absolute(chosen.get()), origin));
    }

    ByteString absolute(ByteString path) {
        if (path.startsWith("/")) {
            return path;
        }
        relative = true;
        return HostPaths.join(workingDirectory, path);
    }

    private String origin(ConfigKey key) {
        Optional<Setting> setting = configuration.value(key);
        return setting.isPresent() ? setting.get().origin() : "default";
    }
}
