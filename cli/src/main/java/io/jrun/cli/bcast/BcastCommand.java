package io.jrun.cli.bcast;

import io.jrun.cli.console.Console;
import io.jrun.cli.console.ExitCode;
import io.jrun.cli.console.FormatOption;
import io.jrun.cli.console.OutputFormat;
import io.jrun.cli.console.TalkOptions;
import io.jrun.json.Json;
import io.jrun.json.JsonValue;
import io.jrun.json.JsonValue.JsonArray;
import io.jrun.json.JsonValue.JsonObject;
import io.jrun.runtime.bcast.Broadcast;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code jrun bcast}. */
@Command(
        name = "bcast",
        description = {
            "Copy an image file to each node of this Slurm allocation.",
            "By sbcast, or through srun where that does not reach a node; each copy is compared with the digest before it"
                    + " gets its name. Without DEST it lies where `jrun start IMAGE` of the same file finds and prefers"
                    + " it. The path on the nodes is printed."
        },
        footer = {"", "Example:", "  jrun bcast /shared/solver.sqsh"})
public final class BcastCommand implements Callable<Integer> {

    private final Console console;
    private final BcastOperations operations;

    @Mixin
    TalkOptions talk;

    @Mixin
    private FormatOption format = new FormatOption();

    @Option(
            names = {"-q", "--quiet"},
            description = "Say nothing but the result.")
    private boolean quiet;

    @Parameters(index = "0", paramLabel = "IMAGE", description = "An image file that this node sees.")
    private Path image;

    @Parameters(
            index = "1",
            arity = "0..1",
            paramLabel = "DEST",
            description = "Absolute path on the nodes: a file, or with a slash at its end a directory.")
    private Optional<String> destination = Optional.empty();

    public BcastCommand(Console console, BcastOperations operations) {
        this.console = console;
        this.operations = operations;
    }

    @Override
    public Integer call() throws IOException {
        OutputFormat chosen = format.chosen();
        Consumer<String> lines = quiet ? line -> {} : line -> console.err().println("jrun: " + line);
        Broadcast.Result result = operations.copy(image, destination, lines);
        console.result(chosen == OutputFormat.JSON ? Json.toPrettyText(json(result)) : result.place());
        return ExitCode.SUCCESS.number();
    }

    private static JsonValue json(Broadcast.Result result) {
        Map<String, JsonValue> members = new LinkedHashMap<>();
        members.put("path", JsonValue.of(result.place()));
        members.put("digest", JsonValue.of("sha256:" + result.digest()));
        members.put("nodes", array(result.nodes()));
        members.put("copied", array(result.copied()));
        return new JsonObject(members);
    }

    private static JsonValue array(List<String> words) {
        return new JsonArray(words.stream().map(JsonValue::of).toList());
    }
}
