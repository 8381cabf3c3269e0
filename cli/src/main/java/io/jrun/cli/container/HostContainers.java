package io.jrun.cli.container;

import io.jrun.cli.console.Replacement;
import io.jrun.cli.console.RoomCheck;
import io.jrun.cli.progress.ImportListener;
import io.jrun.cli.progress.Phase;
import io.jrun.error.Failure;
import io.jrun.error.NotFoundException;
import io.jrun.image.convert.DirectoryTarget;
import io.jrun.image.convert.ImageFileRecord;
import io.jrun.image.convert.OutputFormat;
import io.jrun.image.convert.Preflight;
import io.jrun.image.convert.Volume;
import io.jrun.image.squashfs.SquashfsImage;
import io.jrun.image.tree.ContentSource;
import io.jrun.image.tree.FileTree;
import io.jrun.image.writer.directory.DirectoryExtractor;
import io.jrun.image.writer.directory.ExtractionReport;
import io.jrun.posix.ByteString;
import io.jrun.posix.JnrPosix;
import io.jrun.posix.Posix;
import io.jrun.runtime.host.KernelFiles;
import io.jrun.runtime.host.ProcessTable;
import io.jrun.runtime.host.RunningContainer;
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
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/** The containers of this host. */
public final class HostContainers implements ContainerOperations {

    private final ContainerStores stores;
    private final Clock clock;

    /** @param notes takes what is worth telling beside the results */
    public HostContainers(Map<String, String> environment, Consumer<String> notes, Clock clock) {
        this.stores = new ContainerStores(environment, notes);
        this.clock = clock;
    }

    private static NotFoundException noImageFile(Path given) {
        boolean directory = Files.isDirectory(given);
        String why = directory ? "it is a directory (EISDIR)" : "there is no such file (ENOENT)";
        return new NotFoundException(Failure.of("create a container from " + given, why)
                .hint(
                        directory
                                ? "`jrun load dir:" + given + "` makes one of it"
                                : "`jrun import` makes one from an image, `jrun load` a container at once"));
    }

    @Override
    public Created createContainer(CreateRequest request, ImportListener listener) throws IOException {
        Path imageFile = request.imageFile();
        if (!Files.isRegularFile(imageFile)) {
            throw noImageFile(imageFile);
        }
        ContainerName chosen = ContainerName.of(request.name().orElse(nameAfter(imageFile)));
        // Loading takes a good part of a second of processor time, which the other cores have while tables are read.
        CompletableFuture<Posix> loading = CompletableFuture.supplyAsync(JnrPosix::load);
        try (SquashfsImage image = SquashfsImage.open(imageFile)) {
            Optional<ImageFileRecord> made = ImageFileRecord.read(image);
            FileTree tree = image.readTree();
            Posix posix = loading.join();
            Volume volume = Volume.of(tree, ContentSource.DIRECT);
            if (request.roomCheck() == RoomCheck.REFUSE) {
                Preflight.check(volume, new OutputFormat.Directory(), false, stores.dataPath());
            }
            listener.readingBegan(Phase.CONVERT, "extracting " + imageFile, volume.contentBytes());
            List<String> told = new ArrayList<>();
            ImageOrigin origin = new ImageOrigin(
                    imageFile.toString(), Files.size(imageFile), made.flatMap(ImageFileRecord::manifestDigest));
            CreateMode mode = request.replacement() == Replacement.REPLACE ? CreateMode.REPLACE : CreateMode.NEW;
            stores.open(posix).create(chosen, mode, origin, clock.instant(), rootfs -> {
                int threads = Runtime.getRuntime().availableProcessors();
                ExtractionReport report = new DirectoryExtractor(posix, threads, listener::bytesRead)
                        .extract(image, tree, ByteString.of(rootfs.toString()));
                listener.phaseBegan(Phase.FINISH, "completing the container");
                Map<String, Long> dropped = DirectoryTarget.dropped(report);
                dropped.forEach((what, count) -> told.add(count + " " + what));
                return new Filled(made.flatMap(ImageFileRecord::platform), origin.digest(), dropped);
            });
            return new Created(chosen.text(), volume.contentBytes(), told);
        }
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

    @Override
    public List<ContainerSummary> containers() throws IOException {
        ContainerStore store = stores.openForReading();
        List<ContainerSummary> summaries = new ArrayList<>();
        for (Container container : store.list()) {
            ContainerRecord record = store.record(container);
            summaries.add(new ContainerSummary(
                    container.name().text(), Optional.of(record.image().path()), Optional.of(record.created())));
        }
        return summaries;
    }

    @Override
    public List<RunningSummary> running() throws IOException {
        List<RunningSummary> summaries = new ArrayList<>();
        for (RunningContainer container : new ProcessTable(new KernelFiles()).containers()) {
            String name = container.name().toString();
            summaries.add(new RunningSummary(
                    name,
                    container.pid(),
                    image(name),
                    container.started(),
                    container.first().command().stream()
                            .map(ByteString::toString)
                            .toList(),
                    container.job().map(ByteString::toString)));
        }
        return summaries;
    }

    /** Of a container its image file; an image file, a directory or a reference is what it is called. */
    private Optional<String> image(String name) throws IOException {
        ContainerStore store = stores.openForReading();
        for (Container container : store.list()) {
            if (container.name().text().equals(name)) {
                return Optional.of(store.record(container).image().path());
            }
        }
        return name.matches("(?s).*[/:.].*") ? Optional.of(name) : Optional.empty();
    }

    @Override
    public void removeContainer(String name) throws IOException {
        stores.open(JnrPosix.load()).remove(ContainerName.of(name));
    }
}
