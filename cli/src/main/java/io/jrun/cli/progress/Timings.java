package io.jrun.cli.progress;

import io.jrun.json.JsonValue;
import io.jrun.json.JsonValue.JsonNumber;
import io.jrun.json.JsonValue.JsonObject;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.time.Duration;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.LongSupplier;

/**
 * Seconds of each phase, wall clock and processor time of the whole process. Downloads run while layers are converted, so
 * {@code download}, from the first byte to the last, overlaps {@code convert}; its processor time is part of that phase's.
 */
public final class Timings implements ImportListener {

    private static final class Spent {
        private long wallNanos;
        private long cpuNanos;
    }

    private final LongSupplier nanoClock;
    private final LongSupplier cpuClock;
    private final Map<Phase, Spent> phases = new EnumMap<>(Phase.class);
    private final long beganNanos;
    private Phase running = Phase.OTHER;
    private long phaseBeganNanos;
    private long phaseCpuNanos;
    private int layersReused;
    private long firstByteNanos = -1;
    private long lastByteNanos = -1;

    public Timings() {
        this(System::nanoTime, () -> ProcessHandle.current()
                .info()
                .totalCpuDuration()
                .orElse(Duration.ZERO)
                .toNanos());
    }

    /** @param cpuClock nanoseconds that this process has spent on processors */
    Timings(LongSupplier nanoClock, LongSupplier cpuClock) {
        this.nanoClock = nanoClock;
        this.cpuClock = cpuClock;
        this.beganNanos = nanoClock.getAsLong();
        this.phaseBeganNanos = beganNanos;
    }

    @Override
    public synchronized void phaseBegan(Phase phase, String doing) {
        close();
        running = phase;
    }

    private synchronized void close() {
        long now = nanoClock.getAsLong();
        long cpu = cpuClock.getAsLong();
        Spent spent = phases.computeIfAbsent(running, phase -> new Spent());
        spent.wallNanos += now - phaseBeganNanos;
        spent.cpuNanos += cpu - phaseCpuNanos;
        phaseBeganNanos = now;
        phaseCpuNanos = cpu;
    }

    @Override
    public synchronized void layerReused(int layer) {
        layersReused++;
    }

    @Override
    public synchronized void bytesReceived(int layer, long sizeInBytes) {
        lastByteNanos = nanoClock.getAsLong() - beganNanos;
        if (firstByteNanos < 0) {
            firstByteNanos = lastByteNanos;
        }
    }

    @Override
    public synchronized void ended() {
        close();
        running = Phase.OTHER;
    }

    /** To be called when all has ended. {@code other} is what happens before the first phase and behind the last. */
    public synchronized JsonValue toJson() {
        Map<String, JsonValue> parts = new LinkedHashMap<>();
        long wall = 0;
        long cpu = 0;
        for (Map.Entry<Phase, Spent> entry : phases.entrySet()) {
            Spent spent = entry.getValue();
            wall += spent.wallNanos;
            cpu += spent.cpuNanos;
            parts.put(entry.getKey().label(), seconds(spent.wallNanos, spent.cpuNanos));
        }
        if (firstByteNanos >= 0) {
            Map<String, JsonValue> download = new LinkedHashMap<>();
            download.put("wallSeconds", seconds(lastByteNanos - firstByteNanos));
            parts.put("download", new JsonObject(download));
        }
        Map<String, JsonValue> all = new LinkedHashMap<>();
        all.put("wallSeconds", seconds(wall));
        all.put("cpuSeconds", seconds(cpu));
        all.put("layersReused", JsonValue.of(layersReused));
        all.put("phases", new JsonObject(parts));
        return new JsonObject(all);
    }

    private static JsonValue seconds(long wallNanos, long cpuNanos) {
        Map<String, JsonValue> both = new LinkedHashMap<>();
        both.put("wallSeconds", seconds(wallNanos));
        both.put("cpuSeconds", seconds(cpuNanos));
        return new JsonObject(both);
    }

    private static JsonValue seconds(long nanos) {
        return new JsonNumber(BigDecimal.valueOf(nanos).movePointLeft(9).setScale(3, RoundingMode.HALF_UP));
    }
}
