package io.jrun.cli.start;

import io.jrun.error.Failure;
import io.jrun.error.UsageException;
import io.jrun.posix.ByteString;
import io.jrun.runtime.cgroup.LimitKind;
import io.jrun.runtime.launch.LaunchOptions;
import io.jrun.runtime.launch.LaunchOptions.Ranks;
import io.jrun.runtime.launch.LaunchOptions.Sharing;
import io.jrun.runtime.launch.Resources;
import io.jrun.runtime.plan.PlanStep.Namespace;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/** Which namespaces a command line of {@code start} asks for, and with whom to share them. */
final class LaunchChoices {

    /** As many as a node can have processes. */
    private static final int MAX_COUNT = 1 << 22;

    private LaunchChoices() {}

    static LaunchOptions of(StartArguments arguments) throws UsageException {
        Set<Namespace> namespaces = EnumSet.noneOf(Namespace.class);
        add(namespaces, arguments, StartOption.PID, Namespace.PID);
        add(namespaces, arguments, StartOption.IPC, Namespace.IPC);
        add(namespaces, arguments, StartOption.NET, Namespace.NET);
        add(namespaces, arguments, StartOption.CGROUP_NAMESPACE, Namespace.CGROUP);
        Optional<ByteString> hostName = arguments.last(StartOption.UTS);
        if (hostName.isPresent()) {
            namespaces.add(Namespace.UTS);
        }
        Optional<Sharing> sharing = sharing(arguments);
        if (sharing.isPresent() && namespaces.contains(Namespace.PID)) {
            throw new UsageException(Failure.of("start a container", "--join and --pid exclude each other (EINVAL)")
                    .hint("the end of the first process would end all others: leave --pid out"));
        }
        if (sharing.isPresent() && arguments.has(StartOption.NO_JOIN)) {
            throw new UsageException(Failure.of("start a container", "--join and --no-join contradict each other")
                    .hint("leave one of them out"));
        }
        return new LaunchOptions(
                namespaces,
                hostName.isPresent() && hostName.get().isEmpty() ? Optional.empty() : hostName,
                sharing,
                arguments.has(StartOption.NO_JOIN) ? Ranks.APART : Ranks.TOGETHER,
                resources(arguments));
    }

    private static Resources resources(StartArguments arguments) {
        Map<LimitKind, List<ByteString>> limits = new EnumMap<>(LimitKind.class);
        for (LimitKind kind : LimitKind.values()) {
            StartOption option = StartOption.named("--" + kind.word()).orElseThrow();
            Optional<ByteString> last = arguments.last(option);
            if (last.isPresent()) {
                limits.put(kind, option.repeatable() ? arguments.all(option) : List.of(last.get()));
            }
        }
        return new Resources(arguments.last(StartOption.CGROUP), limits);
    }

    private static void add(Set<Namespace> to, StartArguments arguments, StartOption option, Namespace namespace) {
        if (arguments.has(option)) {
            to.add(namespace);
        }
    }

    private static Optional<Sharing> sharing(StartArguments arguments) throws UsageException {
        Optional<ByteString> key = arguments.last(StartOption.JOIN_KEY);
        Optional<ByteString> count = arguments.last(StartOption.JOIN_COUNT);
        if (key.isPresent()
                && (key.get().isEmpty()
                        || key.get().indexOf('/', 0) >= 0
                        || key.get().length() > 64)) {
            throw new UsageException(
                    Failure.of("join with the key \"" + key.get() + "\"", "it is no name for a file (EINVAL)")
                            .hint("use up to 64 letters, digits and \"-\""));
        }
        if (!arguments.has(StartOption.JOIN) && key.isEmpty() && count.isEmpty()) {
            return Optional.empty();
        }
        OptionalInt number = count.isPresent() ? count(count.get()) : OptionalInt.empty();
        return Optional.of(new Sharing(key, number, "option --join"));
    }

    private static OptionalInt count(ByteString text) throws UsageException {
        try {
            int count = Integer.parseInt(text.toString());
            if (count > 0 && count <= MAX_COUNT) {
                return OptionalInt.of(count);
            }
        } catch (NumberFormatException saidBelow) {
            // Falls through to the one message for both.
        }
        throw new UsageException(Failure.of("join with \"" + text + "\" processes", "that is no number of processes")
                .hint("give the number on this node, such as $SLURM_NTASKS_PER_NODE"));
    }
}
