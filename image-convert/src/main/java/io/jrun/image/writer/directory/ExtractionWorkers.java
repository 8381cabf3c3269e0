package io.jrun.image.writer.directory;

import io.jrun.image.squashfs.ContentReader;
import io.jrun.image.squashfs.SquashfsImage;
import io.jrun.posix.Posix;
import io.jrun.posix.PosixException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;

/** Runs tasks on some threads, begun in their order. The first failure ends all. */
final class ExtractionWorkers {

    private final Posix posix;
    private final SquashfsImage image;
    private final int root;
    private final int threads;
    private final AtomicInteger next = new AtomicInteger();
    private final AtomicReference<Throwable> failure = new AtomicReference<>();

    ExtractionWorkers(Posix posix, SquashfsImage image, int root, int threads) {
        this.posix = posix;
        this.image = image;
        this.root = root;
        this.threads = threads;
    }

    /** Returns when no thread works any more, whatever happened. */
    void run(List<ExtractionTask> tasks) throws IOException {
        List<Thread> helpers = new ArrayList<>();
        for (int i = 1; i < Math.min(threads, tasks.size()); i++) {
            Thread thread = new Thread(() -> work(tasks), "extract-" + i);
            thread.setDaemon(true);
            helpers.add(thread);
            thread.start();
        }
        work(tasks);
        helpers.forEach(ExtractionWorkers::join);
        throwFailure();
    }

    private void work(List<ExtractionTask> tasks) {
        try (DirectoryHandles directories = new DirectoryHandles(posix, root);
                ContentReader reader = image.contentReader()) {
            int task = next.getAndIncrement();
            while (task < tasks.size() && failure.get() == null) {
                tasks.get(task).run(directories, reader);
                task = next.getAndIncrement();
            }
        } catch (PosixException e) {
            failure.compareAndSet(null, e.during("close a directory"));
        } catch (Throwable e) {
            failure.compareAndSet(null, e);
        }
    }

    private static void join(Thread thread) {
        boolean interrupted = false;
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private void throwFailure() throws IOException {
        Throwable problem = failure.get();
        if (problem instanceof IOException io) {
            throw io;
        }
        if (problem instanceof RuntimeException bug) {
            throw bug;
        }
        if (problem != null) {
            throw new IllegalStateException("extraction failed", problem);
        }
    }
}
