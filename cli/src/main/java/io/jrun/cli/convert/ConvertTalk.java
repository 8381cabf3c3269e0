package io.jrun.cli.convert;

import io.jrun.cli.console.Console;
import io.jrun.cli.console.Termination;
import io.jrun.cli.progress.ImportListener;
import io.jrun.cli.progress.ProgressOptions;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/** Runs a conversion with its progress on the screen, and tells how it ended. */
final class ConvertTalk {

    private final Console console;
    private final ProgressOptions options;

    ConvertTalk(Console console, ProgressOptions options) {
        this.console = console;
        this.options = options;
    }

    /** The call of one operation. */
    interface Work<T> {
        T run(ImportListener listener) throws IOException;
    }

    /** @param told the sentences that say what was done */
    <T> T during(Work<T> work, Function<T, List<String>> told) throws IOException {
        ImportListener progress = options.listener(console);
        Termination.beforeDying(progress::ended);
        T result;
        try {
            result = work.run(progress);
            told.apply(result).forEach(progress::note);
        } finally {
            progress.ended();
        }
        options.writeTimings();
        return result;
    }

    /** One sentence and those that qualify it. */
    static List<String> sentences(String done, List<String> notes) {
        List<String> all = new ArrayList<>(List.of(done));
        all.addAll(notes);
        return all;
    }
}
