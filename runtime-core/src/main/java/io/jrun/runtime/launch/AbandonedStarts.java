package io.jrun.runtime.launch;

import io.jrun.error.JrunException;
import io.jrun.posix.ByteString;
import io.jrun.runtime.host.FileKind;
import io.jrun.runtime.host.HostFiles;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * What starts leave that nobody needs any more: drafts and files of plans, locks, and the files through which the
 * processes of a step found each other. Removing any of them while a start runs costs it time at most, see each method.
 */
public final class AbandonedStarts {

    /** A start reads and writes its plan within seconds, Java's part within minutes on the most loaded host. */
    private static final Duration DRAFT_AGE = Duration.ofHours(1);

    /** Between the making of a file and its lock there are two system calls. */
    private static final Duration UNLOCKED_AGE = Duration.ofMinutes(1);

    /** A job elsewhere may still run from what another node cannot see. */
    private static final Duration UNUSED_AGE = Duration.ofDays(30);

    private static final int MAX_PROC_BYTES = 16 << 20;
    private static final int MAX_JOIN_BYTES = 1 << 20;
    private static final int ENTRY_BYTES = 8;
    private static final String DRAFT = ".tmp-";
    private static final String JOIN = "join-";
    private static final String PART = ".part";
    private static final String LOCK = ".lock";
    private static final String GONE = ".gone";
    private static final String IMAGE = ".sqsh";
    private static final String LINK = ".link";
    private static final String SEEN = ".seen";
    private static final int SEEN_BYTES = 56;
    private static final int MAX_SEEN_BYTES = 1 << 13;
    private static final Pattern TREE = Pattern.compile("[0-9a-f]{64}");
    private static final Pattern NUMBER = Pattern.compile("[0-9]+");

    private final HostFiles files;
    private final Instant now;

    public AbandonedStarts(HostFiles files, Instant now) {
        this.files = files;
        this.now = now;
    }

    /**
     * Drafts of plans in a cache of plans, and files of plans that are gone; all that is older than an hour. A start that
     * had read its plan before would have mounted them long since.
     */
    public List<Path> inPlans(Path plans) throws IOException {
        Set<String> names = new HashSet<>();
        List<Path> found = new ArrayList<>();
        List<Path> entries = entries(plans);
        entries.forEach(entry -> names.add(name(entry)));
        for (Path entry : entries) {
            String name = name(entry);
            int dot = name.indexOf('.');
            boolean orphan = dot > 0 && !names.contains(name.substring(0, dot));
            if ((name.startsWith(DRAFT) || orphan) && isOlderThan(entry, DRAFT_AGE)) {
                found.add(entry);
            }
        }
        return found;
    }

    /**
     * Locks below a data path that nobody on this host holds, nor has just made. Where two starts lock different files of
     * one name, both compile the same plan, which each publishes whole.
     */
    public List<Path> locks(Path dataPath) throws IOException {
        List<Path> found = new ArrayList<>();
        for (Path lock : entries(dataPath.resolve("locks"))) {
            if (Files.isRegularFile(lock, LinkOption.NOFOLLOW_LINKS)
                    && isOlderThan(lock, UNLOCKED_AGE)
                    && !isLocked(lock)) {
                found.add(lock);
            }
        }
        return found;
    }

    /**
     * What killed extractions left in a directory of extracted bundles. The program that extracts holds the lock beside
     * its draft; one that begins at this moment fails, if the draft is moved away before it is removed.
     */
    public List<Path> inBundles(Path bundles) throws IOException {
        List<Path> found = new ArrayList<>();
        for (Path entry : entries(bundles)) {
            String name = name(entry);
            Path lock = entry.resolveSibling(name.substring(0, Math.max(0, name.indexOf('.'))) + LOCK);
            boolean draft = name.endsWith(PART) && Files.isDirectory(entry, LinkOption.NOFOLLOW_LINKS);
            boolean free = !Files.exists(lock, LinkOption.NOFOLLOW_LINKS) || !isLocked(lock);
            if (name.endsWith(GONE) || (draft && free && isOlderThan(entry, UNLOCKED_AGE))) {
                found.add(entry);
            }
        }
        return found;
    }

    /**
     * Extracted images in a directory of extracted bundles whose bundle is gone from where it was started last, which was
     * more than a month ago, and which no process on this host runs from. A bundle that turns up again is extracted anew.
     */
    public List<Path> treesOfBundles(Path bundles) throws IOException {
        List<Path> found = new ArrayList<>();
        for (Path entry : entries(bundles)) {
            Path seen = entry.resolveSibling(name(entry) + SEEN);
            if (TREE.matcher(name(entry)).matches()
                    && Files.isDirectory(entry, LinkOption.NOFOLLOW_LINKS)
                    && isOlderThan(seen, UNUSED_AGE)
                    && isGone(seen)
                    && !isMounted(entry)) {
                found.add(entry);
            }
        }
        return found;
    }

