package io.jrun.image.share;

import io.jrun.error.CorruptDataException;
import io.jrun.image.blob.Owner;
import io.jrun.json.Json;
import io.jrun.json.JsonValue;
import io.jrun.json.JsonValue.JsonNumber;
import io.jrun.json.JsonValue.JsonObject;
import io.jrun.json.JsonValue.JsonString;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * What a lease file says: one JSON object, blanks up to a multiple of {@value #GRAIN} bytes, so that a shorter text written
 * over a longer one leaves nothing of it.
 *
 * @param nonce tells apart leases of one process
 * @param beat grows with each sign of life
 * @param failure why the producer has given up; it holds the lease no longer
 */
record LeaseText(
        Owner owner,
        String host,
        String nonce,
        long beat,
        ProducerProgress progress,
        boolean ended,
        Optional<PassedFailure> failure) {

    static final int GRAIN = 4096;

    /** More than any lease of ours; whatever else lies there is not read. */
    static final int MAX_SIZE_IN_BYTES = 4 * GRAIN;

    LeaseText beating(long number, ProducerProgress latest) {
        return new LeaseText(owner, host, nonce, number, latest, false, Optional.empty());
    }

    LeaseText ended(Optional<PassedFailure> why) {
        return new LeaseText(owner, host, nonce, beat + 1, progress, true, why);
    }

    boolean isSameLease(LeaseText other) {
        return owner.equals(other.owner) && nonce.equals(other.nonce);
    }

    byte[] toBytes() {
        Map<String, JsonValue> members = new LinkedHashMap<>();
        members.put("owner", JsonValue.of(owner.toString()));
        members.put("host", JsonValue.of(host));
        members.put("nonce", JsonValue.of(nonce));
        members.put("beat", JsonValue.of(beat));
        members.put("doing", JsonValue.of(progress.doing()));
        members.put("done", JsonValue.of(progress.doneInBytes()));
        members.put("total", JsonValue.of(progress.totalInBytes()));
        members.put("ended", JsonValue.of(ended));
        failure.ifPresent(why -> members.put("failure", why.toJson()));
        byte[] json = Json.toBytes(new JsonObject(members));
        byte[] padded = Arrays.copyOf(json, (json.length / GRAIN + 1) * GRAIN);
        Arrays.fill(padded, json.length, padded.length, (byte) ' ');
        padded[padded.length - 1] = '\n';
        return padded;
    }

    /** Empty for what is half written or no lease. */
    static Optional<LeaseText> parse(byte[] bytes) {
        try {
            return Json.parse(bytes, "lease") instanceof JsonObject object ? parse(object.members()) : Optional.empty();
        } catch (CorruptDataException halfWritten) {
            return Optional.empty();
        }
    }

    private static Optional<LeaseText> parse(Map<String, JsonValue> members) {
        return Owner.parse(text(members, "owner"))
                .map(owner -> new LeaseText(
                        owner,
                        text(members, "host").replaceAll("\\p{Cntrl}", "?"),
                        text(members, "nonce"),
                        number(members, "beat"),
                        new ProducerProgress(text(members, "doing"), number(members, "done"), number(members, "total")),
                        members.get("ended") instanceof JsonValue.JsonBoolean flag && flag.value(),
                        members.get("failure") instanceof JsonObject why ? PassedFailure.read(why) : Optional.empty()));
    }

    private static String text(Map<String, JsonValue> members, String name) {
        return members.get(name) instanceof JsonString string ? string.value() : "";
    }

    private static long number(Map<String, JsonValue> members, String name) {
        return members.get(name) instanceof JsonNumber number
                ? Math.max(0, number.value().longValue())
                : 0;
    }
}
