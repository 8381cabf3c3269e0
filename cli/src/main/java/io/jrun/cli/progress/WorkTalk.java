package io.jrun.cli.progress;

import io.jrun.cli.console.Console;
import io.jrun.cli.console.Termination;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/** Runs what takes long with its progress on the screen, and tells how it ended. */
public final class WorkTalk {

    private final Console console;
    private final ProgressOptions options;

    public WorkTalk(Console console, ProgressOptions options) {
        this.console = console;
        this.options = options;
    }

    /** The call of one operation. */
    public interface Work<T> {
        T run(ImportListener listener) throws IOException;
    }

    /** @param told the sentences that say what was done */
    public <T> T during(Work<T> work, Function<T, List<String>> told) throws IOException {
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
    public static List<String> sentences(String done, List<String> notes) {
        List<String> all = new ArrayList<>(List.of(done));
        all.addAll(notes);
        return all;
    }
}