    /** Source: {@code bundle.c}, struct seen, and the path behind it. */
    private boolean isGone(Path seen) throws IOException {
        byte[] content =
                files.read(ByteString.of(seen.toString()), MAX_SEEN_BYTES).orElse(new byte[0]);
        if (content.length <= SEEN_BYTES || content[SEEN_BYTES] != '/') {
            return false;
        }
        ByteString bundle = ByteString.of(Arrays.copyOfRange(content, SEEN_BYTES, content.length));
        return files.stat(bundle).kind() == FileKind.MISSING;
    }

    /** By any process that may be looked at. Source: proc_pid_mountinfo(5), field 4, the directory that a mount shows. */
    private boolean isMounted(Path tree) throws IOException {
        for (Path process : entries(Path.of("/proc"))) {
            if (NUMBER.matcher(name(process)).matches() && mounts(process).contains(name(tree))) {
                return true;
            }
        }
        return false;
    }

    private String mounts(Path process) {
        try {
            return text(process + "/mountinfo");
        } catch (JrunException endedOrSomebodyElses) {
            return "";
        }
    }

    /** The name that an entry of {@link #inBundles} gets before it is removed. */
    public static Path movedAway(Path entry) {
        return name(entry).endsWith(GONE) ? entry : entry.resolveSibling(name(entry) + GONE);
    }

    /** Locks and links beside images that starts of references imported, where nobody imports. */
    public List<Path> besideImages(Path images) throws IOException {
        List<Path> found = new ArrayList<>();
        for (Path entry : entries(images)) {
            String name = name(entry);
            boolean lock = name.endsWith(IMAGE + LOCK) && !isLocked(entry);
            boolean link = name.endsWith(IMAGE + LINK) && isOlderThan(entry, DRAFT_AGE);
            if ((lock || link) && isOlderThan(entry, UNLOCKED_AGE)) {
                found.add(entry);
            }
        }
        return found;
    }

    /**
     * Files of a runtime directory through which processes shared namespaces, when all of these are gone. Whoever opened
     * one before it is removed makes new namespaces, as he would have had to.
     */
    public List<Path> joins(Path runtimeDirectory) throws IOException {
        List<Path> found = new ArrayList<>();
        for (Path file : entries(runtimeDirectory)) {
            boolean join = name(file).startsWith(JOIN) && Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS);
            if (join && isOlderThan(file, UNLOCKED_AGE) && !isLocked(file) && !hasLiving(file)) {
                found.add(file);
            }
        }
        return found;
    }

    /** Source: random(4), boot_id; the file holds the inode of a mount namespace, then process IDs, 64 bits each. */
    private boolean hasLiving(Path file) throws IOException {
        String boot = text("/proc/sys/kernel/random/boot_id").strip();
        if (!name(file).endsWith("-" + boot)) {
            return false;
        }
        byte[] content =
                files.read(ByteString.of(file.toString()), MAX_JOIN_BYTES).orElse(new byte[0]);
        ByteBuffer entries = ByteBuffer.wrap(content).order(ByteOrder.nativeOrder());
        if (entries.remaining() < ENTRY_BYTES) {
            return false;
        }
        String namespace = "mnt:[" + Long.toUnsignedString(entries.getLong()) + "]";
        while (entries.remaining() >= ENTRY_BYTES) {
            String process = "/proc/" + entries.getLong();
            if (Files.isDirectory(Path.of(process)) && mayBeIn(process, namespace)) {
                return true;
            }
        }
        return false;
    }

    /** A process whose namespace is not shown counts as being in it. */
    private boolean mayBeIn(String process, String namespace) {
        Optional<ByteString> own = files.readLink(ByteString.of(process + "/ns/mnt"));
        return own.isEmpty() || own.get().toString().equals(namespace);
    }

    /** By any kind of lock, or waited for. Source: proc_locks(5), field 6: major:minor:inode, the first two in hex. */
    private boolean isLocked(Path file) throws IOException {
        String inode = ":" + Files.getAttribute(file, "unix:ino", LinkOption.NOFOLLOW_LINKS);
        for (String line : text("/proc/locks").lines().toList()) {
            for (String field : line.split(" +", -1)) {
                if (field.endsWith(inode) && field.indexOf(':') != field.lastIndexOf(':')) {
                    return true;
                }
            }
        }
        return false;
    }

    private String text(String path) throws JrunException {
        byte[] content = files.read(ByteString.of(path), MAX_PROC_BYTES).orElse(new byte[0]);
        return new String(content, StandardCharsets.US_ASCII);
    }

    private boolean isOlderThan(Path path, Duration age) throws IOException {
        try {
            return Files.getLastModifiedTime(path, LinkOption.NOFOLLOW_LINKS)
                    .toInstant()
                    .isBefore(now.minus(age));
        } catch (NoSuchFileException gone) {
            return false;
        }
    }

    private static String name(Path path) {
        return String.valueOf(path.getFileName());
    }

    private static List<Path> entries(Path directory) throws IOException {
        List<Path> found = new ArrayList<>();
        try (DirectoryStream<Path> stream = Files.newDirectoryStream(directory)) {
            stream.forEach(found::add);
        } catch (NoSuchFileException | NotDirectoryException nothingThere) {
            return found;
        } catch (DirectoryIteratorException e) {
            throw e.getCause();
        } catch (FileSystemException notOurs) {
            return found;
        }
        Collections.sort(found);
        return found;
    }
}
