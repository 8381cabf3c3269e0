package io.jrun.image.reference;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * The hash that names a blob or document, printed as {@code sha256:HEX}. Two spellings of one digest cannot exist: hex
 * digits are lower case. Source: OCI image-spec 1.1, descriptor.md, "Digests".
 */
public record Digest(Algorithm algorithm, String hex) {

    private static final Pattern LOWER_HEX = Pattern.compile("[0-9a-f]+");

    /** The registered algorithms. */
    public enum Algorithm {
        SHA256("sha256", "SHA-256", 64),
        SHA512("sha512", "SHA-512", 128);

        private final String prefix;
        private final String javaName;
        private final int hexLength;

        Algorithm(String prefix, String javaName, int hexLength) {
            this.prefix = prefix;
            this.javaName = javaName;
            this.hexLength = hexLength;
        }

        /** The name before the colon. */
        public String prefix() {
            return prefix;
        }

        private static Optional<Algorithm> named(String prefix) {
            return Arrays.stream(values())
                    .filter(algorithm -> algorithm.prefix.equals(prefix))
                    .findFirst();
        }
    }

    public Digest {
        if (hex.length() != algorithm.hexLength || !LOWER_HEX.matcher(hex).matches()) {
            throw new IllegalArgumentException(
                    algorithm.prefix + " takes " + algorithm.hexLength + " lower-case hex digits, not \"" + hex + '"');
        }
    }

    /** Empty when the text is no digest of a registered algorithm. */
    public static Optional<Digest> parse(String text) {
        int colon = text.indexOf(':');
        if (colon < 0) {
            return Optional.empty();
        }
        String hex = text.substring(colon + 1);
        return Algorithm.named(text.substring(0, colon))
                .filter(algorithm -> hex.length() == algorithm.hexLength
                        && LOWER_HEX.matcher(hex).matches())
                .map(algorithm -> new Digest(algorithm, hex));
    }

    /** The SHA-256 digest of a whole document. */
    public static Digest sha256(byte[] document) {
        return of(Algorithm.SHA256, document);
    }

    /** The digest of a whole document under a given algorithm. */
    public static Digest of(Algorithm algorithm, byte[] document) {
        Hasher hasher = hasher(algorithm);
        hasher.update(document, 0, document.length);
        return hasher.finish();
    }

    public static Hasher hasher(Algorithm algorithm) {
        return new Hasher(algorithm);
    }

    /** {@code ALGORITHM:HEX}. */
    @Override
    public String toString() {
        return algorithm.prefix + ':' + hex;
    }

    /** Computes a digest piece by piece; not safe for use by several threads. */
    public static final class Hasher {

        private final Algorithm algorithm;
        private final MessageDigest state;

        private Hasher(Algorithm algorithm) {
            this.algorithm = algorithm;
            try {
                this.state = MessageDigest.getInstance(algorithm.javaName);
            } catch (NoSuchAlgorithmException e) {
                throw new IllegalStateException("every Java runtime must have " + algorithm.javaName, e);
            }
        }

        public void update(byte[] bytes, int offset, int length) {
            state.update(bytes, offset, length);
        }

        /** Consumes what remains in the buffer. */
        public void update(ByteBuffer bytes) {
            state.update(bytes);
        }

        /** The digest of all bytes so far; the hasher is then as new. */
        public Digest finish() {
            return new Digest(algorithm, HexFormat.of().formatHex(state.digest()));
        }
    }
}
