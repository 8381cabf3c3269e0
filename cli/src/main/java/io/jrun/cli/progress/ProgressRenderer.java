package io.jrun.cli.progress;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Draws a snapshot as lines of ASCII without colours; pure. */
final class ProgressRenderer {

    /** So many layers are shown at most; the others only count in the total. */
    private static final int LAYER_LINES = 6;

    private static final int MAX_BAR_CELLS = 24;

    /** What stands beside a bar, with rate and hours left; a line that holds less leaves out what is missed least. */
    private static final int COLUMNS_BESIDE_BAR = 68;

    private static final int COLUMNS_OF_DIGEST = 7;
    private static final int COLUMNS_WITH_DIGEST = 95;
    private static final int COLUMNS_WITH_BAR = COLUMNS_BESIDE_BAR + 6;
    private static final int COLUMNS_WITH_RATE = 66;
    private static final int COLUMNS_WITH_AMOUNT = 54;
    private static final int COLUMNS_WITH_WHOLE = 46;

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
                lines.add(layerLine(i, layers.size(), layer, columns));
                shown++;
            }
        }
        snapshot.followed().ifPresent(other -> lines.add(followedLine(other, columns)));
        snapshot.reading().ifPresent(reading -> lines.add(readingLine(reading, columns)));
        if (!layers.isEmpty()) {
            lines.addAll(totalLines(snapshot, columns));
        }
        return lines.stream().map(line -> cut(line, columns)).toList();
    }

    private static String layerLine(int index, int count, ProgressSnapshot.Layer layer, int columns) {
        String place = (index + 1) + "/" + count;
        return line(
                columns < COLUMNS_WITH_DIGEST ? "layer " + place : place + " " + shortDigest(layer.digest()),
                layer.receivedInBytes(),
                layer.sizeInBytes(),
                layer.bytesPerSecond(),
                columns);
    }

    private static String followedLine(ProgressSnapshot.Followed other, int columns) {
        return other.totalInBytes() == 0
                ? "  there: " + other.doing()
                : line("there", other.doneInBytes(), other.totalInBytes(), other.bytesPerSecond(), columns);
    }

    private static String readingLine(ProgressSnapshot.Reading reading, int columns) {
        return reading.totalInBytes() == 0
                ? "  " + amount(reading)
                : line("done", reading.doneInBytes(), reading.totalInBytes(), reading.bytesPerSecond(), columns);
    }

    /** With rate, and where the whole is known with it and the time left. */
    static String amount(ProgressSnapshot.Reading reading) {
        long done = reading.doneInBytes();
        if (reading.totalInBytes() > 0) {
            return Amounts.bytes(done) + " of " + Amounts.bytes(reading.totalInBytes())
                    + rate(done, reading.totalInBytes(), reading.bytesPerSecond());
        }
        return Amounts.bytes(done)
                + (reading.bytesPerSecond() > 0 ? ", " + Amounts.bytes(reading.bytesPerSecond()) + "/s" : "");
    }

    private static List<String> totalLines(ProgressSnapshot snapshot, int columns) {
        long total = snapshot.totalInBytes();
        List<String> lines = new ArrayList<>();
        if (snapshot.cachedInBytes() < total) {
            lines.add(line("fetched", snapshot.receivedInBytes(), total, snapshot.bytesPerSecond(), columns));
        }
        lines.add(line("converted", snapshot.convertedInBytes(), total, snapshot.convertedPerSecond(), columns));
        return lines;
    }

    /** Lines of one width have one form, so that their columns stand below each other. */
    private static String line(String name, long part, long whole, long bytesPerSecond, int columns) {
        StringBuilder line = new StringBuilder(
                String.format(Locale.ROOT, columns < COLUMNS_WITH_DIGEST ? "  %-13s " : "  %-19s ", name));
        if (columns >= COLUMNS_WITH_BAR) {
            int beside = COLUMNS_BESIDE_BAR + (columns < COLUMNS_WITH_DIGEST ? 0 : COLUMNS_OF_DIGEST);
            line.append(bar(part, whole, Math.min(MAX_BAR_CELLS, columns - beside)))
                    .append(' ');
        }
        line.append(percent(part, whole));
        if (columns >= COLUMNS_WITH_AMOUNT) {
            line.append("  ").append(Amounts.bytes(part));
        }
        if (columns >= COLUMNS_WITH_WHOLE) {
            line.append(" of ").append(Amounts.bytes(whole));
        }
        return line.append(
                        columns >= COLUMNS_WITH_RATE
                                ? rate(part, whole, bytesPerSecond)
                                : left(part, whole, bytesPerSecond))
                .toString();
    }

    /** Rate and time left; nothing where nothing moves or all is done. */
    static String rate(long part, long whole, long bytesPerSecond) {
        String left = left(part, whole, bytesPerSecond);
        return left.isEmpty() ? "" : ", " + Amounts.bytes(bytesPerSecond) + "/s" + left;
    }

    /** Rounded up: what is not done takes time. */
    private static String left(long part, long whole, long bytesPerSecond) {
        if (bytesPerSecond <= 0 || part >= whole) {
            return "";
        }
        long seconds = (whole - part + bytesPerSecond - 1) / bytesPerSecond;
        return ", " + Amounts.clock(Duration.ofSeconds(seconds)) + " left";
    }

    private static String bar(long part, long whole, int cells) {
        int filled = (int) (whole == 0 ? cells : cells * (double) part / whole);
        return "[" + "#".repeat(filled) + "-".repeat(cells - filled) + "]";
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
