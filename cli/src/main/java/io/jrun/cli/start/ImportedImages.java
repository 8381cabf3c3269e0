package io.jrun.cli.start;

import io.jrun.cli.console.Launcher;
import io.jrun.error.Failure;
import io.jrun.error.TransferException;
import io.jrun.image.convert.ImageFileRecord;
import io.jrun.image.reference.Platform;
import io.jrun.image.squashfs.SquashfsImage;
import io.jrun.runtime.store.Container;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a start brings first: images and containers, once for all starts that ask for them. The commands that exist for
 * that do it, in processes with the JVM options that suit long work.
 */
final class ImportedImages {

    private static final Logger log = LoggerFactory.getLogger(ImportedImages.class);

    /** Containers whose names share one wait for each other. */
    private static final int LOCKS = 16;

    private static final int MAX_PATH = 1 << 16;

    private ImportedImages() {}

    /** Waits for another process that imports the same. */
    static void fetch(String reference, Path imageFile) throws IOException {
        try (Turn turn = turn(lockFile(imageFile))) {
            if (Files.exists(imageFile)) {
                return;
            }
            if (turn.kind() == Turn.Kind.ALONE) {
                run(reference, "import " + reference, List.of("import", "-o", imageFile.toString(), reference));
            } else {
                // Leases need no locks; see io.jrun.image.share.
                linkToShared(
                        reference,
                        imageFile,
                        imageFile.resolveSibling(".").normalize().toString());
            }
        }
    }

    /** Imports again, if the registry has another manifest by now than the image file was made of. */
    static void refresh(String reference, Path imageFile) throws IOException {
        try (Turn turn = turn(lockFile(imageFile))) {
            log.debug("asking whether {} is the newest ({})", imageFile, turn.kind());
            Optional<String> present = manifestDigest(imageFile);
            String platform = Platform.ofHost().toString();
            boolean current = present.isPresent()
                    && present.get()
                            .equals(run(
                                    reference,
                                    "digest " + reference,
                                    List.of("digest", "--platform", platform, reference)));
            if (!current) {
                run(reference, "import " + reference, List.of("import", "-f", "-o", imageFile.toString(), reference));
            }
        }
    }

    private static Optional<String> manifestDigest(Path imageFile) throws IOException {
        try (SquashfsImage image = SquashfsImage.open(imageFile)) {
            Optional<ImageFileRecord> read = ImageFileRecord.read(image);
            return read.isPresent() ? read.get().manifestDigest() : Optional.empty();
        }
    }

    /** As {@link #link}, where another image was linked to before; the directory itself knows which it has. */
    static void relink(String reference, Path imageFile, String directory) throws IOException {
        try (Turn turn = turn(lockFile(imageFile))) {
            log.debug("asking what {} has of {} ({})", directory, reference, turn.kind());
            linkToShared(reference, imageFile, directory);
        }
    }

    /** Makes {@code imageFile} a link to the image in a directory that all nodes share. */
    static void link(String reference, Path imageFile, String directory) throws IOException {
        try (Turn turn = turn(lockFile(imageFile))) {
            if (Files.exists(imageFile)) {
                log.debug("{} was made before this turn ({})", imageFile, turn.kind());
                return;
            }
            linkToShared(reference, imageFile, directory);
        }
    }

    private static void linkToShared(String reference, Path imageFile, String directory) throws IOException {
        String shared = run(reference, "import " + reference, List.of("import", "--shared", directory, reference));
        Path link = imageFile.resolveSibling("." + UUID.randomUUID() + ".link");
        Files.createSymbolicLink(link, Path.of(shared));
        try {
            Files.move(link, imageFile, StandardCopyOption.ATOMIC_MOVE);
        } finally {
            Files.deleteIfExists(link);
        }
    }

    /** Waits for other processes that make containers of such names. */
    static void make(Container container, String image) throws IOException {
        String name = container.name().text();
        Path data = container.directory().resolve("../..").normalize();
        try (Turn turn = turn(data.resolve("locks/make-" + Math.floorMod(name.hashCode(), LOCKS)))) {
            if (Files.exists(container.recordFile())) {
                return;
            }
            boolean file = (image.startsWith("/") || image.startsWith(".")) && Files.isRegularFile(Path.of(image));
            String command = file ? "create" : "load";
            try {
                run(image, command + " -n " + name + " " + image, List.of(command, "-n", name, image));
            } catch (TransferException taken) {
                // A name is given once: without locks another node may have been faster.
                if (turn.kind() == Turn.Kind.ALONE || !Files.exists(container.recordFile())) {
                    throw taken;
                }
                log.debug("another process made {}", name, taken);
            }
        }
    }

    private static Turn turn(Path lockFile) throws IOException {
        String runtime = System.getenv("XDG_RUNTIME_DIR");
        List<Path> instead = runtime == null || !runtime.startsWith("/")
                ? List.of()
                : List.of(Path.of(runtime, "jrun", "locks", String.valueOf(lockFile.getFileName())));
        return Turn.await(lockFile, instead);
    }

    private static Path lockFile(Path imageFile) {
        return imageFile.resolveSibling(imageFile.getFileName() + ".lock");
    }

    /** Returns what the command printed, without the last line feed. */
    private static String run(String image, String shown, List<String> arguments) throws IOException {
        List<String> words = new ArrayList<>();
        words.add(new Launcher(System.getenv()).program().toString());
        words.addAll(arguments);
        ProcessBuilder builder = new ProcessBuilder(words).redirectError(ProcessBuilder.Redirect.INHERIT);
        builder.environment()
                .put("JRUN_WITH_PARENT", Long.toString(ProcessHandle.current().pid()));
        Process process = builder.start();
        String printed;
        int status;
        try (InputStream output = process.getInputStream()) {
            process.getOutputStream().close();
            printed = new String(output.readNBytes(MAX_PATH), StandardCharsets.UTF_8).stripTrailing();
            status = process.waitFor();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        } finally {
            process.destroy();
        }
        if (status != 0) {
            throw new TransferException(
                    Failure.of("start " + image, "it could not be imported").hint("to try that alone: jrun " + shown));
        }
        return printed;
    }
}
