package io.jrun.cli.progress;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Draws a snapshot as lines of ASCII; pure. */
final class ProgressRenderer {

    /** So many layers are shown at most; the others only count in the total. */
    private static final int LAYER_LINES = 6;

    private static final int BAR_CELLS = 24;
    private static final int DIGEST_CHARACTERS = 12;

    private ProgressRenderer() {}

    /** Without line ends; no line is longer than {@code columns}. */
    static List<String> lines(ProgressSnapshot snapshot, int columns) {
        List<String> lines = new ArrayList<>();
        lines.add(snapshot.doing());
        List<ProgressSnapshot.Layer> layers = snapshot.layers();
        int shown = 0;
        for (int i = 0; i < layers.size() && shown < LAYER_LINES; i++) {
            ProgressSnapshot.Layer layer = layers.get(i);
            if (!layer.done() && layer.receivedInBytes() > 0) {
                lines.add(layerLine(i, layers.size(), layer));
                shown++;
            }
        }
        if (!layers.isEmpty()) {
            lines.add(totalLine(snapshot));
        }
        return lines.stream().map(line -> cut(line, columns)).toList();
    }

    private static String layerLine(int index, int count, ProgressSnapshot.Layer layer) {
        return String.format(
                Locale.ROOT,
                "  %-10s %s %s  %s of %s",
                (index + 1) + "/" + count,
                bar(layer.receivedInBytes(), layer.sizeInBytes()),
                percent(layer.receivedInBytes(), layer.sizeInBytes()),
                shortDigest(layer.digest()),
                Amounts.bytes(layer.sizeInBytes()));
    }

    private static String totalLine(ProgressSnapshot snapshot) {
        long received = snapshot.receivedInBytes();
        long total = snapshot.totalInBytes();
        long done =
                snapshot.layers().stream().filter(ProgressSnapshot.Layer::done).count();
        StringBuilder line = new StringBuilder(String.format(
                Locale.ROOT,
                "  %-10s %s %s  %s of %s",
                done + "/" + snapshot.layers().size() + " done",
                bar(received, total),
                percent(received, total),
                Amounts.bytes(received),
                Amounts.bytes(total)));
        if (snapshot.bytesPerSecond() > 0 && received < total) {
            Duration left = Duration.ofSeconds((total - received) / snapshot.bytesPerSecond());
            line.append(", ").append(Amounts.bytes(snapshot.bytesPerSecond())).append("/s, ");
            line.append(Amounts.clock(left)).append(" left");
        }
        return line.toString();
    }

    private static String bar(long part, long whole) {
        int filled = (int) (whole == 0 ? BAR_CELLS : BAR_CELLS * (double) part / whole);
        return "[" + "#".repeat(filled) + "-".repeat(BAR_CELLS - filled) + "]";
    }

    /** Rounded down, so that 100 means all. */
    private static String percent(long part, long whole) {
        return String.format(Locale.ROOT, "%3d%%", whole == 0 ? 100 : (long) (100 * (double) part / whole));
    }

    private static String shortDigest(String digest) {
        String hex = digest.substring(digest.indexOf(':') + 1);
        return hex.substring(0, Math.min(DIGEST_CHARACTERS, hex.length()));
    }

    private static String cut(String line, int columns) {
        return line.length() <= columns ? line : line.substring(0, columns);
    }
}
