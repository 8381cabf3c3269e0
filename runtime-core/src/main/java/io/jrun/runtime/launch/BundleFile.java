package io.jrun.runtime.launch;

import io.jrun.error.Failure;
import io.jrun.error.FileFailure;
import io.jrun.error.StorageException;
import io.jrun.error.UsageException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/**
 * Writes a bundle; bundle.h draws its layout. It has its name when it is complete and on the disk.
 */
public final class BundleFile {

    static final long MAGIC = 0x6c646e626e75726aL;
    static final int VERSION = 1;

    /** FUSE reads whole pages: an image that begins at one spares it work. */
    private static final int ALIGNMENT = 4096;

    private static final int TRAILER_SIZE = 104;
    private static final int IMAGE_FIELD = 16;
    private static final int SIZE_FIELD = 64;
    private static final int BUFFER_SIZE = 1 << 20;

    private final FileChannel out;
    private final MessageDigest sum;
    private long size;

    private BundleFile(FileChannel out) {
        this.out = out;
        try {
            this.sum = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }

    /** Where the image begins behind this program. */
    public static long imageOffset(Path program) throws IOException {
        return aligned(Files.size(program), ALIGNMENT);
    }

    /** Where the image lies in a file that is a bundle; 0 in any other file, which may be an image itself. */
    static long offsetIn(Path file) throws IOException {
        try (FileChannel in = FileChannel.open(file)) {
            ByteBuffer trailer = ByteBuffer.allocate(TRAILER_SIZE).order(ByteOrder.LITTLE_ENDIAN);
            long from = in.size() - TRAILER_SIZE;
            while (from > 0 && trailer.hasRemaining()) {
                if (in.read(trailer, from + trailer.position()) < 0) {
                    return 0;
                }
            }
            trailer.flip();
            boolean bundle = trailer.remaining() == TRAILER_SIZE
                    && trailer.getLong(0) == MAGIC
                    && trailer.getInt(8) == VERSION
                    && trailer.getLong(SIZE_FIELD) == in.size();
            long offset = bundle ? trailer.getLong(IMAGE_FIELD) : 0;
            return offset > 0 && offset < in.size() ? offset : 0;
        }
    }

    private static long aligned(long size, int alignment) {
        return (size + alignment - 1) / alignment * alignment;
    }

    /**
     * @param program what the bundle begins with
     * @param image squashfs
     * @param mounted the plan for the mounted image
     * @param extracted the plan for the extracted one
     * @param replace whether a file of that name may be there
     * @return "sha256:" and the digest that the bundle holds
     */
    public static String write(Path program, Path image, byte[] mounted, byte[] extracted, Path output, boolean replace)
            throws IOException {
        Path directory = output.toAbsolutePath().resolveSibling(".").normalize();
        Path part = Files.createTempFile(directory, "." + output.getFileName() + ".", ".part");
        try {
            String digest;
            try (FileChannel channel =
                    FileChannel.open(part, StandardOpenOption.WRITE, StandardOpenOption.TRUNCATE_EXISTING)) {
                digest = new BundleFile(channel).write(program, image, mounted, extracted);
                channel.force(true);
            }
            Files.setPosixFilePermissions(part, PosixFilePermissions.fromString("rwxr-xr-x"));
            publish(part, output, replace);
            return digest;
        } catch (FileAlreadyExistsException e) {
            throw new UsageException(
                    Failure.of("write " + output, "it exists (EEXIST)").hint("replace it with --force"), e);
        } catch (IOException e) {
            throw e instanceof io.jrun.error.JrunException
                    ? e
                    : new StorageException(Failure.of("write " + output, FileFailure.cause(e)), e);
        } finally {
            Files.deleteIfExists(part);
        }
    }

    private static void publish(Path part, Path output, boolean replace) throws IOException {
        if (replace) {
            Files.move(part, output, StandardCopyOption.ATOMIC_MOVE);
        } else {
            Files.createLink(output, part); // fails where something has that name
        }
    }

    private String write(Path program, Path image, byte[] mounted, byte[] extracted) throws IOException {
        append(program);
        pad(ALIGNMENT);
        ByteBuffer trailer = ByteBuffer.allocate(TRAILER_SIZE).order(ByteOrder.LITTLE_ENDIAN);
        trailer.putLong(MAGIC).putInt(VERSION).putInt(0);
        trailer.putLong(size).putLong(Files.size(image));
        append(image);
        pad(8);
        trailer.putLong(size).putLong(mounted.length);
        append(ByteBuffer.wrap(mounted));
        trailer.putLong(size).putLong(extracted.length);
        append(ByteBuffer.wrap(extracted));
        trailer.putLong(size + TRAILER_SIZE);
        append(trailer.duplicate().flip());
        byte[] digest = sum.digest();
        append(ByteBuffer.wrap(digest));
        StringBuilder text = new StringBuilder("sha256:");
        for (byte b : digest) {
            text.append(Character.forDigit(b >> 4 & 15, 16)).append(Character.forDigit(b & 15, 16));
        }
        return text.toString();
    }

    private void append(Path file) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(BUFFER_SIZE);
        try (FileChannel in = FileChannel.open(file)) {
            while (in.read(buffer.clear()) >= 0) {
                append(buffer.flip());
            }
        }
    }

    private void pad(int alignment) throws IOException {
        append(ByteBuffer.allocate((int) (aligned(size, alignment) - size)));
    }

    private void append(ByteBuffer bytes) throws IOException {
        sum.update(bytes.duplicate());
        while (bytes.hasRemaining()) {
            size += out.write(bytes);
        }
    }
}
