package io.jrun.cli.start;

import io.jrun.error.UsageException;
import io.jrun.json.JsonValue;
import io.jrun.runtime.launch.ExecCompiler;
import io.jrun.runtime.launch.StartCompiler;
import io.jrun.runtime.plan.PlanPrinter;
import io.jrun.runtime.plan.SecurityReport;
import io.jrun.runtime.plan.StartOptions;
import java.io.IOException;
import java.util.function.Consumer;

/** Starts on this host, for the caller of this process. */
final class HostStart implements StartCompilation {

    private final Consumer<String> notes;

    /** @param notes takes what is worth a line when nothing is started */
    HostStart(Consumer<String> notes) {
        this.notes = notes;
    }

    @Override
    public void compile(StartArguments arguments, int descriptor, int build) throws IOException {
        StartCompiler.deliver(
                compiler(arguments).compile(options(arguments), LaunchChoices.of(arguments), build), descriptor);
    }

    @Override
    public StartArguments batch(StartArguments arguments) throws IOException {
        return BatchArguments.with(arguments, compiler(arguments).batchFile(arguments.name()));
    }

    @Override
    public void enter(ExecArguments arguments, int descriptor, int build) throws IOException {
        byte[] plan = ExecCompiler.forCaller(
                        new VariablesOfNow(new Talk(), notes), System.getenv("JRUN_HOME") + "/bin/jrun")
                .compile(
                        arguments.prefix(),
                        arguments.target(),
                        arguments.environment(),
                        arguments.directory(),
                        arguments.filter(),
                        build);
        StartCompiler.deliver(plan, descriptor);
    }

    @Override
    public String explain(StartArguments arguments) throws IOException {
        StartCompiler compiler = compiler(arguments);
        return PlanPrinter.toText(
                        compiler.explain(options(arguments), LaunchChoices.of(arguments)), compiler.callerEnvironment())
                .stripTrailing();
    }

    @Override
    public JsonValue explainAsJson(StartArguments arguments) throws IOException {
        StartCompiler compiler = compiler(arguments);
        return PlanPrinter.toJson(
                compiler.explain(options(arguments), LaunchChoices.of(arguments)), compiler.callerEnvironment());
    }

    @Override
    public String security(StartArguments arguments) throws IOException {
        return SecurityReport.toText(compiler(arguments).explain(options(arguments), LaunchChoices.of(arguments)))
                .stripTrailing();
    }

    @Override
    public JsonValue securityAsJson(StartArguments arguments) throws IOException {
        return SecurityReport.toJson(compiler(arguments).explain(options(arguments), LaunchChoices.of(arguments)));
    }

    @Override
    public String environment(StartArguments arguments) throws IOException {
        StartCompiler compiler = compiler(arguments);
        return PlanPrinter.environmentToText(
                        compiler.explain(options(arguments), LaunchChoices.of(arguments)),
                        compiler.callerEnvironment(),
                        arguments.has(StartOption.EXPLAIN))
                .stripTrailing();
    }

    @Override
    public JsonValue environmentAsJson(StartArguments arguments) throws IOException {
        StartCompiler compiler = compiler(arguments);
        return PlanPrinter.environmentToJson(
                compiler.explain(options(arguments), LaunchChoices.of(arguments)), compiler.callerEnvironment());
    }

    private StartCompiler compiler(StartArguments arguments) throws IOException {
        Consumer<String> talk = new Talk();
        boolean verbose = arguments.has(StartOption.VERBOSE);
        StartCompiler compiler = StartCompiler.forCaller(new HostImages(arguments), verbose ? talk : notes, talk);
        if (verbose) {
            compiler.tellCosts();
        }
        return compiler;
    }

    /** Not a lambda: those cost each first start several milliseconds. */
    private static final class Talk implements Consumer<String> {
        @Override
        public void accept(String note) {
            System.err.println("jrun: " + note);
        }
    }

    static StartOptions options(StartArguments arguments) throws UsageException {
        return StartChoices.of(arguments);
    }
}
