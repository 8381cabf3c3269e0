package io.jrun.image.convert;

import io.jrun.error.Failure;
import io.jrun.error.FileFailure;
import io.jrun.error.StorageException;
import io.jrun.image.convert.ConversionRequest.Existing;
import io.jrun.image.source.ImageFileBlob;
import io.jrun.image.source.ImageSource;
import io.jrun.image.squashfs.SquashfsImage;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** Takes an image file from a source that has one ready, byte for byte. */
public final class ImageFileFetch {

    private static final int BUFFER_SIZE = 1 << 18;

    private ImageFileFetch() {}

    /** Returns the size. When it throws, nothing lies under the output's name that was not there before. */
    public static long fetch(ImageSource source, ImageFileBlob blob, Path target, Existing existing)
            throws IOException {
        try (OutputFile output = OutputFile.open(target, existing);
                InputStream in = source.openLayer(blob.file());
                FileChannel out = FileChannel.open(output.temporary(), StandardOpenOption.WRITE)) {
            byte[] buffer = new byte[BUFFER_SIZE];
            for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
                write(out, ByteBuffer.wrap(buffer, 0, count), target);
            }
            sync(out, target);
            requireImage(output);
            output.publish();
        }
        return blob.file().sizeInBytes();
    }

    private static void write(FileChannel out, ByteBuffer bytes, Path target) throws StorageException {
        try {
            while (bytes.hasRemaining()) {
                out.write(bytes);
            }
        } catch (IOException e) {
            throw notWritable(target, e);
        }
    }

    private static void sync(FileChannel out, Path target) throws StorageException {
        try {
            out.force(true);
        } catch (IOException e) {
            throw notWritable(target, e);
        }
    }

    private static StorageException notWritable(Path target, IOException e) {
        return new StorageException(
                Failure.of("write " + target, FileFailure.cause(e)).hint("choose another place with -o"), e);
    }

    /** Opening reads the superblock and the places of all tables. */
    private static void requireImage(OutputFile output) throws IOException {
        SquashfsImage.open(output.temporary()).close();
    }
}
