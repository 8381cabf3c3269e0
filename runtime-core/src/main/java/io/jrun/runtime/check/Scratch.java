package io.jrun.runtime.check;

import io.jrun.posix.OwnerOnly;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A directory for one trial, gone when it is closed. One that a killed check left has the prefix {@value #PREFIX}.
 */
public final class Scratch implements AutoCloseable {

    /** Of the names of all of them. */
    public static final String PREFIX = ".jrun-check-";

    private final Path directory;

    private Scratch(Path directory) {
        this.directory = directory;
    }

    /** A new directory in {@code parent}. */
    static Scratch in(Path parent) throws IOException {
        return new Scratch(Files.createTempDirectory(parent, PREFIX, OwnerOnly.DIRECTORY));
    }

    Path directory() {
        return directory;
    }

    @Override
    public void close() throws IOException {
        remove(directory.toFile());
        if (directory.toFile().exists()) {
            throw new IOException("cannot remove " + directory);
        }
    }

    /** The working directory of an overlay has no permissions. */
    private static void remove(File file) {
        if (file.delete()) {
            return;
        }
        boolean opened = file.setReadable(true) && file.setWritable(true) && file.setExecutable(true);
        File[] children = opened ? file.listFiles() : null;
        if (children != null) {
            for (File child : children) {
                remove(child);
            }
        }
        if (!file.delete()) {
            file.deleteOnExit();
        }
    }
}
