package io.jrun.cli.convert;

import io.jrun.cli.cache.CacheLocation;
import io.jrun.cli.console.Version;
import io.jrun.cli.convert.ImportRequest.Recorded;
import io.jrun.cli.convert.ImportRequest.Source;
import io.jrun.cli.convert.ImportRequest.Transport;
import io.jrun.cli.progress.ImportListener;
import io.jrun.error.Failure;
import io.jrun.error.FileFailure;
import io.jrun.error.NotFoundException;
import io.jrun.error.StorageException;
import io.jrun.error.UsageException;
import io.jrun.image.blob.ArchiveDecompression;
import io.jrun.image.blob.BlobStore;
import io.jrun.image.blob.OutputLimit;
import io.jrun.image.convert.DirectoryInput;
import io.jrun.image.convert.LayerRecords;
import io.jrun.image.convert.LayeredInput;
import io.jrun.image.convert.RecordedAttributes;
import io.jrun.image.convert.RootfsInput;
import io.jrun.image.convert.SquashfsInput;
import io.jrun.image.convert.TarInput;
import io.jrun.image.convert.Volume;
import io.jrun.image.layer.MergeLimits;
import io.jrun.image.reference.SourceFile;
import io.jrun.image.reference.SourceReference;
import io.jrun.image.registry.Registries;
import io.jrun.image.registry.RegistryOptions;
import io.jrun.image.registry.RegistryOptions.PlainHttp;
import io.jrun.image.source.ImageSource;
import io.jrun.image.source.TransferListener;
import io.jrun.image.source.any.ImageSources;
import io.jrun.image.source.any.SourceAccess;
import io.jrun.image.source.any.SourceRecognition;
import io.jrun.image.source.any.StandardInput;
import io.jrun.posix.ByteString;
import io.jrun.posix.JnrPosix;
import io.jrun.posix.JnrPosixReading;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/** Opens what a user names. */
final class Inputs {

    private final Map<String, String> environment;
    private final StandardInput input = new StandardInput(System.in);

    Inputs(Map<String, String> environment) {
        this.environment = environment;
    }

    /** What the user means, where need be after a look at the content. */
    SourceReference recognise(Source source) throws IOException {
        SourceReference typed =
                SourceReference.parse(source.reference(), Files::exists, Registries.shortNames(environment));
        return SourceRecognition.recognise(typed, input);
    }

    /**
     * Says so where a registry is asked for a name that a file here has too. Only the spelling decides, so that a script
     * means the same everywhere.
     */
    static void tellOfFile(Source source, SourceReference reference, ImportListener listener) {
        String typed = source.reference();
        if (reference instanceof SourceReference.InRegistry
                && !typed.startsWith("docker://")
                && Files.exists(Path.of(typed))) {
            listener.note("a registry is asked; the file of that name here is ./" + typed);
        }
    }

    BlobStore blobs() throws UsageException {
        return BlobStore.at(CacheLocation.of(environment).blobs());
    }

    /** What is known of layers that image files of this user hold. */
    LayerRecords layerRecords() throws UsageException {
        return new LayerRecords(CacheLocation.of(environment).layers(), Version.number());
    }

    /** A root filesystem that is no image of layers; empty for one that is. The caller closes. */
    Optional<RootfsInput> tree(Source source, SourceReference reference) throws IOException {
        if (reference instanceof SourceReference.RootfsTar tar) {
            return Optional.of(
                    tar.file() instanceof SourceFile.Named named
                            ? tar(named.path())
                            : new TarInput("standard input", 0, input::stream));
        } else if (reference instanceof SourceReference.RootfsDirectory directory) {
            return Optional.of(directory(directory.directory().toString(), source.recorded()));
        } else if (reference instanceof SourceReference.SquashfsFile squashfs) {
            return Optional.of(SquashfsInput.open(squashfs.file()));
        }
        return Optional.empty();
    }

    /** Whatever it is. The caller closes. */
    RootfsInput open(Source source, SourceReference reference, MergeLimits limits, TransferListener listener)
            throws IOException {
        Optional<RootfsInput> tree = tree(source, reference);
        return tree.isPresent() ? tree.get() : new LayeredInput(layers(source, reference, limits, listener));
    }

    /** An image of layers. The caller closes. */
    ImageSource layers(Source source, SourceReference reference, MergeLimits limits, TransferListener listener)
            throws IOException {
        RegistryOptions options = RegistryOptions.defaults(environment)
                .withListener(listener)
                .withPlainHttp(source.transport() == Transport.PLAIN_HTTP ? PlainHttp.ALLOWED : PlainHttp.ON_LOOPBACK);
        if (source.authFile().isPresent()) {
            options = options.withCredentialFile(source.authFile().get());
        }
        OutputLimit limit =
                new OutputLimit(limits.maxContentBytes(), "raise the limit with --max-size if the image is trusted");
        return ImageSources.open(reference, new SourceAccess(blobs(), options, limit, input));
    }

    private static RootfsInput tar(Path file) throws IOException {
        if (!Files.isReadable(file) || Files.isDirectory(file)) {
            throw new NotFoundException(Failure.of("read " + file, "there is no such file that this user may read")
                    .hint("a root filesystem in a directory is dir:" + file));
        }
        return new TarInput(file.toString(), file.toFile().length(), volume(file), () -> open(file));
    }

    /** Nothing of a pipe, which can be looked at only once. */
    private static Optional<Volume> volume(Path file) throws IOException {
        if (!Files.isRegularFile(file)) {
            return Optional.empty();
        }
        try (InputStream in = open(file)) {
            byte[] start = in.readNBytes(ArchiveDecompression.LONGEST_MAGIC);
            long size = Files.size(file);
            return Optional.of(
                    ArchiveDecompression.isPacked(start, file.toString())
                            ? Volume.ofPackedTar(size)
                            : Volume.ofPlainTar(size));
        }
    }

    private static InputStream open(Path file) throws IOException {
        try {
            return new FileInputStream(file.toFile());
        } catch (IOException e) {
            throw new StorageException(Failure.of("read " + file, FileFailure.cause(e)), e);
        }
    }

    private static RootfsInput directory(String path, Recorded recorded) throws IOException {
        return DirectoryInput.open(
                JnrPosix.load(),
                JnrPosixReading.load(),
                ByteString.of(path),
                recorded == Recorded.RESTORED
                        ? RecordedAttributes::restoreFromOwnRecord
                        : DirectoryInput.Revision.NONE);
    }
}
