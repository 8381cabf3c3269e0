package io.jrun.runtime.cgroup;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The cgroup file system of version 2 as this host mounts it, and the place of one process in it.
 *
 * @param mount where it is mounted
 * @param hybrid whether controllers are in hierarchies of version 1 beside it
 * @param own the cgroup of the process, below {@code mount}
 */
public record Hierarchy(Path mount, boolean hybrid, Path own) {

    private static final String VERSION_2 = "0::";

    /**
     * Empty where version 2 is not mounted.
     *
     * @param root of the host's files, "/"
     * @param process "self" or a process ID
     */
    public static Optional<Hierarchy> read(Path root, String process) throws IOException {
        Path proc = root.resolve("proc");
        Optional<Path> mount = Optional.empty();
        boolean hybrid = false;
        for (String line : Files.readAllLines(proc.resolve("self/mountinfo"))) {
            int separator = line.indexOf(" - ");
            String[] fields = line.split(" ", -1);
            String[] behind = line.substring(separator + 3).split(" ", -1);
            if (separator > 0 && behind[0].equals("cgroup2") && mount.isEmpty()) {
                mount = Optional.of(root.resolve(fields[4].substring(1)));
            }
            hybrid |= separator > 0 && behind[0].equals("cgroup") && !line.contains("name=");
        }
        if (mount.isEmpty()) {
            return Optional.empty();
        }
        for (String line : Files.readAllLines(proc.resolve(process).resolve("cgroup"))) {
            if (line.startsWith(VERSION_2 + "/")) {
                Path own = mount.get().resolve(line.substring(VERSION_2.length() + 1));
                boolean shown = own.normalize().startsWith(mount.get()) && Files.isDirectory(own);
                return Optional.of(new Hierarchy(mount.get(), hybrid, shown ? own : mount.get()));
            }
        }
        return Optional.empty();
    }

    /** {@code group} and those above it, up to the whole hierarchy. */
    public List<Path> upwards(Path group) {
        List<Path> groups = new ArrayList<>();
        Path at = group;
        while (at != null && at.startsWith(mount)) {
            groups.add(at);
            at = at.getParent();
        }
        return groups;
    }

    /** The content of a file of a cgroup, stripped; empty where that has none. */
    static Optional<String> content(Path group, String file) {
        try {
            return Optional.of(Files.readString(group.resolve(file)).strip());
        } catch (IOException absentOrDisabled) {
            return Optional.empty();
        }
    }

    /** The words of a file of a cgroup. */
    static List<String> words(Path group, String file) {
        return List.of(content(group, file).orElse("").split("\\s+", -1));
    }
}
