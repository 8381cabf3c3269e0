package io.jrun.cli.convert;

import io.jrun.cli.cache.CacheLocation;
import io.jrun.cli.console.Replacement;
import io.jrun.cli.console.Termination;
import io.jrun.cli.console.Version;
import io.jrun.cli.progress.ImportListener;
import io.jrun.cli.progress.ProgressPair;
import io.jrun.cli.progress.SilentProgress;
import io.jrun.error.Failure;
import io.jrun.error.UsageException;
import io.jrun.image.blob.BlobStore;
import io.jrun.image.blob.OutputLimit;
import io.jrun.image.convert.ConversionRequest;
import io.jrun.image.convert.ConversionRequest.Existing;
import io.jrun.image.convert.ConversionResult;
import io.jrun.image.convert.ImageConverter;
import io.jrun.image.convert.Outlook;
import io.jrun.image.convert.Preflight;
import io.jrun.image.convert.ImageFileFetch;
import io.jrun.image.layer.MergeLimits;
import io.jrun.image.model.Descriptor;
import io.jrun.image.reference.Digest;
import io.jrun.image.reference.Platform;
import io.jrun.image.reference.SourceReference;
import io.jrun.image.source.ObservedSource;
import io.jrun.image.source.ResolvedImage;
import io.jrun.image.source.any.ImageSources;
import io.jrun.image.source.any.SourceAccess;
import io.jrun.image.source.any.SourceRecognition;
import io.jrun.image.source.any.StandardInput;
import io.jrun.image.registry.Registries;
import io.jrun.image.registry.RegistryOptions;
import io.jrun.image.registry.RegistryOptions.PlainHttp;
import io.jrun.image.source.ImageFileBlob;
import io.jrun.image.source.ImageSource;
import io.jrun.image.squashfs.Compression;
import io.jrun.image.squashfs.SquashfsOptions;
import io.jrun.image.squashfs.SquashfsOptions.OwnershipPolicy;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;

/** Imports on this host. */
public final class HostImports implements ImportOperations {

    private final Map<String, String> environment;
    private final StandardInput input = new StandardInput(System.in);

    public HostImports(Map<String, String> environment) {
        this.environment = Map.copyOf(environment);
    }

    @Override
    public ImportResult importImage(ImportRequest request, ImportListener listener) throws IOException {
        SourceReference reference = recognised(request);
        Path output = request.output().orElse(Path.of(reference.defaultName() + ".sqsh"));
        ConversionRequest conversion = conversion(request, output);
        if (request.manner().sharedDirectory().isPresent()) {
            return importShared(request, reference, conversion, listener);
        }
        ConversionProgress progress = new ConversionProgress(listener, reference.toString());
        progress.began();
        try (ImageSource source = open(request, reference, conversion, progress)) {
            return convert(source, conversion, progress);
        }
    }

    private SourceReference recognised(ImportRequest request) throws IOException {
        return SourceRecognition.recognise(SourceReference.parse(request.reference(), Files::exists, Registries.shortNames(environment)), input);
    }

    private ImportResult importShared(
            ImportRequest request, SourceReference reference, ConversionRequest conversion, ImportListener listener)
            throws IOException {
        SharedImports shared = new SharedImports(request.manner(), reference, conversion);
        Optional<Path> known = shared.recall();
        if (known.isPresent()) {
            return found(known.get(), shared.digest().orElseThrow());
        }
        ConversionProgress progress =
                new ConversionProgress(new ProgressPair(listener, shared.reports()), reference.toString());
        progress.began();
        try (ImageSource source = open(request, reference, conversion, progress)) {
            Digest manifest =
                    source.resolve(conversion.platform()).manifestDescriptor().digest();
            AtomicReference<Optional<ImportResult>> made = new AtomicReference<>(Optional.empty());
            Path file = shared.obtain(
                    manifest,
                    part -> made.set(Optional.of(convert(source, conversion.withOutput(part), progress))),
                    listener);
            ImportResult result = found(file, manifest);
            return made.get()
                    .map(own -> new ImportResult(file, own.manifestDigest(), own.sizeInBytes(), own.notes()))
                    .orElse(result);
        }
    }

    private static ImportResult found(Path file, Digest manifest) throws IOException {
        return new ImportResult(
                file, manifest.toString(), Files.size(file), List.of("it was not made by this process"));
    }

    private ImageSource open(
            ImportRequest request, SourceReference reference, ConversionRequest conversion, ConversionProgress progress)
            throws IOException {
        RegistryOptions options =
                RegistryOptions.defaults(environment).withListener(progress).withPlainHttp(plainHttp(request));
        if (request.authFile().isPresent()) {
            options = options.withCredentialFile(request.authFile().get());
        }
        BlobStore store = BlobStore.at(blobDirectory());
        OutputLimit limit = new OutputLimit(
                conversion.limits().maxContentBytes(), "raise the limit with --max-size if the image is trusted");
        return new ObservedSource(
                ImageSources.open(reference, new SourceAccess(store, options, limit, input)),
                image -> requireRoom(request, conversion, store, image),
                progress::converted);
    }

    private void requireRoom(ImportRequest request, ConversionRequest conversion, BlobStore store, ResolvedImage image)
            throws IOException {
        if (request.manner().roomCheck() == ImportManner.RoomCheck.REFUSE) {
            Outlook outlook = Outlook.of(image, Optional.of(store), conversion.compression());
            Preflight.check(outlook, directoryFor(request, conversion), Optional.of(blobDirectory()));
        }
    }

