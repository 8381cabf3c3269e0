package io.jrun.cli.progress;

import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntSupplier;
import java.util.function.LongSupplier;

/**
 * Bars that redraw themselves ten times a second, by a thread of its own. Each line is written over the one before and only
 * its rest erased, in one write, so that nothing flickers. Uses only cursor movement and erasing, which every terminal since
 * the VT100 knows, and no colours. Source: ECMA-48, CUU, EL and ED.
 */
public final class TerminalProgress extends StatefulProgress {

    private static final long REDRAW_MILLIS = 100;
    private static final String ERASE_REST_OF_LINE = "\u001b[K";
    private static final String ERASE_BELOW = "\u001b[J";

    private final PrintStream err;
    private final IntSupplier columns;
    private List<String> onScreen = List.of();
    private boolean ended;

    /** @param columns what the terminal has at the moment */
    public TerminalProgress(PrintStream err, IntSupplier columns) {
        this(err, columns, System::nanoTime);
        every(REDRAW_MILLIS, "progress", this::paint);
    }

    TerminalProgress(PrintStream err, IntSupplier columns, LongSupplier nanoClock) {
        super(nanoClock);
        this.err = err;
        this.columns = columns;
    }

    /** @return false when there is nothing more to paint */
    synchronized boolean paint() {
        if (!ended) {
            // One column stays free, so that no line wraps.
            List<String> lines = ProgressRenderer.lines(snapshot(), columns.getAsInt() - 1);
            StringBuilder text = new StringBuilder(toFirstLine());
            lines.forEach(line -> text.append(line).append(ERASE_REST_OF_LINE).append('\n'));
            err.print(text.append(ERASE_BELOW));
            err.flush();
            onScreen = lines;
        }
        return !ended;
    }

    /** A terminal that became narrower since has broken the longer lines into several rows. */
    private String toFirstLine() {
        int width = columns.getAsInt();
        int rows = onScreen.stream()
                .mapToInt(line -> Math.max(1, (line.length() + width - 1) / width))
                .sum();
        return rows == 0 ? "" : "\u001b[" + rows + "A\r";
    }

    private void erase() {
        err.print(toFirstLine() + (onScreen.isEmpty() ? "" : ERASE_BELOW));
        err.flush();
        onScreen = new ArrayList<>();
    }

    @Override
    public synchronized void note(String sentence) {
        if (!ended) {
            erase();
        }
        err.println("jrun: " + sentence);
    }

    @Override
    public synchronized void ended() {
        if (!ended) {
            ended = true;
            erase();
        }
    }
}
