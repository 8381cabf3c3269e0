package io.jrun.image.layer;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Archives of tar(1), and what Commons Compress reads in them, where it reads right. */
@NeedsTar
class TarProgramsTest {

    private static final List<String> FORMATS = List.of("v7", "ustar", "oldgnu", "gnu", "pax");

    @TempDir
    private Path directory;

    private byte[] tar(String... options) throws Exception {
        Path archive = directory.resolve("archive.tar");
        List<String> command = new ArrayList<>(List.of("tar", "--create", "--file=" + archive));
        command.addAll(List.of(options));
        command.addAll(List.of("--directory=" + directory.resolve("tree"), "."));
        Programs.run(command.toArray(String[]::new));
        return Files.readAllBytes(archive);
    }

    private Path makeTree() throws Exception {
        Path tree = Files.createDirectory(directory.resolve("tree"));
        Path inner = Files.createDirectories(tree.resolve("some/directory"));
        Path file = Files.writeString(inner.resolve("file"), "content");
        Files.writeString(tree.resolve("empty"), "");
        Files.write(tree.resolve("large"), new byte[300_000]);
        Files.createLink(tree.resolve("hard"), file);
        Files.createSymbolicLink(tree.resolve("symbolic"), Path.of("some/directory/file"));
        Files.setLastModifiedTime(file, FileTime.from(Instant.parse("2001-02-03T04:05:06.123456789Z")));
        Files.setLastModifiedTime(tree.resolve("empty"), FileTime.from(Instant.parse("1969-12-31T23:59:00Z")));
        return tree;
    }

    @Test
    void archivesOfEachFormatAreReadAsCommonsCompressReadsThem() throws Exception {
        Path tree = makeTree();
        for (String format : FORMATS) {
            if (format.equals("ustar")) {
                Programs.run("mkfifo", tree.resolve("fifo").toString());
            }
            if (format.equals("gnu")) { // from here on names that the older formats cannot hold
                Path longName = tree.resolve("n".repeat(120));
                Files.writeString(longName, "long");
                Files.createSymbolicLink(tree.resolve("toLong"), longName.getFileName());
                Files.createLink(tree.resolve("hardToLong"), longName);
            }
            boolean holdsNegativeTimes = format.contains("gnu") || format.equals("pax");
            FileTime time = FileTime.fromMillis(holdsNegativeTimes ? -60_000 : 60_000);
            Files.setLastModifiedTime(tree.resolve("empty"), time);

            byte[] archive = tar("--format=" + format, "--sort=name");

            assertEquals(ofCommonsCompress(archive), ours(archive), format);
        }
    }

    private static Map<String, String> ours(byte[] archive) throws Exception {
        Map<String, String> entries = new TreeMap<>();
        MergeLimits limits = MergedImage.SMALL_LIMITS;
        TarReader reader = new TarReader(
                new java.io.ByteArrayInputStream(archive),
                "archive",
                limits,
                new Notices(),
                new InternPool(new Budget(limits)));
        for (var entry = reader.next(); entry.isPresent(); entry = reader.next()) {
            TarEntry found = entry.get();
            entries.put(
                    latin(found.path()),
                    found.kind() + " " + latin(found.linkTarget()) + " "
                            + (found.kind() == TarEntry.Kind.SYMBOLIC_LINK
                                    ? 0777
                                    : found.metadata().permissions())
                            + " " + found.metadata().uid() + ":"
                            + found.metadata().gid() + " "
                            + Instant.ofEpochSecond(
                                    found.metadata().mtimeSeconds(),
                                    found.metadata().mtimeNanos())
                            + " " + latin(reader.content().readAllBytes()));
        }
        return entries;
    }

    private static Map<String, String> ofCommonsCompress(byte[] archive) throws Exception {
        Map<String, String> entries = new TreeMap<>();
        try (TarArchiveInputStream in =
                new TarArchiveInputStream(new java.io.ByteArrayInputStream(archive), "ISO-8859-1")) {
            for (TarArchiveEntry entry = in.getNextEntry(); entry != null; entry = in.getNextEntry()) {
                TarEntry.Kind kind = kind(entry);
                entries.put(
                        entry.getName(),
                        kind + " " + entry.getLinkName() + " "
                                + (entry.isSymbolicLink() ? 0777 : entry.getMode() & 07777) + " "
                                + entry.getLongUserId() + ":" + entry.getLongGroupId() + " "
                                + entry.getLastModifiedTime().toInstant() + " "
                                + latin(kind == TarEntry.Kind.REGULAR_FILE ? in.readAllBytes() : new byte[0]));
            }
        }
        return entries;
    }

    private static TarEntry.Kind kind(TarArchiveEntry entry) {
        if (entry.isSymbolicLink()) {
            return TarEntry.Kind.SYMBOLIC_LINK;
        } else if (entry.isLink()) {
            return TarEntry.Kind.HARD_LINK;
        } else if (entry.isFIFO()) {
            return TarEntry.Kind.FIFO;
        } else {
            return entry.isDirectory() ? TarEntry.Kind.DIRECTORY : TarEntry.Kind.REGULAR_FILE;
        }
    }

    private static String latin(byte[] bytes) {
        return new String(bytes, StandardCharsets.ISO_8859_1);
    }

    @Test
    void sparseFilesOfAllFormsAreExpanded() throws Exception {
        Path tree = Files.createDirectory(directory.resolve("tree"));
        Path sparse = tree.resolve("sparse");
        long seed = 7;
        Random random = new Random(seed);
        try (RandomAccessFile file = new RandomAccessFile(sparse.toFile(), "rw")) {
            file.setLength(4 << 20);
            for (int i = 0; i < 60; i++) { // more extents than the header and two extension blocks hold
                file.seek((long) i << 16);
                byte[] data = new byte[1 + random.nextInt(4096)];
                random.nextBytes(data);
                file.write(data);
            }
        }
        String content = latin(Files.readAllBytes(sparse));
        Files.writeString(tree.resolve("z"), "behind");

        for (String form :
                List.of("--format=gnu", "--sparse-version=0.0", "--sparse-version=0.1", "--sparse-version=1.0")) {
            String format = form.startsWith("--format") ? form : "--format=pax";
            byte[] archive = tar(
                    "--sparse", "--hole-detection=raw", "--sort=name", format, form.equals(format) ? "--sparse" : form);

            List<String> listing = MergedImage.ofTars(archive).listing();

            assertEquals(List.of("sparse=" + content, "z=behind"), listing, form);
            assertEquals(true, archive.length < 1 << 20, form + " was not sparse");
        }
    }
}
