package io.jrun.cli.convert;

import io.jrun.cli.console.Replacement;
import io.jrun.cli.console.RoomCheck;
import io.jrun.cli.console.Termination;
import io.jrun.cli.console.Version;
import io.jrun.cli.container.ContainerStores;
import io.jrun.cli.convert.ImportRequest.Compat;
import io.jrun.cli.convert.ImportRequest.Limits;
import io.jrun.cli.convert.ImportRequest.Owners;
import io.jrun.cli.convert.ImportRequest.Source;
import io.jrun.cli.convert.ImportRequest.Target;
import io.jrun.cli.progress.ImportListener;
import io.jrun.cli.progress.ProgressPair;
import io.jrun.cli.progress.SilentProgress;
import io.jrun.error.JrunException;
import io.jrun.error.UsageException;
import io.jrun.image.blob.BlobStore;
import io.jrun.image.convert.ConversionRequest;
import io.jrun.image.convert.ConversionRequest.Compatibility;
import io.jrun.image.convert.ConversionRequest.Existing;
import io.jrun.image.convert.ConversionResult;
import io.jrun.image.convert.DirectoryInput;
import io.jrun.image.convert.ImageConverter;
import io.jrun.image.convert.ImageFileFetch;
import io.jrun.image.convert.LayerRecords;
import io.jrun.image.convert.LayeredInput;
import io.jrun.image.convert.Outlook;
import io.jrun.image.convert.OutputFormat;
import io.jrun.image.convert.Preflight;
import io.jrun.image.convert.RootfsInput;
import io.jrun.image.layer.MergeLimits;
import io.jrun.image.model.Descriptor;
import io.jrun.image.reference.Digest;
import io.jrun.image.reference.Platform;
import io.jrun.image.reference.SourceFile;
import io.jrun.image.reference.SourceReference;
import io.jrun.image.source.ImageFileBlob;
import io.jrun.image.source.ImageSource;
import io.jrun.image.source.ObservedSource;
import io.jrun.image.source.ResolvedImage;
import io.jrun.image.squashfs.SquashfsOptions.OwnershipPolicy;
import io.jrun.posix.ByteString;
import io.jrun.posix.JnrPosix;
import io.jrun.posix.JnrPosixReading;
import io.jrun.runtime.store.Container;
import io.jrun.runtime.store.ContainerName;
import io.jrun.runtime.store.ContainerRecord;
import io.jrun.runtime.store.ContainerRecord.ImageOrigin;
import io.jrun.runtime.store.ContainerStore;
import io.jrun.runtime.store.ContainerStore.CreateMode;
import io.jrun.runtime.store.RootfsFiller.Filled;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicReference;

/** Conversions on this host. */
public final class HostImports implements ImportOperations {

    private static final Limits USUAL_LIMITS = new Limits(OptionalLong.empty(), OptionalLong.empty());

    private final Inputs inputs;
    private final ContainerStores stores;
    private final Clock clock;

    public HostImports(Map<String, String> environment, ContainerStores stores, Clock clock) {
        this.inputs = new Inputs(Map.copyOf(environment));
        this.stores = stores;
        this.clock = clock;
    }

    @Override
    public ImportResult importImage(ImportRequest request, ImportListener listener) throws IOException {
        Source source = request.source();
        SourceReference reference = inputs.recognise(source);
        Inputs.tellOfFile(source, reference, listener);
        ConversionRequest conversion =
                conversion(request.target(), reference.defaultName(), platform(source.platform()), request.limits());
        if (request.manner().sharedDirectory().isPresent()) {
            return importShared(request, reference, conversion, listener);
        }
        ConversionProgress progress = new ConversionProgress(listener, reference.toString());
        progress.began();
        Optional<RootfsInput> tree = inputs.tree(source, reference);
        if (tree.isPresent()) {
            try (RootfsInput input = tree.get()) {
                return convert(input, conversion, progress, request.manner().roomCheck());
            }
        }
        try (ImageSource image = layers(request, reference, conversion, progress)) {
            LayeredInput input = layered(image, request);
            ImportResult result = convert(image, input, conversion, progress);
            input.remember(result.output());
            return result;
        }
    }

    private LayeredInput layered(ImageSource source, ImportRequest request) throws UsageException {
        Optional<LayerRecords> records = records(request);
        return records.isPresent() ? new LayeredInput(source, records.get()) : new LayeredInput(source);
    }

