package io.jrun.image.source.member;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jrun.error.CorruptDataException;
import io.jrun.error.JrunException;
import io.jrun.error.NotFoundException;
import io.jrun.image.blob.BlobStore;
import io.jrun.image.reference.Digest;
import io.jrun.image.source.SampleImage;
import io.jrun.image.source.TestArchive;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MemberStoreTest {

    @TempDir
    Path directory;

    /** What holds for a file that can seek and for a stream that passes once. */
    interface Archive {

        MemberStore open(byte[] tar) throws Exception;

        default Optional<String> text(byte[] tar, String name) throws Exception {
            Optional<Member> member = open(tar).find(name);
            return member.isEmpty()
                    ? Optional.empty()
                    : Optional.of(new String(member.get().read(1 << 20, name), UTF_8));
        }

        @Test
        default void membersAreFoundByTheirNames() throws Exception {
            byte[] tar = new TestArchive()
                    .directory("blobs/")
                    .file("./index.json", "{}")
                    .file("blobs//sha256/x", "blob")
                    .end();

            assertEquals(Optional.of("{}"), text(tar, "index.json"));
            assertEquals(Optional.of("blob"), text(tar, "blobs/sha256/x"));
            assertEquals(Optional.empty(), text(tar, "blobs"));
            assertEquals(Optional.empty(), text(tar, "absent"));
        }

        @Test
        default void longNamesOfPaxAndGnuAreRead() throws Exception {
            String longName = "d/" + "n".repeat(300);
            byte[] tar = new TestArchive()
                    .pax("path", longName + "1")
                    .file("short", "one")
                    .gnuLongName(longName + "2")
                    .file("short", "two")
                    .pax("path", "gr\u00f6\u00dfe")
                    .file("short", "three")
                    .end();

            assertEquals(Optional.of("one"), text(tar, longName + "1"));
            assertEquals(Optional.of("two"), text(tar, longName + "2"));
            assertEquals(Optional.of("three"), text(tar, "gr\u00f6\u00dfe"));
            assertEquals(Optional.empty(), text(tar, "short"));
        }

        @Test
        default void ofSeveralWithOneNameTheLastCounts() throws Exception {
            byte[] tar = new TestArchive().file("a", "old").file("a", "new").end();

            assertEquals(Optional.of("new"), text(tar, "a"));
        }

        @Test
        default void linksLeadToMembers() throws Exception {
            byte[] tar = new TestArchive()
                    .file("one/layer.tar", "layer")
                    .symbolicLink("two/layer.tar", "../one/layer.tar")
                    .symbolicLink("three/layer.tar", "/two/layer.tar")
                    .hardLink("four", "one/layer.tar")
                    .end();

            for (String name : new String[] {"two/layer.tar", "three/layer.tar", "four"}) {
                assertEquals(Optional.of("layer"), text(tar, name), name);
            }
        }

        @Test
        default void linksThatLeadInACircleAreRefused() {
            byte[] tar = new TestArchive()
                    .symbolicLink("a", "b")
                    .symbolicLink("b", "a")
                    .end();

            CorruptDataException e = assertThrows(CorruptDataException.class, () -> text(tar, "a"));
            assertTrue(e.getMessage().contains("circle"), e.getMessage());
        }

        @Test
        default void linksThatLeadOutsideReadNoFileOfTheHost() {
            byte[] tar = new TestArchive()
                    .symbolicLink("a", "../../../../etc/passwd")
                    .symbolicLink("b", "/etc/passwd")
                    .end();

            CorruptDataException e = assertThrows(CorruptDataException.class, () -> text(tar, "a"));
            assertTrue(e.getMessage().contains("out of the archive"), e.getMessage());
            assertEquals(Optional.empty(), assertDoesNotFail(() -> text(tar, "b")));
        }

        private static <T> T assertDoesNotFail(java.util.concurrent.Callable<T> call) {
            return org.junit.jupiter.api.Assertions.assertDoesNotThrow(call::call);
        }

        @Test
        default void namesThatLeadUpwardsOrAreAbsoluteCannotBeAskedFor() throws Exception {
            byte[] tar = new TestArchive()
                    .file("../escape", "1")
                    .file("/etc/passwd", "2")
                    .file("a/../../b", "3")
                    .end();

            for (String name :
                    new String[] {"../escape", "escape", "/etc/passwd", "etc/passwd", "b", "a/../../b", "", "."}) {
                assertEquals(Optional.empty(), text(tar, name), name);
            }
        }

        @Test
        default void sizesAndNumbersOutOfRangeAreDamage() {
            String[] sizes = {
                "-1", "77777777777x", "\u0080\u0001\u0002\u0003\u0004\u0005\u0006\u0007\u0008\u0009\u0001\u0001", "zzz"
            };
            for (String size : sizes) {
                byte[] tar = new TestArchive().header("a", '0', "", size).end();

                assertThrows(CorruptDataException.class, () -> text(tar, "a"), size);
            }
        }

        @Test
        default void headerExtensionsOfGigabytesAreNotRead() {
            for (char type : new char[] {'x', 'L', 'K'}) {
                byte[] tar =
                        new TestArchive().header("a", type, "", "77777777777").end();

                CorruptDataException e = assertThrows(CorruptDataException.class, () -> text(tar, "a"));
                assertTrue(e.getMessage().contains("extension"), e.getMessage());
            }
        }

        @Test
        default void malformedPaxRecordsAreDamage() {
            for (String records :
                    new String[] {"5", "99 path=x\n", "0 =\n", "6 path\n", "11 path=abc ", "9999999999 a=b\n"}) {
                byte[] tar = new TestArchive()
                        .member("x", 'x', "", records.getBytes(UTF_8))
                        .file("a", "1")
                        .end();

                assertThrows(CorruptDataException.class, () -> text(tar, "a"), records);
            }
        }

        @Test
        default void everyTruncationIsDamageOrHarmless() throws Exception {
            byte[] tar = new TestArchive()
                    .pax("path", "long")
                    .file("a", "first")
                    .symbolicLink("c", "b")
                    .file("b", "x".repeat(700))
                    .end();
            for (int length = 1; length < tar.length; length++) {
                byte[] cut = java.util.Arrays.copyOf(tar, length);
                try {
                    Optional<String> found = text(cut, "c");
                    assertTrue(found.isEmpty() || found.get().equals("x".repeat(700)), "cut at " + length);
                } catch (CorruptDataException damaged) {
                    assertTrue(damaged.getMessage().startsWith("cannot read"), damaged.getMessage());
                }
            }
        }
    }

    @Nested
    class InAFile implements Archive {
        @Override
        public MemberStore open(byte[] tar) throws Exception {
            return TarFileMembers.index(Files.write(directory.resolve("archive.tar"), tar));
        }

        @Test
        void absentFilesAreNotFound() {
            assertThrows(NotFoundException.class, () -> TarFileMembers.index(directory.resolve("absent.tar")));
        }

        @Test
        void hugeFilesAreNotReadForTheirIndex() throws Exception {
            Path file = directory.resolve("huge.tar");
            byte[] head =
                    new TestArchive().header("big", '0', "", "77777777777").soFar();
            byte[] tail = new TestArchive().file("small", "found").end();
            try (java.io.RandomAccessFile out = new java.io.RandomAccessFile(file.toFile(), "rw")) {
                out.write(head);
                out.seek(512 + 8_589_934_592L);
                out.write(tail);
            }

            MemberStore members = TarFileMembers.index(file);

            assertArrayEquals(
                    "found".getBytes(UTF_8), members.find("small").orElseThrow().read(100, "small"));
            assertEquals(8_589_934_591L, members.find("big").orElseThrow().sizeInBytes());
        }
    }

    @Nested
    class InAStream implements Archive {
        @Override
        public MemberStore open(byte[] tar) throws Exception {
            return SpooledMembers.read(
                    new ByteArrayInputStream(tar), "stream", BlobStore.at(directory.resolve("cache")));
        }

        @Test
        void largeMembersGoToTheStoreUnderTheirDigests() throws Exception {
            byte[] layer = SampleImage.random(1, 3 << 20);
            BlobStore store = BlobStore.at(directory.resolve("cache"));

            MemberStore members = SpooledMembers.read(
                    new ByteArrayInputStream(
                            new TestArchive().file("x/layer.tar", layer).end()),
                    "stream",
                    store);

            Member member = members.find("x/layer.tar").orElseThrow();
            assertEquals(Optional.of(Digest.sha256(layer)), member.digest());
            try (InputStream in = member.open()) {
                assertArrayEquals(layer, in.readAllBytes());
            }
            assertTrue(store.contains(Digest.sha256(layer), layer.length));
        }

        @Test
        void aStreamThatBreaksOffLeavesNothingInTheStore() throws Exception {
            byte[] tar = new TestArchive()
                    .file("x/layer.tar", SampleImage.random(1, 3 << 20))
                    .end();
            byte[] cut = java.util.Arrays.copyOf(tar, 2 << 20);

            assertThrows(CorruptDataException.class, () -> open(cut));

            try (Stream<Path> files = Files.walk(directory.resolve("cache"))) {
                assertEquals(0, files.filter(Files::isRegularFile).count());
            }
        }

        @Test
        void aBlobThatIsThereIsNotWrittenAgain() throws Exception {
            byte[] layer = SampleImage.random(2, 3 << 20);
            String hex = Digest.sha256(layer).hex();
            byte[] tar = new TestArchive().file("blobs/sha256/" + hex, layer).end();
            open(tar);
            Path blob = directory.resolve("cache/sha256").resolve(hex);
            var before = Files.readAttributes(blob, "unix:ino");

            MemberStore again = open(tar);

            assertEquals(before, Files.readAttributes(blob, "unix:ino"));
            assertEquals(
                    Optional.of(Digest.sha256(layer)),
                    again.find("blobs/sha256/" + hex).orElseThrow().digest());
        }
    }

    @Nested
    class InADirectory {

        @Test
        void filesAreFoundAndOthersAreNot() throws Exception {
            Files.createDirectories(directory.resolve("blobs/sha256"));
            Files.writeString(directory.resolve("blobs/sha256/x"), "blob");
            Files.createSymbolicLink(directory.resolve("blobs/sha256/y"), Path.of("x"));
            Files.createSymbolicLink(directory.resolve("blobs/sha256/zero"), Path.of("/dev/zero"));
            MemberStore members = DirectoryMembers.open(directory);

            assertArrayEquals(
                    "blob".getBytes(UTF_8),
                    members.find("blobs/sha256/x").orElseThrow().read(10, "x"));
            assertArrayEquals(
                    "blob".getBytes(UTF_8),
                    members.find("blobs/sha256/y").orElseThrow().read(10, "y"));
            assertEquals(Optional.empty(), members.find("blobs/sha256/zero"));
            assertEquals(Optional.empty(), members.find("blobs/../../../../etc/passwd"));
            Files.delete(directory.resolve("blobs/sha256/zero"));
        }

        @Test
        void aFileIsNoDirectory() throws Exception {
            Path file = Files.writeString(directory.resolve("file"), "");

            NotFoundException e = assertThrows(NotFoundException.class, () -> DirectoryMembers.open(file));
            assertTrue(e.failure().hint().orElseThrow().contains("oci-archive"), e.getMessage());
        }
    }

    @Test
    void documentsLargerThanAllowedAreNotRead() throws Exception {
        Path file = Files.write(
                directory.resolve("a.tar"),
                new TestArchive().file("a", "x".repeat(1000)).end());
        Member member = TarFileMembers.index(file).find("a").orElseThrow();

        JrunException e = assertThrows(CorruptDataException.class, () -> member.read(999, "a"));
        assertTrue(e.getMessage().contains("more than 999"), e.getMessage());
    }
}
