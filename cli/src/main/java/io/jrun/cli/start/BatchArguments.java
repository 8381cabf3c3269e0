package io.jrun.cli.start;

import io.jrun.cli.console.Suggestions;
import io.jrun.error.Failure;
import io.jrun.error.UsageException;
import io.jrun.posix.ByteString;
import io.jrun.runtime.config.BatchFile;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** A command line of {@code batch} with what its file says: options of the file first, so that those typed outweigh them. */
final class BatchArguments {

    private static final ByteString START = ByteString.of("start");
    private static final ByteString END = ByteString.of("--");

    private BatchArguments() {}

    /** @param typed with the file as its name */
    static StartArguments with(StartArguments typed, BatchFile file) throws UsageException {
        List<ByteString> all = new ArrayList<>();
        all.add(START);
        for (BatchFile.Option option : file.options()) {
            add(all, option);
        }
        all.addAll(typed.prefix().subList(1, typed.prefix().size() - 1));
        if (!all.get(all.size() - 1).equals(END)) {
            all.add(END);
        }
        all.add(file.image());
        StartArguments merged = StartArgumentParser.parse(all)
                .orElseThrow(() -> new UsageException(Failure.of("start from a file", "help is no key of it")));
        return new StartArguments(
                typed.prefix(), merged.switches(), merged.values(), merged.name(), typed.command(), Optional.of(file));
    }

    private static void add(List<ByteString> to, BatchFile.Option line) throws UsageException {
        String name = "--" + line.key();
        Optional<StartOption> option = StartOption.named(name);
        if (option.isEmpty() || option.get() == StartOption.HELP) {
            throw new UsageException(Failure.of("read " + line.origin(), "there is no key " + line.key() + " (EINVAL)")
                    .hint(advice(line.key())));
        }
        boolean isSwitch = option.get().parameter().isEmpty();
        String value = line.value().isPresent() ? line.value().get().toString() : "yes";
        if (isSwitch && !value.equals("yes") && !value.equals("no")) {
            throw new UsageException(
                    Failure.of("read " + line.origin(), line.key() + " is yes or no, found " + value + " (EINVAL)"));
        }
        if (isSwitch && value.equals("yes")) {
            to.add(ByteString.of(name));
        } else if (!isSwitch) {
            to.add(
                    line.value().isPresent()
                            ? ByteString.of(name + "=").plus(line.value().get())
                            : ByteString.of(name));
            if (line.value().isEmpty() && !option.get().optionalValue()) {
                throw new UsageException(Failure.of(
                                "read " + line.origin(),
                                line.key() + " needs a value, "
                                        + option.get().parameter().orElseThrow() + " (EINVAL)")
                        .hint("write: " + line.key() + " = VALUE"));
            }
        }
    }

    private static String advice(String key) {
        List<String> known = new ArrayList<>(List.of("image", "command"));
        for (StartOption option : StartOption.values()) {
            for (String name : option.names()) {
                if (name.startsWith("--") && option != StartOption.HELP) {
                    known.add(name.substring(2));
                }
            }
        }
        List<String> near = Suggestions.near(key, known);
        return near.isEmpty()
                ? "the keys are image, command and the options of `jrun start --help` without dashes"
                : "did you mean " + String.join(" or ", near) + "?";
    }
}