    private Optional<LayerRecords> records(ImportRequest request) throws UsageException {
        return request.manner().reuse() == ImportManner.Reuse.TAKE_OVER
                ? Optional.of(inputs.layerRecords())
                : Optional.empty();
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
        try (ImageSource source = layers(request, reference, conversion, progress)) {
            Digest manifest = manifestOf(source, conversion.platform());
            LayeredInput input = layered(source, request);
            AtomicReference<Optional<ImportResult>> made = new AtomicReference<>(Optional.empty());
            Path file = shared.obtain(
                    manifest,
                    part -> made.set(Optional.of(produce(source, input, conversion.withOutput(part), progress))),
                    listener);
            ImportResult result = found(file, manifest);
            input.remember(file);
            return made.get()
                    .map(own -> new ImportResult(file, own.manifestDigest(), own.sizeInBytes(), own.notes()))
                    .orElse(result);
        }
    }

    /** A failure of a process that is dying of a signal is its own, which the interrupt tells those who look. */
    private static ImportResult produce(
            ImageSource source, LayeredInput input, ConversionRequest conversion, ConversionProgress progress)
            throws IOException {
        try {
            return convert(source, input, conversion, progress);
        } catch (IOException failure) {
            if (Termination.isDying()) {
                Thread.currentThread().interrupt();
            }
            throw failure;
        }
    }

    private static Digest manifestOf(ImageSource source, Platform platform) throws IOException {
        Optional<ImageFileBlob> file = source.imageFile(platform);
        return file.isPresent()
                ? file.get().manifestDigest()
                : source.resolve(platform).manifestDescriptor().digest();
    }

    private static ImportResult found(Path file, Digest manifest) throws IOException {
        return new ImportResult(
                file, Optional.of(manifest.toString()), Files.size(file), List.of("it was not made by this process"));
    }

    private ImageSource layers(
            ImportRequest request, SourceReference reference, ConversionRequest conversion, ConversionProgress progress)
            throws IOException {
        return new ObservedSource(
                inputs.layers(request.source(), reference, conversion.limits(), progress),
                image -> requireRoom(request, reference, conversion, image),
                progress::converted);
    }

    private void requireRoom(
            ImportRequest request, SourceReference reference, ConversionRequest conversion, ResolvedImage image)
            throws IOException {
        if (request.manner().roomCheck() == RoomCheck.REFUSE) {
            Optional<BlobStore> blobs = fetchedInto(reference);
            Outlook outlook = Outlook.of(image, blobs, conversion.format(), records(request));
            Preflight.check(outlook, directoryFor(request, conversion), blobs.map(BlobStore::directory));
        }
    }

    /** Where a registry's layers go; empty for all other sources, whose layers are at hand once the image is known. */
    private Optional<BlobStore> fetchedInto(SourceReference reference) throws UsageException {
        return reference instanceof SourceReference.InRegistry ? Optional.of(inputs.blobs()) : Optional.empty();
    }

    private static Path directoryFor(ImportRequest request, ConversionRequest conversion) {
        Path here = Path.of("").toAbsolutePath();
        return request.manner().sharedDirectory().orElseGet(() -> Optional.ofNullable(
                        conversion.output().toAbsolutePath().getParent())
                .orElse(here));
    }

    private static ImportResult convert(
            ImageSource source, LayeredInput input, ConversionRequest conversion, ConversionProgress progress)
            throws IOException {
        Optional<ImageFileBlob> file = source.imageFile(conversion.platform());
        if (file.isPresent()) {
            return fetch(source, file.get(), conversion, progress);
        }
        return convert(input, conversion, progress, RoomCheck.TRY);
    }

    private static ImportResult fetch(
            ImageSource source, ImageFileBlob file, ConversionRequest conversion, ConversionProgress progress)
            throws IOException {
        progress.imageFileFound(file.file());
        source.prefetch(List.of(file.file()));
        long size = ImageFileFetch.fetch(source, file, conversion.output(), conversion.existing());
        return new ImportResult(
                conversion.output(),
                Optional.of(file.manifestDigest().toString()),
                size,
                List.of("the registry has the image file itself: it was taken as it is"));
    }

