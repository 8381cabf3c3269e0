package io.jrun.image.squashfs;

import io.jrun.error.CorruptDataException;
import io.jrun.error.Failure;
import io.jrun.error.HostUnsupportedException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;

/**
 * Files of Apptainer and Singularity: a table of objects, of which one is the root file system, usually as squashfs. All
 * numbers are little-endian, nothing is padded.
 *
 * <pre>
 * header       0  what execve(2) runs   32  "SIF_MAGIC" and a zero byte   96  place of the table, 8 bytes   104  its length
 * descriptor   0  kind, 4 bytes          4  1 if in use                   17  place of the object, 8 bytes   25  its size
 *            201  of a partition: its file system, 4 bytes               205  its role, 4 bytes             585  in all
 * </pre>
 *
 * Source: Singularity Image Format, version 01.
 */
final class SifFile {

    private static final byte[] MAGIC = "SIF_MAGIC\0".getBytes(StandardCharsets.US_ASCII);
    private static final int MAGIC_AT = 32;
    private static final int HEADER_SIZE = 128;
    private static final int TABLE_PLACE_AT = 96;
    private static final int TABLE_LENGTH_AT = 104;

    private static final int DESCRIPTOR_SIZE = 585;
    private static final int USED_AT = 4;
    private static final int PLACE_AT = 17;
    private static final int SIZE_AT = 25;
    private static final int FILE_SYSTEM_AT = 201;
    private static final int ROLE_AT = 205;

    private static final int PARTITION = 0x4004;
    private static final int ROOT_ROLE = 2;
    private static final int SQUASHFS = 1;

    /** Files have a handful of objects and room for 48. */
    private static final int MAX_DESCRIPTORS = 4096;

    /** Where an object lies. */
    record Extent(long position, long size) {}

    private final FileChannel channel;
    private final Path path;

    private SifFile(FileChannel channel, Path path) {
        this.channel = channel;
        this.path = path;
    }

    /**
     * The root file system in a file of this kind; empty for any other file.
     *
     * @throws HostUnsupportedException where it is no squashfs
     */
    static Optional<Extent> rootOf(FileChannel channel, Path path) throws IOException {
        if (channel.size() < HEADER_SIZE) {
            return Optional.empty();
        }
        SifFile file = new SifFile(channel, path);
        byte[] header = file.read(0, HEADER_SIZE);
        return isSif(header) ? Optional.of(file.root(header)) : Optional.empty();
    }

    /** @param start the first bytes of a file, 42 or more where it has them */
    static boolean isSif(byte[] start) {
        return start.length >= MAGIC_AT + MAGIC.length
                && Arrays.equals(start, MAGIC_AT, MAGIC_AT + MAGIC.length, MAGIC, 0, MAGIC.length);
    }

    private Extent root(byte[] header) throws IOException {
        long place = LittleEndian.i64(header, TABLE_PLACE_AT);
        long length = LittleEndian.i64(header, TABLE_LENGTH_AT);
        requireInside(place, length, TABLE_PLACE_AT);
        long count = Math.min(length / DESCRIPTOR_SIZE, MAX_DESCRIPTORS);
        for (int i = 0; i < count; i++) {
            long at = place + (long) i * DESCRIPTOR_SIZE;
            byte[] descriptor = read(at, DESCRIPTOR_SIZE);
            if (isRoot(descriptor)) {
                return squashfs(descriptor, at);
            }
        }
        throw unsupported("it has no partition with a root file system");
    }

    private static boolean isRoot(byte[] descriptor) {
        return LittleEndian.u32(descriptor, 0) == PARTITION
                && descriptor[USED_AT] == 1
                && LittleEndian.u32(descriptor, ROLE_AT) == ROOT_ROLE;
    }

    private Extent squashfs(byte[] descriptor, long at) throws IOException {
        if (LittleEndian.u32(descriptor, FILE_SYSTEM_AT) != SQUASHFS) {
            throw unsupported("its root file system is no squashfs, but ext3 or encrypted");
        }
        Extent extent = new Extent(LittleEndian.i64(descriptor, PLACE_AT), LittleEndian.i64(descriptor, SIZE_AT));
        requireInside(extent.position(), extent.size(), at + PLACE_AT);
        return extent;
    }

    private HostUnsupportedException unsupported(String why) {
        return new HostUnsupportedException(Failure.of("read the SIF file " + path, why)
                .hint("let its maker unpack it (apptainer build --sandbox DIR " + path + ") and use dir:DIR"));
    }

    private void requireInside(long place, long length, long at) throws IOException {
        if (place < 0 || length < 0 || place > channel.size() - length) {
            throw new CorruptDataException(
                    Failure.of("read the SIF file " + path, "at " + at + " it names a place outside of itself"));
        }
    }

    private byte[] read(long position, int length) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(length);
        while (bytes.hasRemaining()) {
            if (channel.read(bytes, position + bytes.position()) < 0) {
                throw new CorruptDataException(Failure.of(
                        "read the SIF file " + path, "the file ends at " + channel.size() + ", inside its table"));
            }
        }
        return bytes.array();
    }
}
