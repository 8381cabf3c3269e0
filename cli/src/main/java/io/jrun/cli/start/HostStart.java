package io.jrun.cli.start;

import io.jrun.cli.console.Launcher;
import io.jrun.posix.ByteString;
import io.jrun.runtime.launch.ExecCompiler;
import io.jrun.runtime.launch.StartCompiler;
import io.jrun.runtime.plan.Plan;
import io.jrun.runtime.plan.PlanPrinter;
import io.jrun.runtime.plan.SecurityReport;
import java.io.IOException;
import java.util.Map;
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
                compiler(arguments).compile(StartChoices.of(arguments), LaunchChoices.of(arguments), build),
                descriptor);
    }

    @Override
    public StartArguments batch(StartArguments arguments) throws IOException {
        return BatchArguments.with(arguments, compiler(arguments).batchFile(arguments.name()));
    }

    @Override
    public void enter(ExecArguments arguments, int descriptor, int build) throws IOException {
        String launcher = new Launcher(System.getenv()).program().toString();
        byte[] plan = ExecCompiler.forCaller(new VariablesOfNow(new Talk(), notes), launcher)
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
    public Report explain(StartArguments arguments) throws IOException {
        StartCompiler compiler = compiler(arguments);
        Plan plan = plan(compiler, arguments);
        Map<ByteString, ByteString> caller = compiler.callerEnvironment();
        return new Report(PlanPrinter.toText(plan, caller).stripTrailing(), PlanPrinter.toJson(plan, caller));
    }

    @Override
    public Report security(StartArguments arguments) throws IOException {
        Plan plan = plan(compiler(arguments), arguments);
        return new Report(SecurityReport.toText(plan).stripTrailing(), SecurityReport.toJson(plan));
    }

    @Override
    public Report environment(StartArguments arguments) throws IOException {
        StartCompiler compiler = compiler(arguments);
        Plan plan = plan(compiler, arguments);
        Map<ByteString, ByteString> caller = compiler.callerEnvironment();
        return new Report(
                PlanPrinter.environmentToText(plan, caller, arguments.has(StartOption.EXPLAIN))
                        .stripTrailing(),
                PlanPrinter.environmentToJson(plan, caller));
    }

    private static Plan plan(StartCompiler compiler, StartArguments arguments) throws IOException {
        return compiler.explain(StartChoices.of(arguments), LaunchChoices.of(arguments));
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
}
