package io.jrun.runtime.launch;

import io.jrun.error.Failure;
import io.jrun.error.HostUnsupportedException;
import io.jrun.error.JrunException;
import io.jrun.error.NotFoundException;
import io.jrun.error.StorageException;
import io.jrun.error.UsageException;
import io.jrun.posix.ByteString;
import io.jrun.runtime.bcast.LocalImages;
import io.jrun.runtime.config.ConfigurationReader;
import io.jrun.runtime.host.CheckLine;
import io.jrun.runtime.host.FileKind;
import io.jrun.runtime.host.FileStatus;
import io.jrun.runtime.host.HostFacts;
import io.jrun.runtime.host.HostFiles;
import io.jrun.runtime.host.HostPaths;
import io.jrun.runtime.plan.PlanHash;
import io.jrun.runtime.plan.PlanInput;
import io.jrun.runtime.plan.PlanStep.MountImage;
import io.jrun.runtime.plan.PlannedStart.PointKind;
import io.jrun.runtime.spec.ImageSettings;
import io.jrun.runtime.store.Container;
import io.jrun.runtime.store.ContainerName;
import io.jrun.runtime.store.ContainerStore;
import io.jrun.runtime.store.DataPath;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/** Finds what a start starts from, and where its plans lie: beside a container, else in the caller's cache. */
final class StartRoots {

    private static final ByteString SLASH = ByteString.of("/");
    private static final ByteString HOST_NAME = ByteString.of("/proc/sys/kernel/hostname");
    private static final int MAX_HOST_NAME = 4096;
    private static final List<String> HELPERS = List.of("squashfuse_ll", "squashfuse");
    private static final String USUAL_PATH = ":/usr/local/bin:/usr/bin:/bin";

    private final HostFiles files;
    private final HostFacts host;
    private final DataPath data;
    private final ImageAccess images;
    private final Consumer<String> notes;
    private final CachePlaces places;
    private final Path cacheHome;

    StartRoots(HostFiles files, HostFacts host, DataPath data, ImageAccess images, Consumer<String> notes) {
        this(files, host, data, images, notes, new CachePlaces(host), Optional.empty());
    }

    private StartRoots(
            HostFiles files,
            HostFacts host,
            DataPath data,
            ImageAccess images,
            Consumer<String> notes,
            CachePlaces places,
            Optional<Path> cacheHome) {
        this.files = files;
        this.host = host;
        this.data = data;
        this.images = images;
        this.notes = notes;
        this.places = places;
        this.cacheHome = cacheHome.orElse(places.cache());
    }

    /** The same with the best place for a target's plans, as far as that can be told without writing. */
    StartRoots outside(StartTarget target) {
        return in(places.outside(tree(target)));
    }

    /**
     * The same with the first place that takes a target's plans.
     *
     * @throws StorageException when none does
     */
    StartRoots usable(StartTarget target) throws StorageException {
        Optional<Path> place = places.usable(tree(target));
        if (place.isEmpty()) {
            throw new StorageException(Failure.of("compile a plan", "nothing can be written to " + places.listed())
                    .hint(CheckLine.CACHE.behind("make room there, or set XDG_CACHE_HOME to a directory of yours")));
        }
        if (!place.get().equals(places.cache())) {
            notes.accept("the plan lies in " + place.get() + ", since " + places.cache() + " cannot take it");
        }
        return in(place.get());
    }

    private StartRoots in(Path place) {
        return new StartRoots(files, host, data, images, notes, places, Optional.of(place));
    }

    /** What no layer of ours may lie in. */
    private static Optional<Path> tree(StartTarget target) {
        return target instanceof StartTarget.Directory directory
                ? HostPaths.toPath(directory.path())
                : Optional.empty();
    }

    /**
     * What an argument means: a reference by its scheme; a path by a slash in it, then what lies there decides; else the
     * name of a container, or of an image file in the working directory when there is no such container.
     */
    StartTarget target(ByteString argument) throws IOException {
        if (StartTarget.isReference(argument)) {
            return new StartTarget.Reference(argument);
        }
        if (argument.indexOf('/', 0) >= 0) {
            return path(argument);
        }
        ByteString beside = HostPaths.join(host.workingDirectory(), argument);
        Optional<ContainerName> name = name(argument);
        if (name.isPresent()) {
            Container container = ContainerStore.place(data.path(), name.get());
            if (images.make(container, exists(container))) {
                return new StartTarget.Named(name.get());
            }
        }
        if (files.stat(beside).kind() == FileKind.REGULAR) {
            return new StartTarget.ImageFile(beside);
        }
        throw new NotFoundException(
                Failure.of("start " + argument, "there is neither a container nor an image file of that name (ENOENT)")
                        .hint("`jrun list` shows the containers; an image of a registry is docker://" + argument));
    }

