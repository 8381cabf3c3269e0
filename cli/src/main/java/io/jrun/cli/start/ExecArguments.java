package io.jrun.cli.start;

import io.jrun.error.Failure;
import io.jrun.error.UsageException;
import io.jrun.posix.ByteString;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A command line of {@code exec}, taken apart. Options end at the container; "--" ends them too.
 *
 * @param prefix everything from "exec" up to and including the container
 * @param target the container
 * @param environment values of {@code -e}
 * @param filter value of {@code --seccomp}
 */
record ExecArguments(
        List<ByteString> prefix,
        ByteString target,
        List<ByteString> environment,
        Optional<ByteString> directory,
        Optional<ByteString> filter) {

    private static final String HELP = "see `jrun exec --help`";

    ExecArguments {
        prefix = List.copyOf(prefix);
        environment = List.copyOf(environment);
    }

    /** Empty when help is asked for. */
    static Optional<ExecArguments> parse(List<ByteString> arguments) throws UsageException {
        List<ByteString> environment = new ArrayList<>();
        Optional<ByteString> directory = Optional.empty();
        Optional<ByteString> filter = Optional.empty();
        int next = 1;
        while (next < arguments.size() && arguments.get(next).startsWith("-")) {
            ByteString argument = arguments.get(next++);
            if (argument.equals(ByteString.of("--"))) {
                break;
            }
            if (argument.equals(ByteString.of("-h")) || argument.equals(ByteString.of("--help"))) {
                return Optional.empty();
            }
            String name = name(argument);
            boolean attached = argument.length() > name.length();
            if (!attached && next == arguments.size()) {
                throw refuse(name + " needs a value", HELP);
            }
            ByteString value = attached ? attached(argument, name) : arguments.get(next++);
            if (name.equals("-e") || name.equals("--env")) {
                environment.add(value);
            } else if (name.equals("--seccomp")) {
                filter = Optional.of(value);
            } else {
                directory = Optional.of(value);
            }
        }
        if (next >= arguments.size()) {
            throw refuse("the name or process ID of a container is missing", "`jrun list --running` shows them");
        }
        if (next + 1 == arguments.size()) {
            throw refuse("the command is missing", "for example: jrun exec " + arguments.get(next) + " sh");
        }
        return Optional.of(
                new ExecArguments(arguments.subList(0, next + 1), arguments.get(next), environment, directory, filter));
    }

    private static String name(ByteString argument) throws UsageException {
        for (String name : List.of("--env", "--workdir", "--seccomp", "-e", "-w")) {
            boolean isLong = name.startsWith("--");
            if (argument.equals(ByteString.of(name)) || argument.startsWith(isLong ? name + "=" : name)) {
                return name;
            }
        }
        throw refuse("unknown option " + argument, HELP);
    }

    private static ByteString attached(ByteString argument, String name) {
        boolean equals = argument.byteAt(name.length()) == '=';
        return argument.substring(equals ? name.length() + 1 : name.length());
    }

    private static UsageException refuse(String why, String advice) {
        return new UsageException(Failure.of("enter a container", why).hint(advice));
    }
}
