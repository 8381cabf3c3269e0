package io.jrun.cli;

import io.jrun.cli.bcast.BcastCommand;
import io.jrun.cli.cache.CacheCommand;
import io.jrun.cli.config.ConfigCommand;
import io.jrun.cli.console.ByteSize;
import io.jrun.cli.console.Console;
import io.jrun.cli.console.ExitCode;
import io.jrun.cli.console.FailureReport;
import io.jrun.cli.console.HelpStyle;
import io.jrun.cli.console.Suggestions;
import io.jrun.cli.console.Termination;
import io.jrun.cli.console.Version;
import io.jrun.cli.container.CreateCommand;
import io.jrun.cli.container.ListCommand;
import io.jrun.cli.container.RemoveCommand;
import io.jrun.cli.convert.BundleCommand;
import io.jrun.cli.convert.ExportCommand;
import io.jrun.cli.convert.ImportCommand;
import io.jrun.cli.convert.LoadCommand;
import io.jrun.cli.device.CdiCommand;
import io.jrun.cli.device.GpuCommand;
import io.jrun.cli.host.CheckCommand;
import io.jrun.cli.host.GcCommand;
import io.jrun.cli.look.CatCommand;
import io.jrun.cli.look.CpCommand;
import io.jrun.cli.look.DiffCommand;
import io.jrun.cli.look.DuCommand;
import io.jrun.cli.look.InspectCommand;
import io.jrun.cli.look.LsCommand;
import io.jrun.cli.manual.CompletionCommand;
import io.jrun.cli.mpi.MpiCheckCommand;
import io.jrun.cli.oci.OciCommand;
import io.jrun.cli.registry.DigestCommand;
import io.jrun.cli.registry.LoginCommand;
import io.jrun.cli.registry.LogoutCommand;
import io.jrun.cli.registry.PushCommand;
import io.jrun.cli.resource.StatsCommand;
import io.jrun.cli.slurm.SlurmCommand;
import io.jrun.cli.start.StartHelp;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import picocli.CommandLine;
import picocli.CommandLine.HelpCommand;
import picocli.CommandLine.IExitCodeExceptionMapper;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.TypeConversionException;
import picocli.CommandLine.UnmatchedArgumentException;

/** The tree of commands, and how it answers mistakes. */
final class Commands {

    private Commands() {}

    /** All commands, in the order of the help page. */
    static final List<String> NAMES = List.of(
            "import",
            "load",
            "create",
            "start",
            "batch",
            "exec",
            "list",
            "stats",
            "remove",
            "export",
            "bundle",
            "inspect",
            "ls",
            "cat",
            "cp",
            "diff",
            "du",
            "digest",
            "login",
            "logout",
            "push",
            "cache",
            "gpu",
            "cdi",
            "oci",
            "mpi-check",
            "bcast",
            "env",
            "config",
            "check",
            "gc",
            "slurm",
            "completion",
            "version",
            "help");

    /** Commands about the other commands. */
    private static final Set<String> NEED_ALL = Set.of("help", "completion");

    private static Object command(String name, Console console, Services services) {
        return switch (name) {
            case "import" -> new ImportCommand(console, services.imports());
            case "load" -> new LoadCommand(console, services.imports());
            case "create" -> new CreateCommand(console, services.containers());
            case "start" -> StartHelp.spec();
            case "batch" -> StartHelp.batchSpec();
            case "exec" -> StartHelp.execSpec();
            case "list" -> list(console, services);
            case "stats" -> new StatsCommand(console, services.stats());
            case "remove" -> new RemoveCommand(console, services.containers());
            case "export" -> new ExportCommand(console, services.imports());
            case "bundle" -> new BundleCommand(console, services.bundles());
            case "inspect" -> new InspectCommand(console, services.look(), services.registries());
            case "ls" -> new LsCommand(console, services.look());
            case "cat" -> new CatCommand(console, services.look());
            case "cp" -> new CpCommand(console, services.look());
            case "diff" -> new DiffCommand(console, services.look());
            case "du" -> new DuCommand(console, services.look());
            case "digest" -> new DigestCommand(console, services.registries());
            case "login" -> new LoginCommand(console, services.registries());
            case "logout" -> new LogoutCommand(console, services.registries());
            case "push" -> new PushCommand(console, services.registries());
            case "cache" -> CacheCommand.tree(console, services.cache());
            case "gpu" -> GpuCommand.tree(console, services.devices());
            case "cdi" -> CdiCommand.tree(console, services.devices());
            case "oci" -> OciCommand.tree(console, services.oci());
            case "mpi-check" -> new MpiCheckCommand(console, services.mpi());
            case "bcast" -> new BcastCommand(console, services.bcast());
            case "env" -> StartHelp.environmentSpec();
            case "config" -> new ConfigCommand(console, services.config());
            case "check" -> new CheckCommand(console, services.host());
            case "gc" -> new GcCommand(console, services.host());
            case "slurm" -> SlurmCommand.tree(console, services.slurm());
            case "completion" -> new CompletionCommand(console);
            case "version" -> new VersionCommand(console);
            case "help" -> new HelpCommand();
            default -> throw new IllegalArgumentException("no command: " + name);
        };
    }

