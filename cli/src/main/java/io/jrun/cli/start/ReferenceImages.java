package io.jrun.cli.start;

import io.jrun.error.Failure;
import io.jrun.error.TransferException;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;

/**
 * Images that a start brings from a registry, once for all starts that ask for them. {@code jrun import} does it, in a
 * process with the JVM options that suit long work.
 */
final class ReferenceImages {

    private ReferenceImages() {}

    /** Waits for another process that imports the same. */
    static void fetch(String reference, Path imageFile) throws IOException {
        Files.createDirectories(imageFile.resolveSibling(".").normalize());
        Path lockFile = imageFile.resolveSibling(imageFile.getFileName() + ".lock");
        try (FileChannel channel = FileChannel.open(lockFile, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                FileLock lock = channel.lock()) {
            if (lock.isValid() && !Files.exists(imageFile)) {
                run(reference, imageFile);
            }
        }
    }

    private static void run(String reference, Path imageFile) throws IOException {
        String home = System.getenv("JRUN_HOME");
        if (home == null) {
            throw new IllegalStateException("JRUN_HOME is not set: start is to be run by bin/jrun");
        }
        Process process = new ProcessBuilder(
                        List.of(home + "/bin/jrun", "import", "-o", imageFile.toString(), reference))
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        int status;
        try {
            process.getOutputStream().close();
            status = process.waitFor();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        } finally {
            process.destroy();
        }
        if (status != 0) {
            throw new TransferException(Failure.of("start " + reference, "it could not be imported")
                    .hint("to try that alone: jrun import " + reference));
        }
    }
}
