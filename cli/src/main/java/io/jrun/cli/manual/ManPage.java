package io.jrun.cli.manual;

import io.jrun.cli.console.ExitCode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;
import picocli.CommandLine;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;

/** The man page of one command, made from the same description as its help page. Source: man(7), man-pages(7). */
public final class ManPage {

    private static final String EXAMPLE = "Example:";
    private static final Set<String> ENDING_AS_THE_PROCESS_DOES = Set.of("jrun-start", "jrun-batch", "jrun-exec");

    private final CommandLine command;
    private final CommandSpec spec;
    private final String name;
    private final StringBuilder page = new StringBuilder();

    private ManPage(CommandLine command) {
        this.command = command;
        this.spec = command.getCommandSpec();
        this.name = fileStem(command);
    }

    /** "jrun", "jrun-import", "jrun-cache-list": what man(1) is asked for. */
    public static String fileStem(CommandLine command) {
        return command.getCommandSpec().qualifiedName("-");
    }

    /** The page in the man macros. */
    public static String of(CommandLine command, String version) {
        return new ManPage(command).write(version);
    }

    private String write(String version) {
        page.append(".TH ")
                .append(name.toUpperCase(Locale.ROOT).replace("-", "\\-"))
                .append(" 1 \"\" \"jrun ")
                .append(version)
                .append("\" \"jrun manual\"\n");
        section("NAME");
        text(name.replace("-", "\\-") + " \\- " + escaped(sentenceAsTitle()));
        section("SYNOPSIS");
        text(escaped(synopsis()));
        section("DESCRIPTION");
        paragraphs(description());
        arguments();
        subcommands();
        exitStatus();
        surroundings("ENVIRONMENT", Surroundings.Kind.VARIABLE);
        surroundings("FILES", Surroundings.Kind.FILE);
        section("EXAMPLES");
        verbatim(examples());
        seeAlso();
        return page.toString();
    }

    private String sentenceAsTitle() {
        String sentence = command.getHelp().description().lines().findFirst().orElse("");
        return sentence.replaceFirst("\\.$", "");
    }

    private String synopsis() {
        String text = command.getHelp().synopsis(0).lines().map(String::strip).collect(Collectors.joining(" "));
        return text.strip();
    }

    private List<String> description() {
        List<String> lines =
                new ArrayList<>(command.getHelp().description().lines().toList());
        lines.add("");
        footer().stream().takeWhile(line -> !line.equals(EXAMPLE)).forEach(lines::add);
        return lines;
    }

    private List<String> examples() {
        return footer().stream()
                .dropWhile(line -> !line.equals(EXAMPLE))
                .skip(1)
                .toList();
    }

    private List<String> footer() {
        return command.getHelp().footer().lines().toList();
    }

    private void arguments() {
        List<PositionalParamSpec> parameters = spec.positionalParameters().stream()
                .filter(parameter -> !parameter.hidden())
                .toList();
        List<OptionSpec> options =
                spec.options().stream().filter(option -> !option.hidden()).toList();
        if (!parameters.isEmpty()) {
            section("ARGUMENTS");
            parameters.forEach(parameter -> item(parameter.paramLabel(), description(parameter)));
        }
        section("OPTIONS");
        options.forEach(option -> item(title(option), description(option)));
    }

    private static String title(OptionSpec option) {
        String label = option.arity().max() == 0 ? "" : option.paramLabel();
        boolean optional = option.arity().min() == 0;
        return Arrays.stream(option.names())
                .map(each -> label.isEmpty() ? each : withLabel(each, label, optional))
                .collect(Collectors.joining(", "));
    }

    private static String withLabel(String option, String label, boolean optional) {
        String joined = option.startsWith("--") ? "=" + label : " " + label;
        return option + (optional ? "[" + joined.strip() + "]" : joined);
    }

    private static String description(ArgSpec argument) {
        return String.join(" ", argument.description()).replace("%%", "%").replace("%n", " ");
    }

    private void subcommands() {
        if (!command.getSubcommands().isEmpty()) {
            section("COMMANDS");
            command.getSubcommands()
                    .forEach((word, each) -> item(
                            word,
                            each.getHelp().description().lines().findFirst().orElse("")));
        }
    }

    /** Those of all commands, and what some of them mean by this one. */
    private void exitStatus() {
        SortedMap<Integer, String> codes = new TreeMap<>();
        for (ExitCode code : ExitCode.values()) {
            codes.put(code.number(), code.meaning());
        }
        spec.usageMessage()
                .exitCodeList()
                .forEach((number, meaning) -> codes.put(Integer.valueOf(number.strip()), meaning));
        section("EXIT STATUS");
        codes.forEach((number, meaning) -> item(number.toString(), meaning));
        if (ENDING_AS_THE_PROCESS_DOES.contains(name)) {
            item("126", "the command cannot be executed");
            item("127", "the command was not found");
            item("128+N", "the command was killed by signal N");
        }
    }

    private void surroundings(String title, Surroundings.Kind kind) {
        String word = name.equals("jrun") ? "" : name.split("-", -1)[1];
        List<Surroundings> all = Surroundings.of(kind, word);
        if (!all.isEmpty()) {
            section(title);
            all.forEach(each -> item(each.title(), each.description()));
        }
    }

    private void seeAlso() {
        section("SEE ALSO");
        List<String> others = new ArrayList<>();
        if (command.getParent() == null) {
            command.getSubcommands().forEach((word, each) -> {
                if (!word.equals("help")) {
                    others.add(fileStem(each));
                }
            });
        } else {
            others.add(fileStem(command.getParent()));
            command.getSubcommands().values().forEach(each -> others.add(fileStem(each)));
        }
        text(others.stream().map(each -> escaped(each) + "(1)").collect(Collectors.joining(",\n")));
    }

    private void section(String title) {
        page.append(".SH ").append(title).append('\n');
    }

    private void item(String title, String description) {
        page.append(".TP\n.B ").append(escaped(title)).append('\n');
        text(escaped(description));
    }

    /** Lines that are indented keep their form, as tables and commands do; empty ones part paragraphs. */
    private void paragraphs(List<String> lines) {
        List<String> block = new ArrayList<>();
        boolean first = true;
        for (String line : lines) {
            if (line.startsWith("  ")) {
                block.add(line);
                continue;
            }
            verbatim(block);
            block.clear();
            if (!line.isBlank()) {
                text(escaped(line));
                first = false;
            } else if (!first && !page.toString().endsWith(".PP\n")) {
                page.append(".PP\n");
            }
        }
        verbatim(block);
        while (page.toString().endsWith(".PP\n")) {
            page.setLength(page.length() - ".PP\n".length());
        }
    }

    private void verbatim(List<String> lines) {
        List<String> kept = lines.stream().filter(line -> !line.isBlank()).toList();
        if (!kept.isEmpty()) {
            page.append(page.toString().endsWith(" EXAMPLES\n") ? ".nf\n" : ".PP\n.nf\n");
            kept.forEach(line -> text(escaped(line)));
            page.append(".fi\n");
        }
    }

    /** A line of text; one that would be taken for a request is guarded. */
    private void text(String line) {
        page.append(line.startsWith(".") || line.startsWith("'") ? "\\&" : "")
                .append(line)
                .append('\n');
    }

    private static String escaped(String text) {
        return text.replace("\\", "\\e").replace("-", "\\-").stripTrailing();
    }
}
