package io.jrun.cli.start;

import io.jrun.cli.console.Suggestions;
import io.jrun.error.Failure;
import io.jrun.error.UsageException;
import io.jrun.posix.ByteString;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Takes the arguments of {@code start} apart. Options end at the first argument that is none, the container's name;
 * "--" ends them too. Written by hand because a general parser costs a JVM three times its own start.
 */
public final class StartArgumentParser {

    private final List<ByteString> arguments;
    private final List<StartOption> switches = new ArrayList<>();
    private final Map<StartOption, List<ByteString>> values = new EnumMap<>(StartOption.class);
    private int next;

    private StartArgumentParser(List<ByteString> arguments) {
        this.arguments = arguments;
        this.next = 1;
    }

    /**
     * Empty when help is asked for.
     *
     * @param arguments the caller's, beginning with "start"
     */
    static Optional<StartArguments> parse(List<ByteString> arguments) throws UsageException {
        return new StartArgumentParser(arguments).parse();
    }

    private Optional<StartArguments> parse() throws UsageException {
        while (next < arguments.size() && arguments.get(next).startsWith("-")) {
            ByteString argument = arguments.get(next++);
            if (argument.equals(ByteString.of("--"))) {
                break;
            }
            readOption(argument);
        }
        if (switches.contains(StartOption.HELP)) {
            return Optional.empty();
        }
        if (next == arguments.size()) {
            throw refuse("the name of a container is missing", "`jrun list` shows the names");
        }
        requireExplainForFormat();
        if (switches.contains(StartOption.NEW) && !values.containsKey(StartOption.IMAGE)) {
            throw refuse("--new says nothing without --image", "name the image, or leave --new out");
        }
        refusePair(StartOption.WRITABLE, StartOption.OVERLAY);
        refusePair(StartOption.ROOT, StartOption.UID);
        refusePair(StartOption.NO_ENTRYPOINT, StartOption.SCRIPT);
        refusePair(StartOption.ROOT, StartOption.GID);
        refusePair(StartOption.CLEAN_ENVIRONMENT, StartOption.HOST_ENVIRONMENT);
        ByteString name = arguments.get(next);
        return Optional.of(new StartArguments(
                arguments.subList(0, next + 1), switches, values, name, arguments.subList(next + 1, arguments.size())));
    }

    private void readOption(ByteString argument) throws UsageException {
        String text = latin1(argument);
        int equals = text.indexOf('=');
        boolean isLong = text.startsWith("--");
        String name = isLong ? (equals < 0 ? text : text.substring(0, equals)) : text.substring(0, firstLength(text));
        Optional<StartOption> known = StartOption.named(name);
        if (known.isEmpty()) {
            throw unknown(argument, name);
        }
        StartOption option = known.get();
        if (option.parameter().isEmpty()) {
            if (name.length() != text.length()) {
                throw refuse(name + " takes no value, found " + argument, "see `jrun start --help`");
            }
            switches.add(option);
            return;
        }
        List<ByteString> given = values.getOrDefault(option, new ArrayList<>());
        given.add(valueOf(option, name, argument, isLong));
        values.put(option, given);
    }

    private static int firstLength(String text) {
        return Math.min(2, text.length());
    }

    /** Attached ("-eKEY", "-e=KEY", "--env=KEY") or the next argument. */
    private ByteString valueOf(StartOption option, String name, ByteString argument, boolean isLong)
            throws UsageException {
        if (argument.length() > name.length()) {
            boolean equals = isLong || argument.byteAt(name.length()) == '=';
            return argument.substring(equals ? name.length() + 1 : name.length());
        }
        if (option.optionalValue()) {
            return ByteString.of("");
        }
        if (next == arguments.size()) {
            throw refuse(name + " needs a value, " + option.parameter().orElseThrow(), "see `jrun start --help`");
        }
        return arguments.get(next++);
    }

    private void requireExplainForFormat() throws UsageException {
        boolean prints = switches.contains(StartOption.EXPLAIN)
                || switches.contains(StartOption.SECURITY)
                || arguments.get(0).equals(ByteString.of("env"));
        if (values.containsKey(StartOption.FORMAT) && !prints) {
            throw refuse("--format is for --explain and --security only", "add one of them, or leave --format out");
        }
    }

    private void refusePair(StartOption one, StartOption other) throws UsageException {
        if ((switches.contains(one) || values.containsKey(one)) && values.containsKey(other)) {
            List<String> names = one.names();
            throw refuse(
                    names.get(names.size() - 1) + " and " + other.names().get(0) + " contradict each other",
                    "leave one of them out");
        }
    }

    private static UsageException unknown(ByteString argument, String name) {
        List<String> known = new ArrayList<>();
        for (StartOption option : StartOption.values()) {
            known.addAll(option.names());
        }
        List<String> near = name.startsWith("--") ? Suggestions.near(name, known) : List.of();
        String advice = near.isEmpty() ? "see `jrun start --help`" : "did you mean " + String.join(" or ", near) + "?";
        return refuse("unknown option " + argument, advice);
    }

    private static UsageException refuse(String why, String advice) {
        return new UsageException(Failure.of("start a container", why).hint(advice));
    }

    private static String latin1(ByteString text) {
        return new String(text.toBytes(), StandardCharsets.ISO_8859_1);
    }
}