    static ListCommand list(Console console, Services services) {
        return new ListCommand(console, services.containers());
    }

    /** With the one command that is meant, because reading the annotations of all takes a tenth of a second. */
    static CommandLine treeFor(String word, Console console, Services services, FailureReport report) {
        List<String> names = NAMES.contains(word) && !NEED_ALL.contains(word) ? List.of(word) : NAMES;
        return tree(names, console, services, report);
    }

    static CommandLine tree(Console console, Services services, FailureReport report) {
        return tree(NAMES, console, services, report);
    }

    private static CommandLine tree(List<String> names, Console console, Services services, FailureReport report) {
        CommandLine tree = new CommandLine(new JrunCommand());
        for (String name : names) {
            tree.addSubcommand(name, command(name, console, services));
        }
        tree.getCommandSpec().version("jrun " + Version.number());
        tree.getCommandSpec()
                .usageMessage()
                .exitCodeListHeading("%nExit codes:%n")
                .exitCodeList(exitCodeList());
        for (CommandLine command : tree.getSubcommands().values()) {
            command.getCommandSpec().usageMessage().abbreviateSynopsis(true);
        }
        IExitCodeExceptionMapper exitCodes = failure -> ExitCode.of(failure).number();
        return HelpStyle.on(tree, console)
                .registerConverter(ByteSize.class, Commands::byteSize)
                .setExitCodeExceptionMapper(exitCodes)
                .setExecutionExceptionHandler((failure, command, parsed) -> Termination.isDying()
                        ? ExitCode.FAULT.number()
                        : report.print(command.getCommandName(), failure).number())
                .setParameterExceptionHandler((failure, arguments) -> refuse(failure, console));
    }

    private static ByteSize byteSize(String text) {
        try {
            return ByteSize.parse(text);
        } catch (IllegalArgumentException e) {
            throw new TypeConversionException(text + " is no size: " + e.getMessage());
        }
    }

    private static Map<String, String> exitCodeList() {
        Map<String, String> list = new LinkedHashMap<>();
        for (ExitCode code : ExitCode.values()) {
            list.put(String.format(Locale.ROOT, "%3d", code.number()), code.meaning());
        }
        list.put("126", "start: the command cannot be executed");
        list.put("127", "start: the command was not found");
        return list;
    }

    private static int refuse(ParameterException failure, Console console) {
        CommandSpec command = failure.getCommandLine().getCommandSpec();
        List<String> advice = new ArrayList<>();
        String why = why(failure, command, advice);
        if (advice.isEmpty()) {
            advice.add("see `" + command.qualifiedName() + " --help`");
        }
        String what = command.parent() == null ? "run jrun" : "run " + command.name();
        console.err().println("jrun: cannot " + what + ": " + why + "\n  hint: " + advice.get(0));
        return ExitCode.USAGE.number();
    }

    private static String why(ParameterException failure, CommandSpec command, List<String> advice) {
        if (failure instanceof UnmatchedArgumentException unmatched
                && !unmatched.getUnmatched().isEmpty()) {
            String argument = unmatched.getUnmatched().get(0);
            boolean option = argument.startsWith("-");
            List<String> near = Suggestions.near(argument, option ? optionNames(command) : commandNames(command));
            if (!near.isEmpty()) {
                advice.add("did you mean " + String.join(" or ", near) + "?");
            }
            String kind = option ? "unknown option " : command.parent() == null ? "unknown command " : "one too many, ";
            return kind + argument;
        }
        String text = failure.getMessage().replaceAll("\\s+", " ").replaceFirst("^Error: ", "");
        return text.substring(0, 1).toLowerCase(Locale.ROOT) + text.substring(1);
    }

    private static List<String> optionNames(CommandSpec command) {
        return command.options().stream()
                .flatMap(option -> List.of(option.names()).stream())
                .filter(name -> name.startsWith("--"))
                .toList();
    }

    private static List<String> commandNames(CommandSpec command) {
        return List.copyOf(command.subcommands().keySet());
    }
}
