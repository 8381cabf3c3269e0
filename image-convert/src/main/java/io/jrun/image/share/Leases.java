package io.jrun.image.share;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.UUID;

/**
 * Decides which of many processes makes a file, with nothing but link(2), which either makes a name or fails, on every node
 * alike. flock(2) and fcntl(2) are not used: on many cluster file systems they bind one node only, or nobody.
 *
 * <p>Leases of a key are numbered. A newcomer who finds none makes number 1; one who knows that the holder of the highest
 * number N is gone makes N + 1, which only one can. Then each looks again: he holds the lease only if nothing lies there
 * that he did not know of, and otherwise takes his back. Nobody removes a lease that others may take for the current one
 * before he holds a higher one himself. So two processes never both hold a lease, unless one took the other for dead.
 */
final class Leases {

    /**
     * A lease as it lay there at one moment.
     *
     * @param bytes one character each
     * @param text empty when it is no readable lease
     */
    record Seen(int generation, String bytes, boolean ofThisUser, Optional<LeaseText> text) {

        String host() {
            return text.map(LeaseText::host).orElse("an unknown node");
        }

        long pid() {
            return text.map(lease -> lease.owner().pid()).orElse(0L);
        }

        ProducerProgress progress() {
            return text.map(LeaseText::progress).orElse(ProducerProgress.STARTING);
        }
    }

    private static final Path PROC_SELF = Path.of("/proc/self/stat");

    private final SharedFiles files;
    private final SharedKey key;
    private final Identity self;

    Leases(SharedFiles files, SharedKey key, Identity self) {
        this.files = files;
        this.key = key;
        this.self = self;
    }

    /** The lease with the highest number. */
    Optional<Seen> current() throws IOException {
        List<Integer> generations = files.generations(key);
        return generations.isEmpty() ? Optional.empty() : look(Collections.max(generations));
    }

    /** Opens by name each time, because that is when network file systems ask their server. */
    Optional<Seen> look(int generation) throws IOException {
        Path file = files.lease(key, generation);
        if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
            return Optional.empty();
        }
        try (InputStream in = Files.newInputStream(file, LinkOption.NOFOLLOW_LINKS)) {
            byte[] bytes = in.readNBytes(LeaseText.MAX_SIZE_IN_BYTES);
            return Optional.of(new Seen(
                    generation,
                    new String(bytes, StandardCharsets.ISO_8859_1),
                    ownerOf(file).equals(ownerOf(PROC_SELF)),
                    LeaseText.parse(bytes)));
        } catch (NoSuchFileException gone) {
            return Optional.empty();
        }
    }

    private static Object ownerOf(Path file) throws IOException {
        return Files.getAttribute(file, "unix:uid", LinkOption.NOFOLLOW_LINKS);
    }

    /**
     * Tries to become the producer.
     *
     * @param predecessor the current lease, whose holder is known to be gone; empty when there was none
     */
    Optional<Lease> acquire(Optional<Seen> predecessor) throws IOException {
        int generation = predecessor.map(Seen::generation).orElse(0) + 1;
        LeaseText text = new LeaseText(
                self.owner(),
                self.host(),
                UUID.randomUUID().toString(),
                0,
                ProducerProgress.STARTING,
                false,
                Optional.empty());
        if (!claim(generation, text)) {
            return Optional.empty();
        }
        Lease lease = new Lease(files.lease(key, generation), generation, text);
        if (isUncontested(generation, predecessor)) {
            return Optional.of(lease);
        }
        lease.release();
        return Optional.empty();
    }

    private boolean claim(int generation, LeaseText text) throws IOException {
        Path lease = files.lease(key, generation);
        Path draft = files.newPart(key, self.owner());
        try {
            Files.write(draft, text.toBytes(), StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
            Files.createLink(lease, draft);
            return true;
        } catch (FileAlreadyExistsException taken) {
            // The answer to a link that did succeed may get lost, and the repetition then fails. Source: open(2),
            // O_EXCL.
            return look(generation)
                    .flatMap(Seen::text)
                    .filter(text::isSameLease)
                    .isPresent();
        } catch (NoSuchFileException swept) {
            if (!Files.isDirectory(files.directory())) {
                throw swept;
            }
            return false;
        } catch (FileSystemException | UnsupportedOperationException noHardLinksHere) {
            return claimExclusively(lease, text);
        } finally {
            Files.deleteIfExists(draft);
        }
    }

    /** Others may see it empty for a moment, which they take for the lease of an unknown process. */
    private static boolean claimExclusively(Path lease, LeaseText text) throws IOException {
        try {
            Files.write(lease, text.toBytes(), StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
            return true;
        } catch (FileAlreadyExistsException taken) {
            return false;
        }
    }

    private boolean isUncontested(int mine, Optional<Seen> predecessor) throws IOException {
        List<Integer> others = files.generations(key).stream()
                .filter(generation -> generation != mine)
                .toList();
        OptionalInt highest = others.stream().mapToInt(Integer::intValue).max();
        if (predecessor.isEmpty()) {
            return highest.isEmpty();
        }
        Seen expected = predecessor.get();
        return highest.isPresent()
                && highest.getAsInt() == expected.generation()
                && look(expected.generation()).equals(predecessor);
    }

    /** Whether a later lease has taken this one's place. */
    boolean isDeposed(Lease lease) throws IOException {
        Optional<Seen> now = current();
        return now.isEmpty() || now.get().generation() != lease.generation();
    }
}
