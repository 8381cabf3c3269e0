package io.jrun.cli.progress;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jrun.json.Json;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** What logs and programs get of one and the same import. */
class LoggedProgressTest {

    private static final long SECOND = 1_000_000_000L;

    private final ByteArrayOutputStream written = new ByteArrayOutputStream();
    private final PrintStream err = new PrintStream(written, true, StandardCharsets.UTF_8);
    private final AtomicLong clock = new AtomicLong(5);

    private List<String> lines() {
        return written.toString(StandardCharsets.UTF_8).lines().toList();
    }

    private void pass(double seconds) {
        clock.addAndGet((long) (seconds * SECOND));
    }

    private void begin(ImportListener listener) {
        listener.phaseBegan(Phase.RESOLVE, "resolving lab/solver:2.1");
        pass(0.5);
        listener.layersKnown(List.of(
                new ImportListener.LayerSize("sha256:aa", 2_000_000),
                new ImportListener.LayerSize("sha256:bb", 6_000_000)));
        listener.phaseBegan(Phase.CONVERT, "converting 2 layers of lab/solver:2.1");
        listener.layerCached(0);
        listener.layerResumed(1, 1_000_000);
    }

    private void end(ImportListener listener) {
        listener.bytesReceived(1, 3_000_000);
        listener.layerDone(1);
        listener.bytesConverted(0, 2_000_000);
        listener.bytesConverted(1, 6_000_000);
        pass(2);
        listener.phaseBegan(Phase.FINISH, "writing the tables of the image file");
        pass(1);
        listener.note("imported lab/solver:2.1");
        listener.ended();
        listener.note("too late");
    }

    @Test
    void aLogHasOneLineForEachPhaseWithWhatTheOneBeforeTook() {
        PlainProgress progress = new PlainProgress(err, clock::get);

        begin(progress);
        end(progress);

        assertEquals(
                List.of(
                        "jrun: resolving lab/solver:2.1",
                        "jrun: converting 2 layers of lab/solver:2.1, 8.00 MB (resolved in 0.5 s)",
                        "jrun: writing the tables of the image file (converted 8.00 MB in 2.0 s, 6.00 MB of it fetched)",
                        "jrun: imported lab/solver:2.1"),
                lines());
    }

    @Test
    void aLogShowsLifeInLongPhases() {
        PlainProgress progress = new PlainProgress(err, clock::get);
        begin(progress);
        progress.tick();
        progress.bytesReceived(1, 2_000_000);
        progress.bytesConverted(0, 500_000);
        pass(2);

        assertTrue(progress.tick());

        assertEquals(
                "jrun: still converting 2 layers of lab/solver:2.1,"
                        + " fetched 5.00 MB of 8.00 MB, 800 kB/s, 00:04 left,"
                        + " converted 500 kB of 8.00 MB, 200 kB/s, 00:38 left",
                lines().get(3));
        progress.ended();
        assertFalse(progress.tick());
    }

    @Test
    void aLogTellsHowFarTheOtherProcessIs() {
        PlainProgress progress = new PlainProgress(err, clock::get);
        progress.phaseBegan(Phase.WAIT, "waiting for process 17 on node7");
        progress.followed("converting", 1_000_000, 2_000_000);
        progress.tick();
        pass(3);
        progress.phaseBegan(Phase.RESOLVE, "resolving");

        assertEquals(
                List.of(
                        "jrun: waiting for process 17 on node7",
                        "jrun: still waiting for process 17 on node7, there 1.00 MB of 2.00 MB",
                        "jrun: resolving (waited 3.0 s)"),
                lines());
    }

    @Test
    void programsGetOneObjectALine() {
        JsonProgress progress = new JsonProgress(err, clock::get);

        begin(progress);
        pass(1);
        progress.bytesReceived(1, 2_000_000);
        progress.tick();
        progress.tick();
        end(progress);

        assertEquals(
                List.of(
                        "{\"event\":\"phase\",\"seconds\":0.000,\"phase\":\"resolve\",\"doing\":\"resolving lab/solver:2.1\"}",
                        "{\"event\":\"layers\",\"seconds\":0.500,\"layers\":[{\"digest\":\"sha256:aa\",\"total\":2000000},"
                                + "{\"digest\":\"sha256:bb\",\"total\":6000000}],\"total\":8000000}",
                        "{\"event\":\"phase\",\"seconds\":0.500,\"phase\":\"convert\",\"doing\":\"converting 2 layers of lab/solver:2.1\"}",
                        "{\"event\":\"layer\",\"seconds\":0.500,\"layer\":\"sha256:aa\",\"state\":\"cached\",\"bytes\":2000000,\"total\":2000000}",
                        "{\"event\":\"layer\",\"seconds\":0.500,\"layer\":\"sha256:bb\",\"state\":\"resumed\",\"bytes\":1000000,\"total\":6000000}",
                        "{\"event\":\"layer\",\"seconds\":1.500,\"layer\":\"sha256:bb\",\"state\":\"fetching\",\"bytes\":3000000,\"total\":6000000}",
                        "{\"event\":\"progress\",\"seconds\":1.500,\"phase\":\"convert\",\"fetched\":5000000,\"converted\":0,"
                                + "\"total\":8000000,\"fetchedPerSecond\":2000000,\"convertedPerSecond\":0}",
                        "{\"event\":\"progress\",\"seconds\":1.500,\"phase\":\"convert\",\"fetched\":5000000,\"converted\":0,"
                                + "\"total\":8000000,\"fetchedPerSecond\":2000000,\"convertedPerSecond\":0}",
                        "{\"event\":\"layer\",\"seconds\":1.500,\"layer\":\"sha256:bb\",\"state\":\"done\",\"bytes\":6000000,\"total\":6000000}",
                        "{\"event\":\"phase\",\"seconds\":3.500,\"phase\":\"finish\",\"doing\":\"writing the tables of the image file\"}",
                        "{\"event\":\"note\",\"seconds\":4.500,\"text\":\"imported lab/solver:2.1\"}",
                        "{\"event\":\"end\",\"seconds\":4.500}"),
                lines());
    }

