package io.jrun.cli.progress;

import io.jrun.json.Json;
import io.jrun.json.JsonValue;
import io.jrun.json.JsonValue.JsonArray;
import io.jrun.json.JsonValue.JsonNumber;
import io.jrun.json.JsonValue.JsonObject;
import java.io.PrintStream;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;

/**
 * Events for programs: one JSON object a line. Each has {@code event} and {@code seconds} since the beginning.
 *
 * <pre>
 *   phase     phase, doing; total, where it reads one thing of known size
 *   layers    layers: [{digest, total}], total
 *   layer     layer (digest), state: cached, reused, resumed, fetching or done; bytes, total
 *   progress  phase, fetched, converted, total, fetchedPerSecond, convertedPerSecond; once a second
 *   follow    doing, bytes, total: how far the process is that does the work instead
 *   read      phase, bytes, total, bytesPerSecond: how far the one thing is read; once a second, total only if known
 *   note      text
 *   end
 * </pre>
 *
 * Sizes are bytes. Programs must ignore events and members that they do not know.
 */
public final class JsonProgress extends StatefulProgress {

    private static final long PROGRESS_MILLIS = 1000;

    private final PrintStream err;
    private final long beganNanos;
    private List<Long> told = new ArrayList<>();
    private boolean ended;

    public JsonProgress(PrintStream err) {
        this(err, System::nanoTime);
        every(PROGRESS_MILLIS, "progress", this::tick);
    }

    JsonProgress(PrintStream err, LongSupplier nanoClock) {
        super(nanoClock);
        this.err = err;
        this.beganNanos = nanos();
    }

    private synchronized void tell(String event, Map<String, JsonValue> facts) {
        if (ended) {
            return;
        }
        Map<String, JsonValue> members = new LinkedHashMap<>();
        members.put("event", JsonValue.of(event));
        members.put(
                "seconds",
                new JsonNumber(BigDecimal.valueOf(nanos() - beganNanos)
                        .movePointLeft(9)
                        .setScale(3, RoundingMode.DOWN)));
        members.putAll(facts);
        err.println(new String(Json.toBytes(new JsonObject(members)), StandardCharsets.UTF_8));
    }

    /** @return false when there is nothing more to tell */
    synchronized boolean tick() {
        ProgressSnapshot snapshot = snapshot();
        if (!ended && snapshot.reading().isPresent()) {
            tellReading(snapshot.phase(), snapshot.reading().get());
        } else if (!ended && snapshot.phase() == Phase.CONVERT) {
            for (int i = 0; i < snapshot.layers().size(); i++) {
                ProgressSnapshot.Layer layer = snapshot.layers().get(i);
                if (!layer.done() && layer.receivedInBytes() != told.get(i)) {
                    told.set(i, layer.receivedInBytes());
                    tellLayer(i, "fetching");
                }
            }
            Map<String, JsonValue> facts = new LinkedHashMap<>();
            facts.put("phase", JsonValue.of(snapshot.phase().label()));
            facts.put("fetched", JsonValue.of(snapshot.receivedInBytes()));
            facts.put("converted", JsonValue.of(snapshot.convertedInBytes()));
            facts.put("total", JsonValue.of(snapshot.totalInBytes()));
            facts.put("fetchedPerSecond", JsonValue.of(snapshot.bytesPerSecond()));
            facts.put("convertedPerSecond", JsonValue.of(snapshot.convertedPerSecond()));
            tell("progress", facts);
        }
        return !ended;
    }

    private void tellReading(Phase phase, ProgressSnapshot.Reading reading) {
        Map<String, JsonValue> facts = new LinkedHashMap<>();
        facts.put("phase", JsonValue.of(phase.label()));
        facts.put("bytes", JsonValue.of(reading.doneInBytes()));
        if (reading.totalInBytes() > 0) {
            facts.put("total", JsonValue.of(reading.totalInBytes()));
        }
        facts.put("bytesPerSecond", JsonValue.of(reading.bytesPerSecond()));
        tell("read", facts);
    }

    private void tellLayer(int index, String state) {
        ProgressSnapshot.Layer layer = snapshot().layers().get(index);
        Map<String, JsonValue> facts = new LinkedHashMap<>();
        facts.put("layer", JsonValue.of(layer.digest()));
        facts.put("state", JsonValue.of(state));
        facts.put("bytes", JsonValue.of(layer.receivedInBytes()));
        facts.put("total", JsonValue.of(layer.sizeInBytes()));
        tell("layer", facts);
    }

    @Override
    public void phaseBegan(Phase phase, String doing) {
        super.phaseBegan(phase, doing);
        tell("phase", phaseFacts(phase, doing));
    }

    @Override
    public synchronized void readingBegan(Phase phase, String doing, long sizeInBytes) {
        super.readingBegan(phase, doing, sizeInBytes);
        Map<String, JsonValue> facts = phaseFacts(phase, doing);
        if (sizeInBytes > 0) {
            facts.put("total", JsonValue.of(sizeInBytes));
        }
        tell("phase", facts);
    }

    private static Map<String, JsonValue> phaseFacts(Phase phase, String doing) {
        Map<String, JsonValue> facts = new LinkedHashMap<>();
        facts.put("phase", JsonValue.of(phase.label()));
        facts.put("doing", JsonValue.of(doing));
        return facts;
    }

    @Override
    public synchronized void layersKnown(List<LayerSize> layers) {
        super.layersKnown(layers);
        told = new ArrayList<>();
        List<JsonValue> items = new ArrayList<>();
        for (LayerSize layer : layers) {
            told.add(0L);
            Map<String, JsonValue> item = new LinkedHashMap<>();
            item.put("digest", JsonValue.of(layer.digest()));
            item.put("total", JsonValue.of(layer.sizeInBytes()));
            items.add(new JsonObject(item));
        }
        Map<String, JsonValue> facts = new LinkedHashMap<>();
        facts.put("layers", new JsonArray(items));
        facts.put("total", JsonValue.of(snapshot().totalInBytes()));
        tell("layers", facts);
    }

    @Override
    public void layerCached(int layer) {
        super.layerCached(layer);
        tellLayer(layer, "cached");
    }

    @Override
    public void layerReused(int layer) {
        super.layerReused(layer);
        tellLayer(layer, "reused");
    }

    @Override
    public void layerResumed(int layer, long sizeInBytes) {
        super.layerResumed(layer, sizeInBytes);
        tellLayer(layer, "resumed");
    }

    @Override
    public void layerDone(int layer) {
        super.layerDone(layer);
        tellLayer(layer, "done");
    }

    @Override
    public void followed(String doing, long doneInBytes, long totalInBytes) {
        super.followed(doing, doneInBytes, totalInBytes);
        Map<String, JsonValue> facts = new LinkedHashMap<>();
        facts.put("doing", JsonValue.of(doing));
        facts.put("bytes", JsonValue.of(doneInBytes));
        facts.put("total", JsonValue.of(totalInBytes));
        tell("follow", facts);
    }

    @Override
    public void note(String sentence) {
        tell("note", Map.of("text", JsonValue.of(sentence)));
    }

    @Override
    public synchronized void ended() {
        tell("end", Map.of());
        ended = true;
    }
}
