package io.jrun.runtime.launch;

import io.jrun.error.Failure;
import io.jrun.error.FileFailure;
import io.jrun.error.HostUnsupportedException;
import io.jrun.error.JrunException;
import io.jrun.error.UsageException;
import io.jrun.posix.ByteString;
import io.jrun.runtime.cgroup.CgroupPlace;
import io.jrun.runtime.cgroup.HeldLimits;
import io.jrun.runtime.cgroup.Hierarchy;
import io.jrun.runtime.cgroup.Limit;
import io.jrun.runtime.cgroup.LimitKind;
import io.jrun.runtime.cgroup.PlaceFinder;
import io.jrun.runtime.config.ConfigKey;
import io.jrun.runtime.config.Configuration;
import io.jrun.runtime.config.Setting;
import io.jrun.runtime.host.CheckLine;
import io.jrun.runtime.host.HostFacts;
import io.jrun.runtime.plan.PlanInput;
import io.jrun.runtime.plan.PlanStep.EnterCgroup;
import io.jrun.runtime.plan.PlanStep.Namespace;
import io.jrun.runtime.plan.PlannedStart.PointKind;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/** Which cgroup one start gets: by the caller's options where he gave some, else as configured, else none. */
final class CgroupChoice {

    private static final String AUTO = "auto";
    private static final String REQUIRE = "require";
    private static final String NONE = "none";
    private static final ByteString JOB = ByteString.of("SLURM_JOB_ID");
    private static final List<String> CONSULTED = List.of("XDG_RUNTIME_DIR", "SLURM_JOB_ID", "SLURM_STEP_ID");

    private final LaunchOptions options;
    private final Configuration configuration;
    private final HostFacts host;
    private final Consumer<String> warnings;
    private final List<PlanInput> inputs = new ArrayList<>();

    /** @param warnings takes what a scheduler keeps jrun from doing */
    CgroupChoice(LaunchOptions options, Configuration configuration, HostFacts host, Consumer<String> warnings) {
        this.warnings = warnings;
        this.options = options;
        this.configuration = configuration;
        this.host = host;
    }

    /** What the choice was made from. */
    List<PlanInput> inputs() {
        return inputs;
    }

    Optional<EnterCgroup> step() throws JrunException {
        Setting place = place();
        List<Limit> limits = limits();
        if (place.value().equals(NONE)) {
            refuseContradiction(place);
            return Optional.empty();
        }
        boolean named = place.value().startsWith("/");
        if (!named && !place.value().equals(REQUIRE) && !place.value().equals(AUTO)) {
            throw new UsageException(Failure.of(
                            "use the cgroup \"" + place.value() + "\" of " + place.origin(), "it is no path (EINVAL)")
                    .hint("write auto, require, none, or a path that begins with /"));
        }
        if (limits.isEmpty() && place.value().equals(AUTO)) {
            return Optional.empty();
        }
        boolean whole = options.namespaces().contains(Namespace.CGROUP);
        if (whole && options.sharing().isPresent()) {
            throw new UsageException(
                    Failure.of("limit the container", "--cgroupns and --join cannot both have a cgroup (EINVAL)")
                            .hint("the end of the first process would end all others: leave one of them out"));
        }
        String origin = limits.isEmpty() ? place.origin() : limits.get(0).origin();
        try {
            return Optional.of(new EnterCgroup(find(place, named, limits), limits, whole, origin));
        } catch (HostUnsupportedException e) {
            if (!leavesToJob(place)) {
                throw pointing(e);
            }
            warnings.accept(leftToJob(limits));
            inputs.clear();
            inputs.add(new PlanInput.VariableSet(JOB));
            return Optional.empty();
        }
    }

    private static HostUnsupportedException pointing(HostUnsupportedException e) {
        String hint = e.failure().hint().orElse("see docs/cgroups.md");
        return new HostUnsupportedException(e.failure().hint(CheckLine.CGROUP.behind(hint)), e);
    }

    /** In a job the scheduler limits. What a site prescribes for all starts must not end its jobs; options are meant. */
    private boolean leavesToJob(Setting place) {
        Optional<ByteString> job = host.variable(JOB.toString());
        return job.isPresent()
                && !job.get().isEmpty()
                && place.value().equals(AUTO)
                && options.resources().limits().isEmpty();
    }

