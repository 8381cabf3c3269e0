package io.jrun.image.convert;

import io.jrun.error.CorruptDataException;
import io.jrun.error.Failure;
import io.jrun.image.reference.Digest;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.UUID;

/** The frame of a record: its beginning, and the digest that ends it. Appears under its name whole or not at all. */
final class LayerRecordFile {

    static final String PART_SUFFIX = ".part";

    private static final byte[] MAGIC = "jrunlayr".getBytes(StandardCharsets.US_ASCII);

    private static final int DIGEST_LENGTH = 32;

    private static final int BUFFER_SIZE = 1 << 16;

    private LayerRecordFile() {}

    /** Writes what lies between. */
    interface Body {
        void writeTo(DataOutputStream out) throws IOException;
    }

    /** Not synced: what a power cut leaves does not match its digest. */
    static void write(Path file, Body body) throws IOException {
        Path part = file.resolveSibling(file.getFileName() + "." + UUID.randomUUID() + PART_SUFFIX);
        try {
            MessageDigest sha256 = sha256();
            try (DataOutputStream out = new DataOutputStream(
                    new DigestOutputStream(new BufferedOutputStream(OwnFile.create(part), BUFFER_SIZE), sha256))) {
                DataOutputStream buffered = new DataOutputStream(new BufferedOutputStream(out, BUFFER_SIZE));
                body.writeTo(buffered);
                buffered.flush();
                out.write(sha256.digest());
            }
            Files.move(part, file, StandardCopyOption.ATOMIC_MOVE);
        } finally {
            Files.deleteIfExists(part);
        }
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    /** The length without the digest, which is right. */
    static int checkedLength(byte[] bytes, String name) throws CorruptDataException {
        int length = bytes.length - DIGEST_LENGTH;
        if (length >= MAGIC.length) {
            Digest.Hasher hasher = Digest.hasher(Digest.Algorithm.SHA256);
            hasher.update(bytes, 0, length);
            String noted = java.util.HexFormat.of().formatHex(bytes, length, bytes.length);
            if (hasher.finish().hex().equals(noted)) {
                return length;
            }
        }
        throw new CorruptDataException(Failure.of("use " + name, "it is damaged, or was cut"));
    }

    static void writeMagic(DataOutputStream out, int version) throws IOException {
        out.write(MAGIC);
        out.writeInt(version);
    }

    static void readMagic(DataInputStream in, int version) throws IOException {
        byte[] magic = in.readNBytes(MAGIC.length);
        if (!Arrays.equals(magic, MAGIC) || in.readInt() != version) {
            throw new CorruptDataException(Failure.of(
                    "use a record of a layer",
                    "it begins with " + ByteBuffer.wrap(magic) + ", as none of this version"));
        }
    }
}
