package io.jrun.cli;

import io.jrun.cli.progress.ImportListener;
import io.jrun.error.Failure;
import io.jrun.error.NotFoundException;
import io.jrun.error.UsageException;
import io.jrun.image.blob.BlobStore;
import io.jrun.image.convert.ConversionRequest;
import io.jrun.image.convert.ConversionRequest.Existing;
import io.jrun.image.convert.ConversionResult;
import io.jrun.image.convert.ImageConverter;
import io.jrun.image.convert.ImageFileRecord;
import io.jrun.image.layer.MergeLimits;
import io.jrun.image.reference.ImageReference;
import io.jrun.image.reference.Platform;
import io.jrun.image.source.ImageSource;
import io.jrun.image.source.registry.RegistryOptions;
import io.jrun.image.source.registry.RegistryOptions.PlainHttp;
import io.jrun.image.source.registry.RegistrySource;
import io.jrun.image.squashfs.Compression;
import io.jrun.image.squashfs.SquashfsImage;
import io.jrun.image.squashfs.SquashfsOptions;
import io.jrun.image.squashfs.SquashfsOptions.OwnershipPolicy;
import io.jrun.image.tree.FileTree;
import io.jrun.image.writer.directory.DirectoryExtractor;
import io.jrun.image.writer.directory.DirectoryRemover;
import io.jrun.image.writer.directory.ExtractionReport;
import io.jrun.json.JsonValue;
import io.jrun.posix.ByteString;
import io.jrun.posix.Errno;
import io.jrun.posix.JnrPosix;
import io.jrun.posix.Posix;
import io.jrun.posix.Posix.RenameMode;
import io.jrun.posix.PosixException;
import io.jrun.runtime.host.HostFiles;
import io.jrun.runtime.host.KernelFiles;
import io.jrun.runtime.store.Container;
import io.jrun.runtime.store.ContainerName;
import io.jrun.runtime.store.ContainerRecord;
import io.jrun.runtime.store.ContainerRecord.ImageOrigin;
import io.jrun.runtime.store.ContainerStore;
import io.jrun.runtime.store.ContainerStore.CreateMode;
import io.jrun.runtime.store.DataPath;
import io.jrun.runtime.store.RootfsFiller.Filled;
import io.jrun.runtime.store.TreeOperations;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/** The operations on this host: each puts together what the modules offer. */
final class JrunOperations implements Operations {

    private final Map<String, String> environment;
    private final Consumer<String> notes;
    private final Clock clock;

    /** @param notes takes what is worth telling beside the results */
    JrunOperations(Map<String, String> environment, Consumer<String> notes, Clock clock) {
        this.environment = Map.copyOf(environment);
        this.notes = notes;
        this.clock = clock;
    }