    private void read(ImportListener listener, long total) {
        listener.readingBegan(Phase.CONVERT, "converting tar:a.tar", total);
        pass(2);
        listener.bytesRead(3_000_000);
    }

    @Test
    void aLogShowsLifeWhereOneThingIsRead() {
        PlainProgress progress = new PlainProgress(err, clock::get);
        progress.readingBegan(Phase.CONVERT, "converting tar:a.tar", 8_000_000);
        progress.tick();
        pass(2);
        progress.bytesRead(3_000_000);
        progress.tick();
        progress.phaseBegan(Phase.FINISH, "completing the result");

        assertEquals(
                List.of(
                        "jrun: converting tar:a.tar, 8.00 MB",
                        "jrun: still converting tar:a.tar, 0 B of 8.00 MB",
                        "jrun: still converting tar:a.tar, 3.00 MB of 8.00 MB, 1.50 MB/s, 00:04 left",
                        "jrun: completing the result (read 3.00 MB in 2.0 s)"),
                lines());
    }

    @Test
    void ofAStreamALogShowsAmountAndRate() {
        PlainProgress progress = new PlainProgress(err, clock::get);
        progress.readingBegan(Phase.RESOLVE, "reading standard input", 0);
        progress.tick();
        pass(2);
        progress.bytesRead(3_000_000);
        progress.tick();

        assertEquals(
                List.of(
                        "jrun: reading standard input",
                        "jrun: still reading standard input, 0 B",
                        "jrun: still reading standard input, 3.00 MB, 1.50 MB/s"),
                lines());
    }

    @Test
    void programsHearOfOneThingThatIsRead() {
        JsonProgress progress = new JsonProgress(err, clock::get);
        read(progress, 8_000_000);
        progress.tick();
        progress.readingBegan(Phase.RESOLVE, "reading standard input", 0);
        progress.bytesRead(5);
        progress.tick();

        assertEquals(
                List.of(
                        "{\"event\":\"phase\",\"seconds\":0.000,\"phase\":\"convert\",\"doing\":\"converting tar:a.tar\",\"total\":8000000}",
                        "{\"event\":\"read\",\"seconds\":2.000,\"phase\":\"convert\",\"bytes\":3000000,\"total\":8000000,\"bytesPerSecond\":0}",
                        "{\"event\":\"phase\",\"seconds\":2.000,\"phase\":\"resolve\",\"doing\":\"reading standard input\"}",
                        "{\"event\":\"read\",\"seconds\":2.000,\"phase\":\"resolve\",\"bytes\":5,\"bytesPerSecond\":0}"),
                lines());
    }

    @Test
    void aLayerThatIsTakenOverCountsAsConvertedAndNotAsFetched() {
        JsonProgress progress = new JsonProgress(err, clock::get);

        begin(progress);
        progress.layerReused(1);

        assertEquals(
                "{\"event\":\"layer\",\"seconds\":0.500,\"layer\":\"sha256:bb\",\"state\":\"reused\",\"bytes\":6000000,\"total\":6000000}",
                lines().get(lines().size() - 1));
        assertEquals(6_000_000, progress.snapshot().convertedInBytes());
    }

    @Test
    void timingsAddUpThePhases() {
        AtomicLong cpu = new AtomicLong();
        Timings timings = new Timings(clock::get, cpu::get);
        begin(timings);
        cpu.set(SECOND);
        pass(1);
        timings.layerReused(0);
        timings.bytesReceived(1, 10);
        end(timings);

        assertEquals(
                "{\"wallSeconds\":4.500,\"cpuSeconds\":1.000,\"layersReused\":1,\"phases\":{"
                        + "\"resolve\":{\"wallSeconds\":0.500,\"cpuSeconds\":0.000},"
                        + "\"convert\":{\"wallSeconds\":3.000,\"cpuSeconds\":1.000},"
                        + "\"finish\":{\"wallSeconds\":1.000,\"cpuSeconds\":0.000},"
                        + "\"other\":{\"wallSeconds\":0.000,\"cpuSeconds\":0.000},"
                        + "\"download\":{\"wallSeconds\":0.000}}}",
                new String(Json.toBytes(timings.toJson()), StandardCharsets.UTF_8));
    }
}