    private static Optional<ContainerName> name(ByteString argument) {
        try {
            return Optional.of(ContainerName.of(argument.toString()));
        } catch (UsageException noName) {
            return Optional.empty();
        }
    }

    private boolean exists(Container container) {
        return files.stat(HostPaths.fromPath(container.recordFile())).kind().isPresent();
    }

    private StartTarget path(ByteString argument) throws JrunException {
        ByteString path = argument.startsWith("/") ? argument : HostPaths.join(host.workingDirectory(), argument);
        FileKind kind = files.stat(path).kind();
        if (kind == FileKind.DIRECTORY) {
            return directory(trimmed(path));
        }
        if (kind == FileKind.REGULAR) {
            return new StartTarget.ImageFile(path);
        }
        throw new NotFoundException(
                Failure.of("start " + argument, "there is neither a directory nor an image file (ENOENT)")
                        .hint("an image of a registry begins with docker://"));
    }

    private static StartTarget directory(ByteString path) throws UsageException {
        if (path.equals(SLASH)) {
            throw new UsageException(Failure.of("start /", "it is the host's own root (EINVAL)"));
        }
        return new StartTarget.Directory(path);
    }

    private static ByteString trimmed(ByteString path) {
        int end = path.length();
        while (end > 1 && path.byteAt(end - 1) == '/') {
            end--;
        }
        return path.substring(0, end);
    }

    StartRoot find(StartTarget target, List<ByteString> prefix) throws IOException {
        if (target instanceof StartTarget.Named named) {
            return ofContainer(ContainerStore.place(data.path(), named.name()), prefix);
        } else if (target instanceof StartTarget.Directory directory) {
            return ofDirectory(directory.path(), prefix);
        } else if (target instanceof StartTarget.ImageFile image) {
            return ofImage(image.path(), prefix);
        }
        return ofReference(((StartTarget.Reference) target).text(), prefix);
    }

    /** Source: proc_sys_kernel(5), hostname: what uname(2) answers, and a line feed. */
    private ByteString hostName() throws JrunException {
        Optional<byte[]> line = files.read(HOST_NAME, MAX_HOST_NAME);
        return line.isEmpty() || line.get().length == 0
                ? ByteString.of("")
                : ByteString.of(Arrays.copyOf(line.get(), line.get().length - 1));
    }

    private StartRoot ofContainer(Container container, List<ByteString> prefix) throws JrunException {
        return new StartRoot(
                HostPaths.fromPath(container.rootfs()),
                HostPaths.fromPath(container.recordFile()),
                files,
                new PlanCache(container.plans()),
                PlanHash.ofStart(hostName(), prefix),
                Optional.empty(),
                List.of());
    }

    private StartRoot ofDirectory(ByteString directory, List<ByteString> prefix) throws JrunException {
        return new StartRoot(
                directory,
                directory.plus(ByteString.of(ImageSettings.PATH_IN_ROOTFS)),
                files,
                callersCache(),
                callersHash(prefix),
                Optional.empty(),
                List.of(new PlanInput.Presence(directory, PointKind.DIRECTORY)));
    }

