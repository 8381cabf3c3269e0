package io.jrun.cli.progress;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class TerminalProgressTest {

    private final ByteArrayOutputStream written = new ByteArrayOutputStream();
    private final PrintStream err = new PrintStream(written, true, StandardCharsets.UTF_8);

    @Test
    void barsDoNotStayOnTheScreen() {
        TerminalProgress progress = new TerminalProgress(err, 79);
        progress.phaseBegan("importing");
        progress.ended();

        String text = written.toString(StandardCharsets.UTF_8);
        assertTrue(!text.endsWith("importing\n"), text);
    }

    @Test
    void nothingIsDrawnBehindTheEnd() throws InterruptedException {
        TerminalProgress progress = new TerminalProgress(err, 79);
        progress.ended();
        int length = written.size();
        progress.ended();
        Thread.sleep(250);

        assertEquals(length, written.size());
    }

    @Test
    void elsewhereEachPhaseIsOneLine() {
        PlainProgress progress = new PlainProgress(err);
        progress.phaseBegan("resolving lab/solver:2.1");
        progress.layersKnown(List.of(new ImportListener.LayerSize("sha256:00", 1500)));
        progress.bytesReceived(0, 1500);
        progress.layerDone(0);
        progress.ended();

        assertEquals(
                "jrun: resolving lab/solver:2.1\njrun: 1 layer, 1.50 kB\n", written.toString(StandardCharsets.UTF_8));
    }
}
