package io.jrun.image.writer.directory;

import io.jrun.image.squashfs.SquashfsImage;
import io.jrun.image.tree.FileTree;
import io.jrun.posix.ByteString;
import io.jrun.posix.JnrPosix;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;

/** Measures: {@code IMAGE TARGET THREADS}, or {@code remove TARGET}. */
final class ExtractionTiming {

    private ExtractionTiming() {}

    public static void main(String[] arguments) throws IOException {
        if (arguments[0].equals("remove")) {
            new DirectoryRemover(JnrPosix.load()).remove(ByteString.of(arguments[1]));
            return;
        }
        long begin = System.nanoTime();
        CompletableFuture<Void> loading = CompletableFuture.runAsync(JnrPosix::load);
        try (SquashfsImage image = SquashfsImage.open(Path.of(arguments[0]))) {
            FileTree tree = image.readTree();
            long read = System.nanoTime();
            loading.join();
            long loaded = System.nanoTime();
            ExtractionReport report = new DirectoryExtractor(JnrPosix.load(), Integer.parseInt(arguments[2]))
                    .extract(image, tree, ByteString.of(arguments[1]));
            System.out.printf(
                    "tree %d ms, loaded %d ms, extracted %d ms: %s%n",
                    (read - begin) / 1_000_000,
                    (loaded - begin) / 1_000_000,
                    (System.nanoTime() - loaded) / 1_000_000,
                    report);
        }
    }
}
