package io.jrun.cli.progress;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jrun.cli.progress.ImportListener.LayerSize;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ProgressRendererTest {

    private static final String DIGEST_A = "sha256:8f2a91c04d1e77aa";
    private static final String DIGEST_B = "sha256:00112233445566aa";

    private final ProgressState state = new ProgressState();

    @Test
    void beforeTheLayersAreKnownOnlyThePhaseIsShown() {
        state.begin(Phase.RESOLVE, "resolving lab/solver:2.1", 0);

        assertEquals(List.of("resolving lab/solver:2.1"), ProgressRenderer.lines(state.snapshot(0), 80));
    }

    private void halfWay() {
        state.begin(Phase.CONVERT, "converting 2 layers of lab/solver:2.1", 0);
        state.know(List.of(new LayerSize(DIGEST_A, 2_000_000), new LayerSize(DIGEST_B, 6_000_000)));
        state.cache(0);
        state.snapshot(0);
        state.receive(1, 3_000_000);
        state.convert(0, 2_000_000);
    }

    @Test
    void runningLayersAndTheTotalsHaveBarsRatesAndTimeLeft() {
        halfWay();

        List<String> lines = ProgressRenderer.lines(state.snapshot(1_000_000_000L), 100);

        assertEquals(
                List.of(
                        "converting 2 layers of lab/solver:2.1",
                        "  2/2 001122334455    [############------------]  50%  3.00 MB of 6.00 MB, 3.00 MB/s, 00:01 left",
                        "  fetched             [###############---------]  62%  5.00 MB of 8.00 MB, 3.00 MB/s, 00:01 left",
                        "  converted           [######------------------]  25%  2.00 MB of 8.00 MB, 2.00 MB/s, 00:03 left"),
                lines);
    }

    @Test
    void ofEightyColumnsTheTimeLeftIsWhole() {
        halfWay();

        assertEquals(
                List.of(
                        "converting 2 layers of lab/solver:2.1",
                        "  layer 2/2     [#####------]  50%  3.00 MB of 6.00 MB, 3.00 MB/s, 00:01 left",
                        "  fetched       [######-----]  62%  5.00 MB of 8.00 MB, 3.00 MB/s, 00:01 left",
                        "  converted     [##---------]  25%  2.00 MB of 8.00 MB, 2.00 MB/s, 00:03 left"),
                ProgressRenderer.lines(state.snapshot(1_000_000_000L), 79));
    }

    private String lineOfWidth(int columns) {
        return ProgressRenderer.lines(state.snapshot(1_000_000_000L), columns).get(1);
    }

    @Test
    void narrowTerminalsLoseTheBarsFirstAndThenWhatIsMissedLeast() {
        halfWay();

        assertEquals("  layer 2/2      50%  3.00 MB of 6.00 MB, 3.00 MB/s, 00:01 left", lineOfWidth(70));
        assertEquals("  layer 2/2      50%  3.00 MB of 6.00 MB, 00:01 left", lineOfWidth(60));
        assertEquals("  layer 2/2      50% of 6.00 MB, 00:01 left", lineOfWidth(50));
        assertEquals("  layer 2/2      50%, 00:01 left", lineOfWidth(39));
        assertEquals("  layer 2/2      50%", lineOfWidth(20));
    }

    /** Numbers as wide as they become. */
    @Test
    void nothingIsCutInItsMiddle() {
        state.begin(Phase.CONVERT, "converting", 0);
        List<LayerSize> layers = new ArrayList<>();
        for (int i = 0; i < 120; i++) {
            layers.add(new LayerSize(DIGEST_A, 999_000_000_000L));
        }
        state.know(layers);
        state.snapshot(0);
        state.receive(119, 99_900_000);

        for (int columns = 34; columns < 140; columns++) {
            List<String> lines = ProgressRenderer.lines(state.snapshot(1_000_000_000L), columns);
            String layer = lines.get(1);
            assertTrue(layer.endsWith("left") && layer.length() <= columns, columns + ": " + layer);
        }
    }

    @Test
    void finishedLayersLeaveTheScreenAndAllIsAHundredPercent() {
        state.begin(Phase.CONVERT, "converting", 0);
        state.know(List.of(new LayerSize(DIGEST_A, 10)));
        state.receive(0, 10);
        state.finish(0);
        state.convert(0, 10);

        assertEquals(
                List.of(
                        "converting",
                        "  fetched       [###########] 100%  10 B of 10 B",
                        "  converted     [###########] 100%  10 B of 10 B"),
                ProgressRenderer.lines(state.snapshot(0), 79));
    }

    @Test
    void whatIsCachedNeedsNoLineForFetching() {
        state.begin(Phase.CONVERT, "converting", 0);
        state.know(List.of(new LayerSize(DIGEST_A, 10)));
        state.cache(0);

        assertEquals(
                List.of("converting", "  converted     [-----------]   0%  0 B of 10 B"),
                ProgressRenderer.lines(state.snapshot(0), 79));
    }

    @Test
    void theProgressOfAnotherProcessIsShownInstead() {
        state.begin(Phase.WAIT, "waiting for process 17 on node7, which imports the same image", 0);
        state.follow("resolving", 0, 0);
        List<String> before = ProgressRenderer.lines(state.snapshot(0), 100);
        state.follow("converting", 3_000_000, 4_000_000);

        assertEquals("  there: resolving", before.get(1));
        assertEquals(
                "  there               [##################------]  75%  3.00 MB of 4.00 MB, 3.00 MB/s, 00:01 left",
                ProgressRenderer.lines(state.snapshot(1_000_000_000L), 100).get(1));
    }

    @Test
    void oneThingThatIsReadHasABarRateAndTimeLeft() {
        state.know(List.of(new LayerSize(DIGEST_A, 10)));
        state.beginReading(Phase.CONVERT, "converting dir:tree", 8_000_000, 0);
        state.snapshot(0);
        state.read(2_000_000);

        assertEquals(
                List.of(
                        "converting dir:tree",
                        "  done                [######------------------]  25%  2.00 MB of 8.00 MB, 2.00 MB/s, 00:03 left"),
                ProgressRenderer.lines(state.snapshot(1_000_000_000L), 100));
    }

    @Test
    void ofAStreamThereIsNoBarAndMoreThanExpectedIsAll() {
        state.beginReading(Phase.CONVERT, "converting standard input", 0, 0);
        state.snapshot(0);
        state.read(2_000_000);
        List<String> stream = ProgressRenderer.lines(state.snapshot(1_000_000_000L), 100);
        state.beginReading(Phase.CONVERT, "converting", 10, 0);
        state.read(11);

        assertEquals(List.of("converting standard input", "  2.00 MB, 2.00 MB/s"), stream);
        assertTrue(ProgressRenderer.lines(state.snapshot(0), 80).get(1).contains("100%  10 B of 10 B"));
    }

    @Test
    void emptyLayersDoNotDivideByZero() {
        state.know(List.of(new LayerSize(DIGEST_A, 0)));

        assertTrue(ProgressRenderer.lines(state.snapshot(0), 80).get(1).contains("100%"));
    }

    @Test
    void noLineIsWiderThanTheTerminalAndManyLayersStayFewLines() {
        List<LayerSize> many = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            many.add(new LayerSize(DIGEST_A, 1000));
        }
        state.begin(Phase.CONVERT, "importing registry.example/a/very/long/name/that/does/not/fit:1", 0);
        state.know(many);
        for (int i = 0; i < 100; i++) {
            state.receive(i, 10);
        }

        List<String> lines = ProgressRenderer.lines(state.snapshot(0), 40);

        assertEquals(9, lines.size());
        assertTrue(lines.stream().allMatch(line -> line.length() <= 40), lines.toString());
    }

    @Test
    void bytesFetchedAgainCountOnlyOnce() {
        state.know(List.of(new LayerSize(DIGEST_A, 100)));
        state.receive(0, 60);
        state.receive(0, 100);

        assertEquals(100, state.snapshot(0).receivedInBytes());
    }

    @Test
    void whatAFormerRunLeftCountsAsReceivedButNotForTheRate() {
        state.know(List.of(new LayerSize(DIGEST_A, 1_000_000)));
        state.snapshot(0);
        state.resume(0, 900_000);
        state.receive(0, 1_000);

        ProgressSnapshot snapshot = state.snapshot(1_000_000_000L);

        assertEquals(901_000, snapshot.receivedInBytes());
        assertEquals(1_000, snapshot.bytesPerSecond());
    }

    @Test
    void theRateForgetsWhatIsOlderThanAFewSeconds() {
        state.know(List.of(new LayerSize(DIGEST_A, 1_000_000)));
        state.snapshot(0);
        state.receive(0, 500_000);
        state.snapshot(1_000_000_000L);

        long later = 0;
        for (long second = 2; second < 10; second++) {
            later = state.snapshot(second * 1_000_000_000L).bytesPerSecond();
        }

        assertEquals(0, later);
    }
}
