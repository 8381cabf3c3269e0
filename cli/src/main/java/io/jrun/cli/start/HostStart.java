package io.jrun.cli.start;

import io.jrun.json.JsonValue;
import io.jrun.posix.ByteString;
import io.jrun.runtime.launch.StartCompiler;
import io.jrun.runtime.plan.PlanPrinter;
import io.jrun.runtime.plan.PlanStep.Identity;
import io.jrun.runtime.plan.StartOptions;
import io.jrun.runtime.plan.StartOptions.RootAccess;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/** Starts on this host, for the caller of this process. */
public final class HostStart implements StartCompilation {

    private final Consumer<String> notes;

    /** @param notes takes what is worth a line when nothing is started */
    HostStart(Consumer<String> notes) {
        this.notes = notes;
    }

    @Override
    public void compile(StartArguments arguments, int descriptor, int build) throws IOException {
        StartCompiler.deliver(StartCompiler.forCaller(notes).compile(options(arguments), build), descriptor);
    }

    @Override
    public String explain(StartArguments arguments) throws IOException {
        StartCompiler compiler = StartCompiler.forCaller(notes);
        return PlanPrinter.toText(compiler.explain(options(arguments)), compiler.callerEnvironment())
                .stripTrailing();
    }

    @Override
    public JsonValue explainAsJson(StartArguments arguments) throws IOException {
        StartCompiler compiler = StartCompiler.forCaller(notes);
        return PlanPrinter.toJson(compiler.explain(options(arguments)), compiler.callerEnvironment());
    }

    static StartOptions options(StartArguments arguments) {
        List<ByteString> directories = arguments.all(StartOption.WORKING_DIRECTORY);
        return new StartOptions(
                arguments.prefix(),
                arguments.name().toString(),
                arguments.has(StartOption.WRITABLE) ? RootAccess.WRITABLE : RootAccess.READ_ONLY,
                arguments.has(StartOption.ROOT) ? Identity.ROOT : Identity.SELF,
                arguments.all(StartOption.ENVIRONMENT),
                arguments.all(StartOption.MOUNT),
                directories.isEmpty() ? Optional.empty() : Optional.of(directories.get(directories.size() - 1)));
    }
}