    @Override
    public ImportPlan planImport(ImportRequest request) throws IOException {
        Source source = request.source();
        SourceReference reference = inputs.recognise(source);
        ConversionRequest conversion =
                conversion(request.target(), reference.defaultName(), platform(source.platform()), request.limits());
        Optional<RootfsInput> tree = inputs.tree(source, reference);
        if (tree.isPresent()) {
            tree.get().close();
            return plan(request, reference, conversion);
        }
        ConversionProgress progress = new ConversionProgress(new SilentProgress(), reference.toString());
        try (ImageSource image = layers(request, reference, conversion, progress)) {
            return plan(request, reference, conversion, image.resolve(conversion.platform()));
        }
    }

    /** For a root filesystem that is no image of layers. */
    private ImportPlan plan(ImportRequest request, SourceReference reference, ConversionRequest conversion)
            throws IOException {
        OptionalLong size = OptionalLong.empty();
        if (reference instanceof SourceReference.SquashfsFile squashfs) {
            size = OptionalLong.of(Files.size(squashfs.file()));
        } else if (reference instanceof SourceReference.RootfsTar tar && tar.file() instanceof SourceFile.Named named) {
            size = OptionalLong.of(Files.size(named.path()));
        }
        return new ImportPlan(
                reference.toString(),
                Optional.empty(),
                conversion.platform().toString(),
                List.of(),
                Optional.empty(),
                size,
                conversion.output(),
                Files.exists(conversion.output()),
                Preflight.Room.in(directoryFor(request, conversion)).freeInBytes(),
                SharedImports.facts(conversion));
    }

    private ImportPlan plan(
            ImportRequest request, SourceReference reference, ConversionRequest conversion, ResolvedImage image)
            throws IOException {
        Optional<BlobStore> blobs = fetchedInto(reference);
        Outlook outlook = Outlook.of(image, blobs, conversion.format(), records(request));
        Digest manifest = image.manifestDescriptor().digest();
        Path file = request.manner().sharedDirectory().isEmpty()
                ? conversion.output()
                : new SharedImports(request.manner(), reference, conversion)
                        .fileOf(manifest, request.manner().sharedDirectory().get());
        return new ImportPlan(
                reference.toString(),
                Optional.of(manifest.toString()),
                conversion.platform().toString(),
                outlook.layers().stream().map(HostImports::layer).toList(),
                blobs.isPresent() ? Optional.of(download(outlook, blobs.get().directory())) : Optional.empty(),
                OptionalLong.of(outlook.estimatedOutputInBytes()),
                file,
                Files.exists(file),
                Preflight.Room.in(directoryFor(request, conversion)).freeInBytes(),
                SharedImports.facts(conversion));
    }

    private static ImportPlan.Download download(Outlook outlook, Path cache) throws IOException {
        return new ImportPlan.Download(
                outlook.downloadInBytes(), cache, Preflight.Room.in(cache).freeInBytes());
    }

    private static ImportPlan.LayerPlan layer(Outlook.LayerOutlook layer) {
        Descriptor descriptor = layer.layer();
        return new ImportPlan.LayerPlan(
                descriptor.digest().toString(),
                descriptor.mediaType().value(),
                descriptor.sizeInBytes(),
                layer.cachedInBytes(),
                layer.reused());
    }

    /** @param room whether to look at it; for layers that was done when they became known */
    private static ImportResult convert(
            RootfsInput input, ConversionRequest conversion, ConversionProgress progress, RoomCheck room)
            throws IOException {
        ImageConverter converter = converter(input, conversion, progress, room);
        Termination.beforeDying(converter::abandon);
        ConversionResult result = converter.convert();
        return new ImportResult(
                result.output(), result.provenance().manifestDigest(), result.sizeInBytes(), result.losses());
    }

    private static ImageConverter converter(
            RootfsInput input, ConversionRequest conversion, ConversionProgress progress, RoomCheck room) {
        ImageConverter converter = new ImageConverter(input, conversion, progress);
        return room == RoomCheck.REFUSE ? converter.refusingWhatCannotFit() : converter;
    }

