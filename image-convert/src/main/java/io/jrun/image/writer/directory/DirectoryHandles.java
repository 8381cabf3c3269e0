package io.jrun.image.writer.directory;

import io.jrun.posix.Posix;
import io.jrun.posix.PosixException;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Open descriptors of the directories used last, each opened from its parent's without following links. Used by one
 * thread. Few, because a process may often have 1,024 descriptors only.
 */
final class DirectoryHandles implements AutoCloseable {

    private static final int MAX_OPEN = 24;

    private final Posix posix;
    private final int root;
    /** Places are never equal unless identical: {@link Place} keeps Object's equality. */
    private final Map<Place, Integer> open = new LinkedHashMap<>(32, 0.75f, true);

    DirectoryHandles(Posix posix, int root) {
        this.posix = posix;
        this.root = root;
    }

    /** Stays open until some other directories have been asked for. */
    int of(Place directory) throws PosixException {
        if (directory.isRoot()) {
            return root;
        }
        Integer known = open.get(directory);
        return known != null ? known : open(directory);
    }

    private int open(Place directory) throws PosixException {
        // From the nearest open ancestor down, one by one: a loop, for trees of any depth.
        java.util.ArrayDeque<Place> missing = new java.util.ArrayDeque<>();
        Place nearest = directory;
        while (!nearest.isRoot() && !open.containsKey(nearest)) {
            missing.push(nearest);
            nearest = nearest.parent();
        }
        int descriptor = of(nearest);
        for (Place place : missing) {
            descriptor = posix.openat(descriptor, place.name(), Posix.OpenMode.DIRECTORY_PATH, 0);
            open.put(place, descriptor);
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
