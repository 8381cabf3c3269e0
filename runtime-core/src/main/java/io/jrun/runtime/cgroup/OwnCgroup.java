package io.jrun.runtime.cgroup;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A cgroup that a start made, by its name: "jrun-", the starter's process ID and the seconds since boot, each with a
 * thousand million added.
 *
 * @param process that made it
 * @param seconds since the boot, when it did
 */
public record OwnCgroup(Path group, long process, long seconds) {

    private static final Pattern NAME = Pattern.compile("jrun-([0-9]{10})-([0-9]{10})");
    private static final long ADDED = 1_000_000_000;
    private static final long TICKS_PER_SECOND = 100; // USER_HZ: time(7)
    private static final int START_TIME = 19; // behind the name, see proc(5)

    /** Empty for a cgroup of another name. */
    public static Optional<OwnCgroup> of(Path group) {
        Matcher name = NAME.matcher(String.valueOf(group.getFileName()));
        return name.matches()
                ? Optional.of(new OwnCgroup(
                        group, Long.parseLong(name.group(1)) - ADDED, Long.parseLong(name.group(2)) - ADDED))
                : Optional.empty();
    }

    /**
     * Those in the caller's part of the hierarchy whose starters are gone: both the supervisor and the guard were killed.
     *
     * @param groups where to look, with what is below them
     */
    public static List<Path> abandoned(Path root, List<Path> groups) throws IOException {
        List<Path> found = new ArrayList<>();
        for (Path group : groups) {
            for (Path child : children(group)) {
                Optional<OwnCgroup> own = of(child);
                if (own.isPresent() && !own.get().isWatched(root)) {
                    found.add(child);
                }
            }
        }
        return found;
    }

    /**
     * Kills what is in it and removes it.
     *
     * @return whether it is gone
     */
    public static boolean remove(Path group) throws IOException {
        Path kill = group.resolve("cgroup.kill");
        if (Files.exists(kill)) {
            Files.writeString(kill, "1");
        }
        try {
            Files.deleteIfExists(group);
        } catch (FileSystemException notEmptyYet) {
            return false;
        }
        return true;
    }

    /** Whether the process lives that made it: one of that number which began no later. */
    private boolean isWatched(Path root) throws IOException {
        Path stat = root.resolve("proc/" + process + "/stat");
        if (!Files.exists(stat)) {
            return false;
        }
        String line = Files.readString(stat);
        String[] fields = line.substring(line.lastIndexOf(')') + 1).strip().split(" ", -1);
        return fields.length > START_TIME && Long.parseLong(fields[START_TIME]) / TICKS_PER_SECOND <= seconds;
    }

    private static List<Path> children(Path group) throws IOException {
        List<Path> children = new ArrayList<>();
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(group, Files::isDirectory)) {
            entries.forEach(children::add);
        } catch (DirectoryIteratorException e) {
            throw e.getCause();
        } catch (FileSystemException goneOrHidden) {
            return children;
        }
        return children;
    }
}