    @Override
    public ImportResult exportContainer(String name, Target target, RoomCheck room, ImportListener listener)
            throws IOException {
        ContainerStore store = stores.openForReading();
        ContainerName containerName = ContainerName.of(name);
        Container container = store.find(containerName).orElseThrow(() -> ContainerStore.absent(containerName));
        ContainerRecord record = store.record(container);
        ConversionRequest conversion = conversion(target, name, platform(record.platform()), USUAL_LIMITS);
        ConversionProgress progress = new ConversionProgress(listener, name);
        progress.began();
        try (RootfsInput input = DirectoryInput.open(
                JnrPosix.load(),
                JnrPosixReading.load(),
                ByteString.of(container.rootfs().toString()),
                new ContainerRevision(record))) {
            return convert(input, conversion, progress, room);
        }
    }

    @Override
    public LoadResult loadContainer(LoadRequest request, ImportListener listener) throws IOException {
        Source source = request.source();
        SourceReference reference = inputs.recognise(source);
        Inputs.tellOfFile(source, reference, listener);
        String printable = reference.toString();
        ContainerName name =
                ContainerName.of(request.name().orElse(reference.defaultName().replace('+', '-')));
        ConversionProgress progress = new ConversionProgress(listener, printable);
        CreateMode mode = request.replacement() == Replacement.REPLACE ? CreateMode.REPLACE : CreateMode.NEW;
        List<ConversionResult> results = new ArrayList<>();
        progress.began();
        try (RootfsInput input = opened(request, reference, progress)) {
            ImageOrigin origin = new ImageOrigin(printable, 0, Optional.empty());
            stores.open(JnrPosix.load()).create(name, mode, origin, clock.instant(), rootfs -> {
                ConversionResult result = extract(input, request, rootfs, progress);
                results.add(result);
                return new Filled(result.platform(), result.provenance().manifestDigest(), result.dropped());
            });
        }
        ConversionResult result = results.get(0);
        return new LoadResult(name.text(), result.provenance().manifestDigest(), result.losses());
    }

    private RootfsInput opened(LoadRequest request, SourceReference reference, ConversionProgress progress)
            throws IOException {
        Optional<RootfsInput> tree = inputs.tree(request.source(), reference);
        if (tree.isPresent()) {
            return tree.get();
        }
        return new LayeredInput(new ObservedSource(
                inputs.layers(request.source(), reference, limits(request.limits()), progress),
                image -> requireRoom(request, reference, image),
                progress::converted));
    }

    private void requireRoom(LoadRequest request, SourceReference reference, ResolvedImage image) throws IOException {
        if (request.roomCheck() == RoomCheck.REFUSE) {
            Optional<BlobStore> blobs = fetchedInto(reference);
            Outlook outlook = Outlook.of(image, blobs, new OutputFormat.Directory(), Optional.empty());
            Preflight.check(outlook, stores.dataPath(), blobs.map(BlobStore::directory));
        }
    }

    private static ConversionResult extract(
            RootfsInput input, LoadRequest request, Path rootfs, ConversionProgress progress) throws IOException {
        ConversionRequest conversion = new ConversionRequest(
                platform(request.source().platform()),
                rootfs,
                Existing.KEEP,
                new OutputFormat.Directory(),
                OwnershipPolicy.AS_RECORDED,
                Compatibility.NONE,
                limits(request.limits()),
                Version.number());
        return converter(input, conversion, progress, request.roomCheck()).extractTo(rootfs);
    }

    private static ConversionRequest conversion(Target target, String defaultName, Platform platform, Limits limits)
            throws JrunException {
        OutputFormat format = Formats.of(target);
        return new ConversionRequest(
                platform,
                target.output().orElse(Path.of(defaultName + Formats.suffix(format))),
                target.replacement() == Replacement.REPLACE ? Existing.REPLACE : Existing.KEEP,
                format,
                target.owners() == Owners.ALL_ROOT ? OwnershipPolicy.ALL_ROOT : OwnershipPolicy.AS_RECORDED,
                target.compat() == Compat.ENROOT ? Compatibility.ENROOT : Compatibility.NONE,
                limits(limits),
                Version.number());
    }

    private static MergeLimits limits(Limits limits) {
        MergeLimits usual = MergeLimits.DEFAULT;
        return new MergeLimits(
                limits.maxEntries().orElse(usual.maxEntries()),
                limits.maxSizeInBytes().orElse(usual.maxContentBytes()),
                usual.maxDepth());
    }

    private static Platform platform(Optional<String> text) throws UsageException {
        return text.isPresent() ? Platform.parse(text.get()) : Platform.ofHost();
    }
}
