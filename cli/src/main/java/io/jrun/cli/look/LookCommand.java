package io.jrun.cli.look;

import io.jrun.cli.console.Console;
import io.jrun.cli.console.ExitCode;
import io.jrun.cli.console.TalkOptions;
import java.io.IOException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Mixin;

/** What the commands that print parts of a tree have in common. */
abstract class LookCommand implements Callable<Integer> {

    /** What a shell shows of a program that a closed pipe ended. Source: signal(7), SIGPIPE. */
    private static final int READER_GONE = 128 + 13;

    private final Console console;
    private final LookOperations operations;

    @Mixin
    TalkOptions talk;

    LookCommand(Console console, LookOperations operations) {
        this.console = console;
        this.operations = operations;
    }

    final LookOperations operations() {
        return operations;
    }

    final Console console() {
        return console;
    }

    /** Returns the exit code. */
    abstract int run(ResultStream out) throws IOException;

    @Override
    public final Integer call() throws IOException {
        ResultStream out = new ResultStream(console);
        try {
            int exitCode = run(out);
            out.flush();
            return exitCode;
        } catch (ResultStream.ReaderGone gone) {
            return READER_GONE;
        } catch (IOException | RuntimeException failure) {
            out.flush();
            throw failure;
        }
    }

    static int success() {
        return ExitCode.SUCCESS.number();
    }
}