    @Override
    public ImportResult importImage(ImportRequest request, ImportListener listener) throws IOException {
        ImageReference reference = ImageReference.parse(request.reference());
        Path output = request.output().orElse(Path.of(reference.defaultFileName()));
        ConversionRequest conversion = conversion(request, output);
        ConversionProgress progress = new ConversionProgress(listener, reference.toString());
        RegistryOptions options =
                RegistryOptions.defaults(environment).withListener(progress).withPlainHttp(plainHttp(request));
        if (request.authFile().isPresent()) {
            options = options.withCredentialFile(request.authFile().get());
        }
        progress.began();
        try (ImageSource source = RegistrySource.open(reference, BlobStore.at(blobDirectory()), options)) {
            ImageConverter converter = new ImageConverter(source, conversion, progress);
            Termination.beforeDying(converter::abandon);
            ConversionResult result = converter.convert();
            return new ImportResult(
                    result.imageFile(),
                    result.image().manifestDescriptor().digest().toString(),
                    result.sizeInBytes(),
                    result.losses());
        }
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
                Failure.of("compress with " + label, "jrun does not write it").hint("choose zstd, gzip or none"));
    }

    /** Source: XDG Base Directory Specification 0.8, "Environment variables". */
    private Path blobDirectory() throws UsageException {
        String cache = environment.getOrDefault("XDG_CACHE_HOME", "");
        if (!cache.isEmpty()) {
            return Path.of(cache, "jrun", "blobs");
        }
        String home = environment.getOrDefault("HOME", "");
        if (home.isEmpty()) {
            throw new UsageException(Failure.of("find the blob cache", "neither XDG_CACHE_HOME nor HOME is set")
                    .hint("export XDG_CACHE_HOME=/some/directory"));
        }
        return Path.of(home, ".cache", "jrun", "blobs");
    }

    @Override
    public String createContainer(Path imageFile, Optional<String> name, Replacement replacement) throws IOException {
        if (!Files.isRegularFile(imageFile)) {
            throw new NotFoundException(
                    Failure.of("create a container from " + imageFile, "there is no such file (ENOENT)")
                            .hint("`jrun import` makes one from an image"));
        }
        ContainerName chosen = ContainerName.of(name.orElse(nameAfter(imageFile)));
        // Loading takes a good part of a second of processor time, which the other cores have while tables are read.
        CompletableFuture<Posix> loading = CompletableFuture.supplyAsync(JnrPosix::load);
        try (SquashfsImage image = SquashfsImage.open(imageFile)) {
            Optional<ImageFileRecord> made = ImageFileRecord.read(image);
            FileTree tree = image.readTree();
            Posix posix = loading.join();
            ImageOrigin origin = new ImageOrigin(
                    imageFile.toString(), Files.size(imageFile), made.map(ImageFileRecord::manifestDigest));
            CreateMode mode = replacement == Replacement.REPLACE ? CreateMode.REPLACE : CreateMode.NEW;
            store(posix).create(chosen, mode, origin, clock.instant(), rootfs -> {
                int threads = Runtime.getRuntime().availableProcessors();
                ExtractionReport report =
                        new DirectoryExtractor(posix, threads).extract(image, tree, ByteString.of(rootfs.toString()));
                Map<String, Long> dropped = dropped(report);
                dropped.forEach((what, count) -> notes.accept(count + " " + what));
                return new Filled(made.flatMap(ImageFileRecord::platform), origin.digest(), dropped);
            });
        }
        return chosen.text();
    }

    private static String nameAfter(Path imageFile) {
        String file = imageFile
                .toAbsolutePath()
                .getName(imageFile.toAbsolutePath().getNameCount() - 1)
                .toString();
        int suffix = file.lastIndexOf('.');
        String stem = suffix > 0 ? file.substring(0, suffix) : file;
        return stem.replace('+', '-');
    }

    private static Map<String, Long> dropped(ExtractionReport report) {
        Map<String, Long> counts = new LinkedHashMap<>();
        counts.put("device nodes were left out", report.droppedDevices());
        counts.put("files belong to you instead of their owner", report.droppedOwners());
        counts.put("extended attributes were left out", report.droppedXattrs());
        counts.put("files lost their set-user-ID and set-group-ID bits", report.droppedSetIds());
        counts.values().removeIf(count -> count == 0);
        return counts;
    }

    @Override
    public List<ContainerSummary> containers() throws IOException {
        ContainerStore store = store();
        List<ContainerSummary> summaries = new ArrayList<>();
        for (Container container : store.list()) {
            ContainerRecord record = store.record(container);
            summaries.add(new ContainerSummary(
                    container.name().text(), Optional.of(record.image().path()), Optional.of(record.created())));
        }
        return summaries;
    }

    @Override
    public void removeContainer(String name) throws IOException {
        store(JnrPosix.load()).remove(ContainerName.of(name));
    }

    @Override
    public JsonValue inspect(String fileOrName) throws IOException {
        Path file = Path.of(fileOrName);
        if (Files.isRegularFile(file)) {
            return ImageFileRecord.describe(file);
        }
        if (Files.isDirectory(file) && fileOrName.contains("/")) {
            throw new UsageException(Failure.of("inspect " + fileOrName, "it is a directory (EISDIR)")
                    .hint("name an image file or a container"));
        }
        ContainerStore store = store();
        Optional<Container> container = containerName(fileOrName).flatMap(store::find);
        if (container.isEmpty()) {
            throw new NotFoundException(
                    Failure.of("inspect " + fileOrName, "there is neither a file nor a container of that name (ENOENT)")
                            .hint("`jrun list` shows the containers"));
        }
        return store.record(container.get()).toJson();
    }

    /** Empty for a text that no container can be called; then it was meant as a file. */
    private static Optional<ContainerName> containerName(String text) {
        try {
            return Optional.of(ContainerName.of(text));
        } catch (UsageException noName) {
            return Optional.empty();
        }
    }

    /** For what changes no tree: loads nothing native. */
    private ContainerStore store() throws UsageException {
        return store(new TreeOperations() {
            @Override
            public void removeTree(Path directory) {
                throw new IllegalStateException("reading removes nothing: " + directory);
            }

            @Override
            public boolean exchange(Path one, Path other) {
                throw new IllegalStateException("reading exchanges nothing: " + one);
            }
        });
    }

    private ContainerStore store(Posix posix) throws UsageException {
        return store(new TreeOperations() {
            @Override
            public void removeTree(Path directory) throws IOException {
                new DirectoryRemover(posix).remove(ByteString.of(directory.toString()));
            }

            @Override
            public boolean exchange(Path one, Path other) throws IOException {
                return exchanged(posix, one, other);
            }
        });
    }

    private static boolean exchanged(Posix posix, Path one, Path other) throws IOException {
        byte[] first = ByteString.of(one.toString()).toBytes();
        byte[] second = ByteString.of(other.toString()).toBytes();
        try {
            posix.renameat2(Posix.WORKING_DIRECTORY, first, Posix.WORKING_DIRECTORY, second, RenameMode.EXCHANGE);
            return true;
        } catch (PosixException e) {
            if (e.is(Errno.EINVAL) || e.is(Errno.ENOSYS)) {
                return false;
            }
            throw e.during("exchange " + one + " and " + other);
        }
    }

    private ContainerStore store(TreeOperations trees) throws UsageException {
        Map<ByteString, ByteString> bytes = new LinkedHashMap<>();
        environment.forEach((name, value) -> bytes.put(ByteString.of(name), ByteString.of(value)));
        HostFiles files = new KernelFiles();
        return new ContainerStore(DataPath.of(bytes).path(), files, trees, notes);
    }
}
