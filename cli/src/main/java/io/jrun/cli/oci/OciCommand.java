package io.jrun.cli.oci;

import io.jrun.cli.console.Console;
import io.jrun.cli.console.Version;
import io.jrun.error.Failure;
import io.jrun.error.JrunException;
import io.jrun.error.UsageException;
import io.jrun.json.Json;
import io.jrun.json.JsonValue;
import io.jrun.json.JsonValue.JsonObject;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Clock;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code jrun oci}, with the options that stand before its commands. */
@Command(
        name = "oci",
        description = {
            "Run bundles as the OCI runtime-spec describes it, for Slurm, Podman and other programs.",
            "Programs that take the name of a runtime and no command get bin/jrun-oci, which is the same."
        },
        synopsisSubcommandLabel = "COMMAND",
        footer = {"", "Example:", "  jrun oci run -b ./bundle solver"})
public final class OciCommand implements Runnable {

    private final Console console;

    @Option(
            names = {"--state-dir", "--root"},
            paramLabel = "DIR",
            description = {
                "Where the states of containers lie.",
                "Default $XDG_RUNTIME_DIR/jrun/oci, for root /run/jrun/oci, else /tmp/jrun-UID/oci."
            })
    Optional<Path> states = Optional.empty();

    @Option(names = "--log", paramLabel = "FILE", description = "Append failures to this file too.")
    private Optional<Path> log = Optional.empty();

    @Option(names = "--log-format", paramLabel = "FORMAT", description = "text (default) or json.")
    private String logFormat = "text";

    @Option(
            names = "--debug",
            description = "Accepted; `jrun -v` commands tell developers what happens.",
            hidden = true)
    boolean debug;

    @Option(
            names = "--rootless",
            paramLabel = "WORD",
            arity = "0..1",
            fallbackValue = "auto",
            description = "Accepted; whether it is root the runtime sees itself.",
            hidden = true)
    String rootless;

    @Option(
            names = "--systemd-cgroup",
            description =
                    "Accepted; a cgroupsPath SLICE:PREFIX:NAME asks systemd for a scope with this option or without.",
            hidden = true)
    boolean systemdGroups;

    @Option(
            names = "--cgroup-manager",
            paramLabel = "WORD",
            description = "disabled: no control group is made. Else the form of cgroupsPath decides.")
    private String groups = "cgroupfs";

    @Option(
            names = {"-h", "--help"},
            usageHelp = true,
            description = "Show this help and exit.")
    boolean help;

    @Option(
            names = {"-V", "--version"},
            description = "Print the versions of jrun and of the spec.")
    private boolean version;

    @Spec
    private CommandSpec spec;

    private OciCommand(Console console) {
        this.console = console;
    }

    /** The command with its subcommands. */
    public static CommandLine tree(Console console, OciOperations operations) {
        OciCommand parent = new OciCommand(console);
        return new CommandLine(parent)
                .addSubcommand(new OciCreateCommand(parent, operations))
                .addSubcommand(new OciStartCommand(parent, operations))
                .addSubcommand(new CommandLine(new OciExecCommand(parent, operations)).setStopAtPositional(true))
                .addSubcommand(new OciStateCommand(parent, operations))
                .addSubcommand(new OciKillCommand(parent, operations))
                .addSubcommand(new OciDeleteCommand(parent, operations))
                .addSubcommand(new OciRunCommand(parent, operations))
                .addSubcommand(new OciFeaturesCommand(parent, operations));
    }

    @Override
    public void run() {
        if (!version) {
            throw new ParameterException(
                    spec.commandLine(),
                    "a command is missing: create, start, exec, state, kill, delete, run or features");
        }
        try {
            console.result("jrun-oci version " + Version.number() + "\nspec: 1.2.0");
        } catch (JrunException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** What one command does. */
    interface Work {
        void run() throws IOException;
    }

    /** Does it, and writes a failure to the log that the caller reads. */
    void logged(Work work) throws IOException {
        if (!logFormat.equals("text") && !logFormat.equals("json")) {
            throw new UsageException(Failure.of("write the log as " + logFormat, "there is no such format")
                    .hint("the formats are text and json"));
        }
        try {
            work.run();
        } catch (JrunException e) {
            if (log.isPresent()) {
                append(log.get(), e.failure().message(), Clock.systemUTC().instant());
            }
            throw e;
        }
    }

    /** A log that cannot be written is no second failure: the first one is told anyway. */
    private void append(Path file, String message, Instant now) {
        String line = message;
        if (logFormat.equals("json")) {
            Map<String, JsonValue> members = new LinkedHashMap<>();
            members.put("level", JsonValue.of("error"));
            members.put("msg", JsonValue.of(message));
            members.put("time", JsonValue.of(now.truncatedTo(ChronoUnit.SECONDS).toString()));
            line = new String(Json.toBytes(new JsonObject(members)), StandardCharsets.UTF_8);
        }
        try {
            Files.writeString(
                    file, line + "\n", StandardCharsets.UTF_8, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        } catch (IOException e) {
            console.err().println("jrun: cannot write the log " + file + ": " + e.getMessage());
        }
    }

    /** Whether containers get control groups. */
    boolean limits() throws UsageException {
        if (!List.of("cgroupfs", "systemd", "disabled").contains(groups)) {
            throw new UsageException(Failure.of("make control groups by " + groups, "there is no such way")
                    .hint("the ways are cgroupfs, systemd and disabled"));
        }
        return !groups.equals("disabled");
    }

    void result(String text) throws IOException {
        console.result(text);
    }
}
