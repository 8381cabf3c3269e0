package io.jrun.cli.start;

import io.jrun.error.Failure;
import io.jrun.error.UsageException;
import io.jrun.posix.ByteString;
import io.jrun.runtime.launch.RunningTarget;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A command line of {@code exec}, taken apart. Options end at the container, or where {@code --job} names that at the
 * command; "--" ends them too.
 *
 * @param prefix everything from "exec" up to the command
 * @param environment values of {@code -e}
 * @param filter value of {@code --seccomp}
 */
record ExecArguments(
        List<ByteString> prefix,
        RunningTarget target,
        List<ByteString> environment,
        Optional<ByteString> directory,
        Optional<ByteString> filter) {

    private static final String HELP = "see `jrun exec --help`";
    private static final String DIRECTORY = "--workdir";
    private static final String FILTER = "--seccomp";
    private static final String JOB = "--job";
    private static final String RANK = "--rank";

    /** On this node alone. */
    private static final String HERE = "--here";

    ExecArguments {
        prefix = List.copyOf(prefix);
        environment = List.copyOf(environment);
    }

    /** Empty when help is asked for. */
    static Optional<ExecArguments> parse(List<ByteString> arguments) throws UsageException {
        List<ByteString> environment = new ArrayList<>();
        Map<String, ByteString> given = new HashMap<>();
        int next = 1;
        while (next < arguments.size() && arguments.get(next).startsWith("-")) {
            ByteString argument = arguments.get(next++);
            if (argument.equals(ByteString.of("--"))) {
                break;
            }
            if (argument.equals(ByteString.of("-h")) || argument.equals(ByteString.of("--help"))) {
                return Optional.empty();
            }
            if (argument.equals(ByteString.of(HERE))) {
                given.put(HERE, argument);
                continue;
            }
            String name = name(argument);
            boolean attached = argument.length() > name.length();
            if (!attached && next == arguments.size()) {
                throw refuse(name + " needs a value", HELP);
            }
            ByteString value = attached ? attached(argument, name) : arguments.get(next++);
            if (name.equals("-e") || name.equals("--env")) {
                environment.add(value);
            } else {
                given.put(name.equals("-w") ? DIRECTORY : name, value);
            }
        }
        Optional<RunningTarget> ofJob = ofJob(given);
        if (ofJob.isEmpty() && next >= arguments.size()) {
            throw refuse("the name or process ID of a container is missing", "`jrun list --running` shows them");
        }
        RunningTarget target = ofJob.isPresent() ? ofJob.get() : new RunningTarget.Named(arguments.get(next++));
        List<ByteString> prefix = arguments.subList(0, next);
        if (next == arguments.size()) {
            throw refuse(
                    "the command is missing",
                    ofJob.isPresent()
                            ? "with " + JOB + " no container is named; for example: jrun exec --job 17.0 --rank 2 sh"
                            : "for example: jrun exec " + prefix.get(next - 1) + " sh");
        }
        return Optional.of(new ExecArguments(
                prefix,
                target,
                environment,
                Optional.ofNullable(given.get(DIRECTORY)),
                Optional.ofNullable(given.get(FILTER))));
    }

    private static Optional<RunningTarget> ofJob(Map<String, ByteString> given) throws UsageException {
        for (String name : List.of(RANK, HERE)) {
            if (given.containsKey(name) && !given.containsKey(JOB)) {
                throw refuse(name + " is of a job", "name that with " + JOB);
            }
        }
        if (!given.containsKey(JOB)) {
            return Optional.empty();
        }
        String task = given.get(JOB).toString();
        if (!task.matches("[0-9]{1,10}(\\.([0-9]{1,10}|" + RunningTarget.OfJob.BATCH + "))?")) {
            throw refuse(
                    "\"" + task + "\" is no job of Slurm",
                    "write JOBID or JOBID.STEP, such as 17.0; `squeue -o \"%A %i\"` shows numbers of jobs");
        }
        Optional<String> rank =
                given.containsKey(RANK) ? Optional.of(given.get(RANK).toString()) : Optional.empty();
        if (rank.isPresent() && !rank.get().matches("0|[1-9][0-9]{0,8}")) {
            throw refuse("\"" + rank.get() + "\" is no rank of a task", "ranks are counted from 0 in each step");
        }
        int point = task.indexOf('.');
        return Optional.of(new RunningTarget.OfJob(
                point < 0 ? task : task.substring(0, point),
                point < 0 ? Optional.empty() : Optional.of(task.substring(point + 1)),
                rank,
                given.containsKey(HERE)));
    }

    private static String name(ByteString argument) throws UsageException {
        for (String name : List.of("--env", DIRECTORY, FILTER, JOB, RANK, "-e", "-w")) {
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
