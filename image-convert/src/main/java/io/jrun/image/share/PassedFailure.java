package io.jrun.image.share;

import io.jrun.error.CorruptDataException;
import io.jrun.error.DeniedException;
import io.jrun.error.Failure;
import io.jrun.error.JrunException;
import io.jrun.error.NotFoundException;
import io.jrun.error.TransferException;
import io.jrun.json.JsonValue;
import io.jrun.json.JsonValue.JsonObject;
import io.jrun.json.JsonValue.JsonString;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * A producer's failure that would meet each waiter in turn: told to all at once instead. A full disk or a missing library
 * may be the producer's node alone and is not passed on.
 */
record PassedFailure(Kind kind, String what, String why, Optional<String> hint) {

    /** Keeps a lease within what its readers read. */
    private static final int MAX_CHARACTERS = 1000;

    enum Kind {
        NOT_FOUND,
        DENIED,
        CORRUPT,
        TRANSFER
    }

    static Optional<PassedFailure> of(IOException failure) {
        if (failure instanceof NotFoundException e) {
            return Optional.of(of(Kind.NOT_FOUND, e));
        } else if (failure instanceof DeniedException e) {
            return Optional.of(of(Kind.DENIED, e));
        } else if (failure instanceof CorruptDataException e) {
            return Optional.of(of(Kind.CORRUPT, e));
        } else if (failure instanceof TransferException e) {
            return Optional.of(of(Kind.TRANSFER, e));
        }
        return Optional.empty();
    }

    private static PassedFailure of(Kind kind, JrunException e) {
        return new PassedFailure(
                kind,
                shortened(e.failure().what()),
                shortened(e.failure().why()),
                e.failure().hint().map(PassedFailure::shortened));
    }

    private static String shortened(String text) {
        return text.length() <= MAX_CHARACTERS ? text : text.substring(0, MAX_CHARACTERS);
    }

    static Optional<PassedFailure> read(JsonObject object) {
        String kindName = text(object, "kind");
        for (Kind kind : Kind.values()) {
            if (kind.name().equals(kindName)) {
                return Optional.of(new PassedFailure(
                        kind,
                        text(object, "what"),
                        text(object, "why"),
                        Optional.of(text(object, "hint")).filter(hint -> !hint.isEmpty())));
            }
        }
        return Optional.empty();
    }

    private static String text(JsonObject object, String name) {
        return object.members().get(name) instanceof JsonString string ? string.value() : "";
    }

    JsonObject toJson() {
        Map<String, JsonValue> members = new LinkedHashMap<>();
        members.put("kind", JsonValue.of(kind.name()));
        members.put("what", JsonValue.of(what));
        members.put("why", JsonValue.of(why));
        members.put("hint", JsonValue.of(hint.orElse("")));
        return new JsonObject(members);
    }

    JrunException toException(String host) {
        Failure plain = Failure.of(what, why + ", as " + host + " found");
        Failure failure = hint.isPresent() ? plain.hint(hint.get()) : plain;
        return switch (kind) {
            case NOT_FOUND -> new NotFoundException(failure);
            case DENIED -> new DeniedException(failure);
            case CORRUPT -> new CorruptDataException(failure);
            case TRANSFER -> new TransferException(failure);
        };
    }
}
