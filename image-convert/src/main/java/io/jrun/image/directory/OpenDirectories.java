package io.jrun.image.directory;

import io.jrun.posix.Posix;
import io.jrun.posix.PosixException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** Descriptors of the directories used last, each opened from its parent's. Few: a process often has 1,024 only. */
final class OpenDirectories implements AutoCloseable {

    private static final int MAX_OPEN = 32;

    private final Posix posix;
    private final int root;
    private final Map<ScannedDirectory, Integer> open = new LinkedHashMap<>(64, 0.75f, true);

    /** @param root stays open */
    OpenDirectories(Posix posix, int root) {
        this.posix = posix;
        this.root = root;
    }

    /** Good until some other directories have been asked for. */
    int of(ScannedDirectory directory) throws PosixException {
        Deque<ScannedDirectory> missing = new ArrayDeque<>();
        Optional<ScannedDirectory> nearest = Optional.of(directory);
        while (nearest.get().parent().isPresent() && !open.containsKey(nearest.get())) {
            missing.push(nearest.get());
            nearest = nearest.get().parent();
        }
        int descriptor = open.getOrDefault(nearest.get(), root);
        for (ScannedDirectory each : missing) {
            descriptor = posix.openat(descriptor, each.name(), Posix.OpenMode.DIRECTORY_PATH, 0);
            open.put(each, descriptor);
            if (open.size() > MAX_OPEN) {
                closeEldest();
            }
        }
        return descriptor;
    }

    private void closeEldest() throws PosixException {
        Iterator<Integer> descriptors = open.values().iterator();
        int eldest = descriptors.next();
        descriptors.remove();
        posix.close(eldest);
    }

    @Override
    public void close() throws PosixException {
        while (!open.isEmpty()) {
            closeEldest();
        }
    }
}