    private StartRoot ofImage(ByteString image, List<ByteString> prefix) throws IOException {
        Optional<Path> path = HostPaths.toPath(image);
        if (path.isEmpty()) {
            throw new UsageException(Failure.of("start " + image, "its path is no UTF-8 (EILSEQ)"));
        }
        ByteString helper = helper(image);
        ByteString mountPoint = HostPaths.fromPath(cacheHome.resolve("mnt"));
        List<PlanInput> inputs = new ArrayList<>();
        Optional<ByteString> copy = localCopy(image, path.get(), inputs);
        Path read = copy.isPresent() ? HostPaths.toPath(copy.get()).orElseThrow() : path.get();
        long inBundle = files.stat(HostPaths.fromPath(read)).kind() == FileKind.REGULAR ? BundleFile.offsetIn(read) : 0;
        ImageAccess.OpenImage opened = images.open(read, inBundle);
        MountedImage mounted = new MountedImage(files, mountPoint, opened.tree());
        inputs.add(new PlanInput.Presence(mountPoint, PointKind.DIRECTORY));
        inputs.add(new PlanInput.Presence(helper, PointKind.FILE));
        return new StartRoot(
                mountPoint,
                image,
                mounted,
                callersCache(),
                callersHash(prefix),
                Optional.of(new MountImage(
                        copy.orElse(image),
                        mountPoint,
                        helper,
                        opened.offset(),
                        MountImage.Paths.GIVEN,
                        copy.isPresent() ? "local copy of " + image : kind(inBundle, opened.offset()))),
                inputs);
    }

    private static String kind(long inBundle, long offset) {
        return inBundle > 0 ? "bundle" : offset > 0 ? "SIF file" : "image file";
    }

    /** The copy that {@code jrun bcast} left on this node; its coming and its going make plans stale. */
    private Optional<ByteString> localCopy(ByteString image, Path path, List<PlanInput> inputs) throws IOException {
        LocalImages local = LocalImages.of(ConfigurationReader.read(files, host.environment()), host.uid());
        FileStatus source = files.stat(image);
        ByteString copy = local.placeOf(HostPaths.fromPath(path.toRealPath()), source);
        boolean usable = LocalImages.isUsable(copy, source, files);
        inputs.add(PlanInput.File.of(copy, files.stat(copy)));
        if (usable) {
            notes.accept("this node has a copy of " + image + ": " + copy);
        }
        return usable ? Optional.of(copy) : Optional.empty();
    }

    /** Where an image is mounted that is shown on a path of the container; the number tells those of a start apart. */
    MountImage shown(ByteString image, int number, String origin) throws HostUnsupportedException {
        return new MountImage(
                image, HostPaths.fromPath(cacheHome.resolve("mnt" + (number + 1))), helper(image), origin);
    }

    private StartRoot ofReference(ByteString reference, List<ByteString> prefix) throws IOException {
        ByteString key = ByteString.of(reference.toString());
        Path file = places.cache().resolve("images").resolve(PlanHash.of(List.of(key)) + ".sqsh");
        if (files.stat(HostPaths.fromPath(file)).kind() != FileKind.REGULAR) {
            images.fetch(reference.toString(), file);
        } else if (images.asksEachTime()) {
            images.refresh(reference.toString(), file);
        } else {
            notes.accept(reference + " was imported on " + day(file) + ", to " + file);
        }
        return ofImage(HostPaths.fromPath(file), prefix);
    }

    private static String day(Path file) throws IOException {
        return Files.getLastModifiedTime(file).toString().substring(0, "2000-01-01".length());
    }

    private ByteString helper(ByteString image) throws HostUnsupportedException {
        Optional<ByteString> given = host.variable("PATH");
        String path = (given.isPresent() ? given.get().toString() : "") + USUAL_PATH;
        for (String name : HELPERS) {
            for (String directory : path.split(":", -1)) {
                ByteString candidate = ByteString.of(directory + "/" + name);
                if (directory.startsWith("/") && isExecutable(files.stat(candidate))) {
                    return candidate;
                }
            }
        }
        throw new HostUnsupportedException(Failure.of(
                        "start " + image, "neither squashfuse_ll nor squashfuse is in PATH (ENOENT)")
                .hint(CheckLine.FUSE.behind("install squashfuse, or make a container of it: jrun create " + image)));
    }

    private static boolean isExecutable(FileStatus status) {
        return status.kind() == FileKind.REGULAR && (status.mode() & 0111) != 0;
    }

    PlanCache callersCache() {
        return new PlanCache(CachePlaces.plansIn(cacheHome));
    }

    String callersHash(List<ByteString> prefix) throws JrunException {
        List<ByteString> hashed = new ArrayList<>(prefix);
        if (StartTarget.isRelative(prefix.get(prefix.size() - 1))) {
            hashed.add(host.workingDirectory());
        }
        return PlanHash.ofStart(hostName(), hashed);
    }
}
