package io.jrun.cli.progress;

import java.io.PrintStream;
import java.util.List;
import java.util.Locale;
import java.util.function.LongSupplier;

/** One line for each phase, with what the one before took, and a sign of life in long ones; for logs. */
public final class PlainProgress extends StatefulProgress {

    private static final long SIGN_OF_LIFE_MILLIS = 30_000;

    private final PrintStream err;
    private String size = "";
    private boolean ended;

    public PlainProgress(PrintStream err) {
        this(err, System::nanoTime);
        every(SIGN_OF_LIFE_MILLIS, "progress", this::tick);
    }

    PlainProgress(PrintStream err, LongSupplier nanoClock) {
        super(nanoClock);
        this.err = err;
    }

    private synchronized void print(String text) {
        if (!ended) {
            err.println("jrun: " + text);
        }
    }

    @Override
    public synchronized void phaseBegan(Phase phase, String doing) {
        String before = took(snapshot());
        super.phaseBegan(phase, doing);
        print(doing + (phase == Phase.CONVERT ? size : "") + before);
    }

    @Override
    public synchronized void readingBegan(Phase phase, String doing, long sizeInBytes) {
        String before = took(snapshot());
        super.readingBegan(phase, doing, sizeInBytes);
        print(doing + (sizeInBytes == 0 ? "" : ", " + Amounts.bytes(sizeInBytes)) + before);
    }

    @Override
    public synchronized void layersKnown(List<LayerSize> layers) {
        super.layersKnown(layers);
        size = ", "
                + Amounts.bytes(
                        layers.stream().mapToLong(LayerSize::sizeInBytes).sum());
    }

    private static String took(ProgressSnapshot snapshot) {
        String seconds = String.format(Locale.ROOT, "%.1f s", snapshot.phaseNanos() / 1e9);
        if (snapshot.reading().isPresent()) {
            return " (read " + Amounts.bytes(snapshot.reading().get().doneInBytes()) + " in " + seconds + ")";
        }
        return switch (snapshot.phase()) {
            case RESOLVE -> " (resolved in " + seconds + ")";
            case WAIT -> " (waited " + seconds + ")";
            case CONVERT ->
                snapshot.totalInBytes() == 0
                        ? " (converted in " + seconds + ")"
                        : " (converted " + Amounts.bytes(snapshot.convertedInBytes()) + " in " + seconds + ", "
                                + Amounts.bytes(snapshot.receivedInBytes() - snapshot.cachedInBytes())
                                + " of it fetched)";
            case FINISH, OTHER -> "";
        };
    }

    /** Says how far it is. @return false when there is nothing more to say */
    synchronized boolean tick() {
        if (!ended) {
            print(status(snapshot()));
        }
        return !ended;
    }

    private static String status(ProgressSnapshot snapshot) {
        StringBuilder text = new StringBuilder("still ").append(snapshot.doing());
        snapshot.followed().ifPresent(other -> text.append(", there ")
                .append(
                        other.totalInBytes() == 0
                                ? other.doing()
                                : part(other.doneInBytes(), other.totalInBytes(), other.bytesPerSecond())));
        snapshot.reading().ifPresent(reading -> text.append(", ").append(ProgressRenderer.amount(reading)));
        if (!snapshot.layers().isEmpty() && snapshot.phase() == Phase.CONVERT) {
            long total = snapshot.totalInBytes();
            text.append(", fetched ").append(part(snapshot.receivedInBytes(), total, snapshot.bytesPerSecond()));
            text.append(", converted ").append(part(snapshot.convertedInBytes(), total, snapshot.convertedPerSecond()));
        }
        return text.toString();
    }

    private static String part(long part, long whole, long bytesPerSecond) {
        return Amounts.bytes(part) + " of " + Amounts.bytes(whole) + ProgressRenderer.rate(part, whole, bytesPerSecond);
    }

    @Override
    public void note(String sentence) {
        print(sentence);
    }

    @Override
    public synchronized void ended() {
        ended = true;
    }
}
