package io.jrun.cli.progress;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** What is written is compared as it is, and as a terminal shows it. */
class TerminalProgressTest {

    private final ByteArrayOutputStream written = new ByteArrayOutputStream();
    private final PrintStream err = new PrintStream(written, true, StandardCharsets.UTF_8);
    private final AtomicInteger columns = new AtomicInteger(80);
    private final TerminalProgress progress = new TerminalProgress(err, columns::get, () -> 0);

    private String text() {
        return written.toString(StandardCharsets.UTF_8);
    }

    private List<String> screen() {
        return Screen.after(text(), columns.get());
    }

    @Test
    void linesAreWrittenOverEachOtherWithoutErasingThemFirst() {
        progress.phaseBegan(Phase.RESOLVE, "resolving lab/solver");
        progress.paint();
        written.reset();
        progress.phaseBegan(Phase.FINISH, "writing");
        progress.paint();

        assertEquals("\u001b[1A\rwriting\u001b[K\n\u001b[J", text());
    }

    @Test
    void fewerLinesLeaveNothingOfTheMoreBefore() {
        progress.layersKnown(List.of(new ImportListener.LayerSize("sha256:00", 1500)));
        progress.phaseBegan(Phase.CONVERT, "converting");
        progress.bytesReceived(0, 100);
        progress.paint();
        assertEquals(4, screen().size(), () -> String.join("\n", screen()));
        progress.layerDone(0);
        progress.paint();

        assertEquals(3, screen().size(), () -> String.join("\n", screen()));
    }

    @Test
    void aNarrowerWindowLeavesNoRemains() {
        progress.phaseBegan(Phase.RESOLVE, "resolving registry.example/a/rather/long/name/of/an/image:2.1");
        progress.paint();
        String before = text();
        columns.set(30);
        written.reset();
        progress.paint();

        List<String> shown = Screen.after(String.join("\n", Screen.after(before, 30)) + "\n" + text(), 30);

        assertEquals(List.of("resolving registry.example/a/"), shown);
    }

    @Test
    void barsDoNotStayOnTheScreenAndNotesDo() {
        progress.phaseBegan(Phase.RESOLVE, "resolving");
        progress.paint();
        progress.note("taking over");
        progress.paint();
        progress.ended();

        assertEquals(List.of("jrun: taking over"), screen());
    }

    @Test
    void nothingIsDrawnBehindTheEnd() {
        progress.ended();
        int length = written.size();
        progress.ended();

        assertFalse(progress.paint());
        assertEquals(length, written.size());
    }

    @Test
    void thereAreNoColours() {
        progress.layersKnown(List.of(new ImportListener.LayerSize("sha256:00", 1500)));
        progress.phaseBegan(Phase.CONVERT, "converting");
        progress.bytesReceived(0, 100);
        progress.paint();

        assertFalse(text().matches("(?s).*\u001b\\[[0-9;]*m.*"), text());
    }

    @Test
    void theWidthIsTheSecondNumberOfStty() {
        assertEquals(Optional.of(132), TerminalWidth.parse("50 132\n"));
        assertEquals(Optional.of(20), TerminalWidth.parse("50 3\n"));
        assertEquals(Optional.empty(), TerminalWidth.parse("0 0\n"));
        assertEquals(Optional.empty(), TerminalWidth.parse("stty: not a tty"));
        assertTrue(TerminalWidth.parse("").isEmpty());
    }
}