    private static Path directoryFor(ImportRequest request, ConversionRequest conversion) {
        Path here = Path.of("").toAbsolutePath();
        return request.manner().sharedDirectory().orElseGet(() -> Optional.ofNullable(
                        conversion.output().toAbsolutePath().getParent())
                .orElse(here));
    }

    private static ImportResult convert(ImageSource source, ConversionRequest conversion, ConversionProgress progress)
            throws IOException {
        Optional<ImageFileBlob> file = source.imageFile(conversion.platform());
        if (file.isPresent()) {
            return fetch(source, file.get(), conversion, progress);
        }
        ImageConverter converter = new ImageConverter(source, conversion, progress);
        Termination.beforeDying(converter::abandon);
        ConversionResult result = converter.convert();
        return new ImportResult(
                result.imageFile(),
                result.image().manifestDescriptor().digest().toString(),
                result.sizeInBytes(),
                result.losses());
    }

    private static ImportResult fetch(
            ImageSource source, ImageFileBlob file, ConversionRequest conversion, ConversionProgress progress)
            throws IOException {
        progress.imageFileFound(file.file());
        source.prefetch(List.of(file.file()));
        long size = ImageFileFetch.fetch(source, file, conversion.output(), conversion.existing());
        return new ImportResult(
                conversion.output(),
                file.manifestDigest().toString(),
                size,
                List.of("the registry has the image file itself: it was taken as it is"));
    }

    @Override
    public ImportPlan planImport(ImportRequest request) throws IOException {
        SourceReference reference = recognised(request);
        Path output = request.output().orElse(Path.of(reference.defaultName() + ".sqsh"));
        ConversionRequest conversion = conversion(request, output);
        ConversionProgress progress = new ConversionProgress(new SilentProgress(), reference.toString());
        try (ImageSource source = open(request, reference, conversion, progress)) {
            ResolvedImage image = source.resolve(conversion.platform());
            Outlook outlook = Outlook.of(image, Optional.of(BlobStore.at(blobDirectory())), conversion.compression());
            Digest manifest = image.manifestDescriptor().digest();
            Path file = request.manner().sharedDirectory().isEmpty()
                    ? output
                    : new SharedImports(request.manner(), reference, conversion)
                            .fileOf(manifest, request.manner().sharedDirectory().get());
            return new ImportPlan(
                    reference.toString(),
                    manifest.toString(),
                    conversion.platform().toString(),
                    outlook.layers().stream().map(HostImports::layer).toList(),
                    outlook.downloadInBytes(),
                    outlook.estimatedOutputInBytes(),
                    file,
                    Files.exists(file),
                    Preflight.Room.in(directoryFor(request, conversion)).freeInBytes(),
                    blobDirectory(),
                    Preflight.Room.in(blobDirectory()).freeInBytes(),
                    SharedImports.facts(conversion));
        }
    }

    private static ImportPlan.LayerPlan layer(Outlook.LayerOutlook layer) {
        Descriptor descriptor = layer.layer();
        return new ImportPlan.LayerPlan(
                descriptor.digest().toString(),
                descriptor.mediaType().value(),
                descriptor.sizeInBytes(),
                layer.cachedInBytes());
    }

    private static PlainHttp plainHttp(ImportRequest request) {
        return request.transport() == ImportRequest.Transport.PLAIN_HTTP ? PlainHttp.ALLOWED : PlainHttp.ON_LOOPBACK;
    }

    private static ConversionRequest conversion(ImportRequest request, Path output) throws UsageException {
        Compression compression = compression(request.compression());
        int level = request.level().orElse(compression.defaultLevel());
        if (level < compression.minLevel() || level > compression.maxLevel()) {
            throw new UsageException(
                    Failure.of("compress with level " + level, compression.label() + " has no such level (EINVAL)")
                            .hint("choose " + compression.minLevel() + " to " + compression.maxLevel()));
        }
        int blockSize = request.blockSizeInBytes().orElse(SquashfsOptions.DEFAULT_BLOCK_SIZE);
        if (!SquashfsOptions.isBlockSize(blockSize)) {
            throw new UsageException(
                    Failure.of("use blocks of " + blockSize + " bytes", "squashfs has none such (EINVAL)")
                            .hint("choose a power of two from 4K to 1M"));
        }
        MergeLimits usual = MergeLimits.DEFAULT;
        return new ConversionRequest(
                platform(request),
                output,
                request.replacement() == Replacement.REPLACE ? Existing.REPLACE : Existing.KEEP,
                compression,
                level,
                blockSize,
                request.owners() == ImportRequest.Owners.ALL_ROOT
                        ? OwnershipPolicy.ALL_ROOT
                        : OwnershipPolicy.AS_RECORDED,
                new MergeLimits(
                        request.maxEntries().orElse(usual.maxEntries()),
                        request.maxSizeInBytes().orElse(usual.maxContentBytes()),
                        usual.maxDepth()),
                Version.number());
    }

    private static Platform platform(ImportRequest request) throws UsageException {
        return request.platform().isPresent()
                ? Platform.parse(request.platform().get())
                : Platform.ofMachine(System.getProperty("os.arch"));
    }

    private static Compression compression(String label) throws UsageException {
        for (Compression compression : Compression.values()) {
            if (compression.isWritable() && compression.label().equals(label)) {
                return compression;
            }
        }
        throw new UsageException(
                Failure.of("compress with " + label, "jrun does not write it").hint("choose zstd, gzip, lz4, xz or none"));
    }

    private Path blobDirectory() throws UsageException {
        return CacheLocation.of(environment).blobs();
    }
}
