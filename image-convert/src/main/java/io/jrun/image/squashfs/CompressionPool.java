package io.jrun.image.squashfs;

import java.io.IOException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicReference;

/** Threads that work on blocks, each with its own compressor. What they finish first has no influence on any output. */
final class CompressionPool implements AutoCloseable {

    private final BlockingQueue<Block> waiting = new LinkedBlockingQueue<>();
    private final List<Thread> threads = new ArrayList<>();
    private final AtomicReference<Throwable> failure = new AtomicReference<>();
    private volatile boolean digestsNoted;

    CompressionPool(SquashfsOptions options) {
        for (int i = 0; i < options.threads(); i++) {
            Thread thread = new Thread(() -> run(options), "squashfs-compress-" + i);
            thread.setDaemon(true);
            threads.add(thread);
            thread.start();
        }
    }

    /** What is stored of blocks that come from now on is digested too. */
    void noteDigests() {
        digestsNoted = true;
    }

    /** Never blocks: those who fill blocks run out of buffers before this queue grows. */
    void submit(Block block) {
        waiting.add(block);
    }

    /** Waits for a block's work. */
    void await(Block block) throws IOException, InterruptedException {
        block.awaitDone();
        block.throwProblem();
        Throwable problem = failure.get();
        if (problem != null) {
            throw new IllegalStateException("a compressing thread failed", problem);
        }
    }

    private void run(SquashfsOptions options) {
        try (BlockCompressor compressor =
                BlockCompressor.open(options.compression(), options.level(), options.blockSizeInBytes())) {
            MessageDigest sha256 = sha256();
            while (true) {
                work(waiting.take(), compressor, sha256);
            }
        } catch (InterruptedException closed) {
            Thread.currentThread().interrupt();
        } catch (Throwable problem) {
            // Opening the codec failed, for want of its native library or of memory: no block may wait for this thread.
            failure.compareAndSet(null, problem);
            failAll();
        }
    }

    private void work(Block block, BlockCompressor compressor, MessageDigest sha256) {
        try {
            block.work(compressor, sha256);
            if (digestsNoted) {
                block.digestStored(sha256);
            }
        } catch (IOException unreadable) {
            block.fail(unreadable);
        } catch (Throwable problem) {
            failure.compareAndSet(null, problem);
        } finally {
            block.markDone();
        }
    }

    private void failAll() {
        try {
            while (true) {
                waiting.take().markDone();
            }
        } catch (InterruptedException closed) {
            Thread.currentThread().interrupt();
        }
    }

    static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    @Override
    public void close() {
        threads.forEach(CompressionPool::stop);
    }

    /** Interrupts a thread and waits for its end; an interrupt of the caller meanwhile is kept for later. */
    static void stop(Thread thread) {
        thread.interrupt();
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
}
