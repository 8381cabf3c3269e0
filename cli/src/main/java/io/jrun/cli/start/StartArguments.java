package io.jrun.cli.start;

import io.jrun.posix.ByteString;
import io.jrun.runtime.config.BatchFile;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A command line of {@code start}, taken apart but not yet understood.
 *
 * @param prefix everything from "start" up to and including the container's name
 * @param switches the options given that take no value
 * @param values the values of the other options, in the order given
 * @param command what stands behind the name: the payload's, untouched
 * @param file what {@code batch} read
 */
public record StartArguments(
        List<ByteString> prefix,
        List<StartOption> switches,
        Map<StartOption, List<ByteString>> values,
        ByteString name,
        List<ByteString> command,
        Optional<BatchFile> file) {

    public StartArguments {
        prefix = List.copyOf(prefix);
        switches = List.copyOf(switches);
        values = Map.copyOf(values);
        command = List.copyOf(command);
    }

    StartArguments(
            List<ByteString> prefix,
            List<StartOption> switches,
            Map<StartOption, List<ByteString>> values,
            ByteString name,
            List<ByteString> command) {
        this(prefix, switches, values, name, command, Optional.empty());
    }

    public boolean has(StartOption option) {
        return switches.contains(option) || values.containsKey(option);
    }

    public List<ByteString> all(StartOption option) {
        return values.getOrDefault(option, List.of());
    }

    /** Of an option that counts once. */
    public Optional<ByteString> last(StartOption option) {
        List<ByteString> all = all(option);
        return all.isEmpty() ? Optional.empty() : Optional.of(all.get(all.size() - 1));
    }
}
