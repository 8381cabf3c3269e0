package io.jrun.image.account;

import java.nio.charset.StandardCharsets;
import java.util.Base64;

/** A password or token. Prints as {@code <redacted>}; only what builds a request line reads it. */
public record Secret(String reveal) {

    /** The value of an Authorization header. Source: RFC 7617. */
    public static Secret basic(String user, Secret password) {
        byte[] pair = (user + ':' + password.reveal()).getBytes(StandardCharsets.UTF_8);
        return new Secret("Basic " + Base64.getEncoder().encodeToString(pair));
    }

    public static Secret bearer(Secret token) {
        return new Secret("Bearer " + token.reveal());
    }

    @Override
    public String toString() {
        return "<redacted>";
    }
}
