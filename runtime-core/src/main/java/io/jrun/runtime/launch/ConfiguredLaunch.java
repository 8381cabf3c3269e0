package io.jrun.runtime.launch;

import io.jrun.error.Failure;
import io.jrun.error.UsageException;
import io.jrun.runtime.config.ConfigKey;
import io.jrun.runtime.config.Configuration;
import io.jrun.runtime.config.Setting;
import io.jrun.runtime.launch.LaunchOptions.Ranks;
import io.jrun.runtime.launch.LaunchOptions.Sharing;
import io.jrun.runtime.plan.PlanStep.Namespace;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/** Adds to what a start asks for what a site or a user wants for all starts. */
final class ConfiguredLaunch {

    private static final List<Namespace> KINDS =
            List.of(Namespace.PID, Namespace.IPC, Namespace.UTS, Namespace.NET, Namespace.CGROUP);

    private ConfiguredLaunch() {}

    /** @throws UsageException when a word is no namespace, or what is configured contradicts itself or the options */
    static LaunchOptions of(LaunchOptions asked, Configuration configuration) throws UsageException {
        Set<Namespace> namespaces = EnumSet.noneOf(Namespace.class);
        namespaces.addAll(asked.namespaces());
        Optional<Setting> pid = Optional.empty();
        for (Setting word : configuration.words(ConfigKey.UNSHARE)) {
            Namespace namespace = namespace(word);
            if (namespace == Namespace.PID && !asked.namespaces().contains(Namespace.PID)) {
                pid = Optional.of(word);
            }
            namespaces.add(namespace);
        }
        Optional<Sharing> sharing = sharing(asked, configuration);
        if (sharing.isPresent() && pid.isPresent()) {
            throw new UsageException(Failure.of(
                            "start a container",
                            sharing.get().origin() + " and pid of " + pid.get().origin()
                                    + " exclude each other (EINVAL)")
                    .hint("leave one of them out"));
        }
        return new LaunchOptions(namespaces, asked.hostName(), sharing, asked.ranks(), asked.resources());
    }

    private static Namespace namespace(Setting word) throws UsageException {
        for (Namespace kind : KINDS) {
            if (kind.name().equalsIgnoreCase(word.value())) {
                return kind;
            }
        }
        throw new UsageException(Failure.of("read " + word.origin(), "\"" + word.value() + "\" is no kind of namespace")
                .hint("write " + ConfigKey.UNSHARE.word() + " = and some of pid, ipc, uts, net and cgroup"));
    }

    private static Optional<Sharing> sharing(LaunchOptions asked, Configuration configuration) {
        boolean decided = asked.sharing().isPresent()
                || asked.ranks() == Ranks.APART
                || asked.namespaces().contains(Namespace.PID);
        if (decided || !configuration.isOn(ConfigKey.JOIN)) {
            return asked.sharing();
        }
        String origin = configuration.value(ConfigKey.JOIN).orElseThrow().origin();
        return Optional.of(new Sharing(Optional.empty(), OptionalInt.empty(), origin));
    }
}
