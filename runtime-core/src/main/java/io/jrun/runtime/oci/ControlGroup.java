package io.jrun.runtime.oci;

import io.jrun.error.Failure;
import io.jrun.error.HostUnsupportedException;
import io.jrun.error.StorageException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * The control group of a container, in the unified hierarchy alone.
 *
 * @param directory below {@link #MOUNT}
 * @param settings files of the group and what is to be written to them; none when the bundle limits nothing
 */
record ControlGroup(Path directory, Map<String, String> settings) {

    static final Path MOUNT = Path.of("/sys/fs/cgroup");

    private static final String MEMBERS = "cgroup.procs";

    ControlGroup {
        settings = Map.copyOf(settings);
    }

    /** Makes it; false when it cannot be made and nothing is lost by that. */
    boolean make() throws HostUnsupportedException {
        try {
            Files.createDirectories(directory);
            for (String controller : controllers(settings.keySet())) {
                require(controller);
            }
            for (Map.Entry<String, String> each : settings.entrySet()) {
                set(each.getKey(), each.getValue());
            }
            return Files.isWritable(directory.resolve(MEMBERS));
        } catch (IOException e) {
            discard(e);
            if (settings.isEmpty()) {
                return false;
            }
            if (e instanceof HostUnsupportedException told) {
                throw told;
            }
            throw refuse("the caller may not make " + directory + " (EACCES)");
        }
    }

    private void discard(IOException failure) {
        try {
            Files.deleteIfExists(directory);
        } catch (IOException second) {
            failure.addSuppressed(second);
        }
    }

    /** When what it was made for came to nothing. */
    void remove() throws StorageException {
        try {
            Files.deleteIfExists(directory);
        } catch (IOException e) {
            throw new StorageException(
                    Failure.of("remove the control group " + directory, e.getMessage())
                            .hint("rmdir " + directory),
                    e);
        }
    }

    /** Files of which the name before the dot is that of a controller. */
    static Set<String> controllers(Set<String> files) {
        Set<String> controllers = new TreeSet<>();
        for (String file : files) {
            int dot = file.indexOf('.');
            if (dot > 0 && !file.startsWith("cgroup.")) {
                controllers.add(file.substring(0, dot));
            }
        }
        return controllers;
    }

    /** The group has a controller when those above hand it down, which takes that they hold no processes. */
    private void require(String controller) throws HostUnsupportedException {
        require(directory, controller);
    }

    private void require(Path group, String controller) throws HostUnsupportedException {
        if (words(group.resolve("cgroup.controllers")).contains(controller)) {
            return;
        }
        Path parent = group.resolveSibling(".").normalize();
        if (!parent.startsWith(MOUNT)) {
            throw refuse("the controller " + controller + " is not in the unified hierarchy of this host (ENOENT)");
        }
        require(parent, controller);
        try {
            write(parent.resolve("cgroup.subtree_control"), "+" + controller);
        } catch (IOException e) {
            boolean used = !words(parent.resolve(MEMBERS)).isEmpty();
            throw refuse(
                    used
                            ? parent + " holds processes, so it cannot hand limits down (EBUSY)"
                            : "the caller may not write " + parent + "/cgroup.subtree_control (EACCES)");
        }
    }

    private void set(String file, String value) throws HostUnsupportedException {
        try {
            write(directory.resolve(file), value);
        } catch (NoSuchFileException e) {
            throw refuse("this kernel has no " + file + " there (ENOENT)");
        } catch (IOException e) {
            throw refuse("the kernel refuses " + file + "=" + value + ": " + e.getMessage());
        }
    }

    private static List<String> words(Path file) {
        try {
            String text = Files.readString(file).strip();
            return text.isEmpty() ? List.of() : List.of(text.split("\\s+", -1));
        } catch (IOException absent) {
            return List.of();
        }
    }

    private static void write(Path file, String text) throws IOException {
        Files.write(file, text.getBytes(StandardCharsets.UTF_8), StandardOpenOption.WRITE);
    }

    private HostUnsupportedException refuse(String why) {
        return refuse(settings, why);
    }

    static HostUnsupportedException refuse(Map<String, String> settings, String why) {
        return new HostUnsupportedException(
                Failure.of("set " + String.join(", ", new TreeSet<>(settings.keySet())), why)
                        .hint("take linux.resources out of config.json, or run it where control groups are delegated"));
    }
}
