package io.jrun.image.convert;

import io.jrun.error.Failure;
import io.jrun.error.FileFailure;
import io.jrun.error.StorageException;
import io.jrun.image.blob.ArchiveCompression;
import io.jrun.image.blob.Owner;
import io.jrun.image.convert.ConversionRequest.Compatibility;
import io.jrun.image.convert.ConversionRequest.Existing;
import io.jrun.image.layer.MergeLimits;
import io.jrun.image.reference.Platform;
import io.jrun.image.squashfs.SquashfsOptions.OwnershipPolicy;
import io.jrun.image.writer.directory.DirectoryRemover;
import io.jrun.posix.ByteString;
import io.jrun.posix.JnrPosix;
import io.jrun.posix.Posix;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** An image file as an OCI layout with one layer, for as long as it is open: what can be pushed as an ordinary image. */
public final class TemporaryLayout implements AutoCloseable {

    private final Posix posix;
    private final Path directory;

    private TemporaryLayout(Posix posix, Path directory) {
        this.posix = posix;
        this.directory = directory;
    }

    /**
     * Makes the layout.
     *
     * @param parent of layouts of many processes; is made, and rid of what dead ones left
     */
    public static TemporaryLayout of(Path imageFile, Path parent, String jrunVersion, ConversionListener listener)
            throws IOException {
        Posix posix = JnrPosix.load();
        try {
            Files.createDirectories(parent);
        } catch (IOException e) {
            throw new StorageException(Failure.of("make the directory " + parent, FileFailure.cause(e)), e);
        }
        removeLeftovers(posix, parent);
        Path directory = parent.resolve(Owner.thisProcess() + ".oci");
        ArchiveCompression gzip = ArchiveCompression.GZIP;
        ConversionRequest request = new ConversionRequest(
                Platform.ofHost(),
                directory,
                Existing.REPLACE,
                new OutputFormat.OciLayout(gzip, gzip.defaultLevel()),
                OwnershipPolicy.AS_RECORDED,
                Compatibility.NONE,
                MergeLimits.DEFAULT,
                jrunVersion);
        try (SquashfsInput input = SquashfsInput.open(imageFile)) {
            new ImageConverter(input, request, listener).convert();
        }
        return new TemporaryLayout(posix, directory);
    }

    private static void removeLeftovers(Posix posix, Path parent) throws IOException {
        try (DirectoryStream<Path> layouts = Files.newDirectoryStream(parent, "*.oci")) {
            for (Path layout : layouts) {
                Optional<Owner> owner =
                        Owner.parse(String.valueOf(layout.getFileName()).replaceFirst("\\.oci$", ""));
                if (owner.filter(Owner::isKnownDead).isPresent()) {
                    remove(posix, layout);
                }
            }
        }
    }

    private static void remove(Posix posix, Path directory) throws IOException {
        new DirectoryRemover(posix).remove(ByteString.of(directory.toString()));
    }

    public Path directory() {
        return directory;
    }

    @Override
    public void close() throws IOException {
        remove(posix, directory);
    }
}