    private static String leftToJob(List<Limit> limits) throws JrunException {
        StringBuilder asked = new StringBuilder();
        for (Limit limit : limits) {
            asked.append(' ').append(limit.file()).append('=').append(limit.value());
        }
        Optional<Hierarchy> hierarchy = hierarchy();
        List<String> held = hierarchy.isPresent()
                ? HeldLimits.of(hierarchy.get(), hierarchy.get().own())
                : List.of();
        return "limits of " + limits.get(0).origin() + " are left to this job's scheduler: asked" + asked + "; "
                + (held.isEmpty() ? "it limits nothing by cgroups" : "it limits " + String.join(" ", held));
    }

    private CgroupPlace find(Setting setting, boolean named, List<Limit> limits) throws JrunException {
        for (String name : CONSULTED) {
            inputs.add(new PlanInput.Variable(ByteString.of(name), host.variable(name)));
        }
        PlaceFinder finder = new PlaceFinder(hierarchy(), caller());
        CgroupPlace place = named ? finder.named(setting.value(), limits) : finder.find(limits);
        for (String told : finder.outweighed(place, limits)) {
            warnings.accept(told);
        }
        if (place instanceof CgroupPlace.Directory directory) {
            inputs.add(new PlanInput.Presence(directory.path(), PointKind.DIRECTORY));
        }
        return place;
    }

    private static Optional<Hierarchy> hierarchy() throws JrunException {
        try {
            return Hierarchy.read(Path.of("/"), "self");
        } catch (IOException e) {
            throw new HostUnsupportedException(
                    Failure.of("find the own cgroup", FileFailure.cause(e)).hint("mount proc on /proc"), e);
        }
    }

    private PlaceFinder.Caller caller() {
        Optional<ByteString> runtime = host.variable("XDG_RUNTIME_DIR");
        Optional<ByteString> job = host.variable("SLURM_JOB_ID");
        return new PlaceFinder.Caller(
                host.uid(),
                runtime.isPresent() && runtime.get().startsWith("/")
                        ? Optional.of(Path.of(runtime.get().toString()))
                        : Optional.empty(),
                job.isPresent() ? Optional.of(job.get().toString()) : Optional.empty());
    }

    private Setting place() {
        Optional<ByteString> given = options.resources().cgroup();
        if (given.isPresent()) {
            return new Setting(ConfigKey.CGROUP, given.get().toString(), "option --cgroup");
        }
        Optional<Setting> configured = configuration.value(ConfigKey.CGROUP);
        return configured.isPresent() && !configured.get().value().isEmpty()
                ? configured.get()
                : new Setting(ConfigKey.CGROUP, AUTO, "default");
    }

    private List<Limit> limits() throws UsageException {
        List<Limit> limits = new ArrayList<>();
        for (LimitKind kind : LimitKind.values()) {
            List<ByteString> given = options.resources().limits().getOrDefault(kind, List.of());
            for (ByteString value : given) {
                limits.addAll(kind.parse(value.toString(), "option --" + kind.word()));
            }
            if (given.isEmpty()) {
                for (Setting setting : configured(kind.key())) {
                    limits.addAll(kind.parse(setting.value(), setting.origin()));
                }
            }
        }
        LimitKind.requireSense(limits);
        return limits;
    }

    private List<Setting> configured(ConfigKey key) {
        if (key.kind() == ConfigKey.Kind.WORDS) {
            return configuration.words(key);
        }
        Optional<Setting> setting = configuration.value(key);
        return setting.isPresent() && !setting.get().value().isEmpty() ? List.of(setting.get()) : List.of();
    }

    private void refuseContradiction(Setting place) throws UsageException {
        for (LimitKind kind : LimitKind.values()) {
            if (options.resources().limits().containsKey(kind)) {
                throw new UsageException(Failure.of(
                                "limit the container",
                                "--" + kind.word() + " and " + place.origin()
                                        + ", which says none, contradict each other")
                        .hint("leave one of them out"));
            }
        }
    }
}
