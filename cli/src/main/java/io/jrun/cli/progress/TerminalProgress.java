package io.jrun.cli.progress;

import java.io.PrintStream;
import java.util.List;

/**
 * Bars that redraw themselves ten times a second, by a thread of its own. Uses only cursor movement and erasing, which
 * every terminal since the VT100 knows. Source: ECMA-48, CUU and ED.
 */
public final class TerminalProgress implements ImportListener {

    private static final long REDRAW_MILLIS = 100;
    private static final String ERASE_BELOW = "\u001b[J";

    private final PrintStream err;
    private final int columns;
    private final ProgressState state = new ProgressState();
    private final Thread painter;
    private int linesOnScreen;
    private boolean ended;

    /** @param columns one less than the terminal has, so that no line wraps */
    public TerminalProgress(PrintStream err, int columns) {
        this.err = err;
        this.columns = columns;
        this.painter = new Thread(this::paintUntilEnd, "progress");
        painter.setDaemon(true);
        painter.start();
    }

    private void paintUntilEnd() {
        try {
            while (paint()) {
                Thread.sleep(REDRAW_MILLIS);
            }
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
        }
    }

    private synchronized boolean paint() {
        if (!ended) {
            List<String> lines = ProgressRenderer.lines(state.snapshot(System.nanoTime()), columns);
            StringBuilder text = new StringBuilder(eraseSequence());
            lines.forEach(line -> text.append(line).append('\n'));
            err.print(text);
            err.flush();
            linesOnScreen = lines.size();
        }
        return !ended;
    }

    private String eraseSequence() {
        return linesOnScreen == 0 ? "" : "\u001b[" + linesOnScreen + "A\r" + ERASE_BELOW;
    }

    private void erase() {
        err.print(eraseSequence());
        err.flush();
        linesOnScreen = 0;
    }

    @Override
    public void phaseBegan(String doing) {
        state.begin(doing);
    }

    @Override
    public void layersKnown(List<LayerSize> layers) {
        state.know(layers);
    }

    @Override
    public void layerCached(int layer) {
        state.cache(layer);
    }

    @Override
    public void layerResumed(int layer, long sizeInBytes) {
        state.resume(layer, sizeInBytes);
    }

    @Override
    public void bytesReceived(int layer, long sizeInBytes) {
        state.receive(layer, sizeInBytes);
    }

    @Override
    public void layerDone(int layer) {
        state.finish(layer);
    }

    @Override
    public synchronized void ended() {
        if (!ended) {
            ended = true;
            erase();
            painter.interrupt();
        }
    }
}
