package io.jrun.image.source.layout;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jrun.error.CorruptDataException;
import io.jrun.error.JrunException;
import io.jrun.error.NotFoundException;
import io.jrun.error.UsageException;
import io.jrun.image.blob.BlobStore;
import io.jrun.image.model.Descriptor;
import io.jrun.image.reference.Digest;
import io.jrun.image.reference.ManifestChoice;
import io.jrun.image.reference.Platform;
import io.jrun.image.source.ImageSource;
import io.jrun.image.source.ImageSourceContract;
import io.jrun.image.source.SampleImage;
import io.jrun.image.source.TestArchive;
import io.jrun.image.source.member.DirectoryMembers;
import io.jrun.image.source.member.Member;
import io.jrun.image.source.member.MemberStore;
import io.jrun.image.source.member.SpooledMembers;
import io.jrun.image.source.member.TarFileMembers;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LayoutSourceTest {

    private static final Platform AMD64 = Platform.of("linux", "amd64");
    private static final ManifestChoice ONLY = new ManifestChoice.Only();
    private static final SampleImage SAMPLE = new SampleImage(50, 2000);

    @TempDir
    Path directory;

    @Nested
    class InADirectory implements ImageSourceContract {
        @Override
        public ImageSource open(SampleImage image) throws Exception {
            for (Map.Entry<String, byte[]> file : TestArchive.layout(image).entrySet()) {
                Path path = directory.resolve(file.getKey());
                Files.createDirectories(path.getParent());
                Files.write(path, file.getValue());
            }
            return new LayoutSource(DirectoryMembers.open(directory), ONLY);
        }
    }

    @Nested
    class InATarFile implements ImageSourceContract {
        @Override
        public ImageSource open(SampleImage image) throws Exception {
            Path file = Files.write(directory.resolve("image.tar"), TestArchive.ociArchive(image));
            return new LayoutSource(TarFileMembers.index(file), ONLY);
        }
    }

    @Nested
    class InAStream implements ImageSourceContract {
        @Override
        public ImageSource open(SampleImage image) throws Exception {
            InputStream tar = new ByteArrayInputStream(TestArchive.ociArchive(image));
            return new LayoutSource(SpooledMembers.read(tar, "-", BlobStore.at(directory.resolve("cache"))), ONLY);
        }
    }

    /** A layout in memory, for what is wrong with its documents. */
    private record InMemory(Map<String, byte[]> files) implements MemberStore {
        @Override
        public Optional<Member> find(String name) {
            return Optional.ofNullable(files.get(name)).map(Bytes::new);
        }

        @Override
        public String name() {
            return "layout";
        }
    }

    private static final class Bytes implements Member {
        private final byte[] content;

        Bytes(byte[] content) {
            this.content = content;
        }

        @Override
        public long sizeInBytes() {
            return content.length;
        }

        @Override
        public InputStream open() {
            return new ByteArrayInputStream(content);
        }
    }

    private static Map<String, byte[]> layout() {
        return new LinkedHashMap<>(TestArchive.layout(SAMPLE));
    }

    private static LayoutSource source(Map<String, byte[]> files, ManifestChoice choice) {
        return new LayoutSource(new InMemory(files), choice);
    }

    private static Digest resolved(Map<String, byte[]> files, ManifestChoice choice) throws IOException {
        return source(files, choice).resolve(AMD64).manifestDescriptor().digest();
    }

    private static <E extends JrunException> E refused(
            Class<E> kind, Map<String, byte[]> files, ManifestChoice choice) {
        return assertThrows(kind, () -> resolved(files, choice));
    }

    private static String entry(Digest digest, String more) {
        return "{\"mediaType\":\"application/vnd.oci.image.manifest.v1+json\",\"digest\":\"" + digest + "\",\"size\":"
                + SAMPLE.blobs().get(digest).length + more + "}";
    }

    private static String called(String tag) {
        return ",\"annotations\":{\"org.opencontainers.image.ref.name\":\"" + tag + "\"}";
    }

    private static Map<String, byte[]> withIndex(String... entries) {
        Map<String, byte[]> files = layout();
        files.put(
                "index.json",
                ("{\"schemaVersion\":2,\"manifests\":[" + String.join(",", entries) + "]}").getBytes(UTF_8));
        return files;
    }

    private static Digest arm64() {
        return SAMPLE.documents().keySet().stream()
                .filter(digest -> !digest.equals(SAMPLE.index()) && !digest.equals(SAMPLE.amd64Manifest()))
                .findFirst()
                .orElseThrow();
    }

    @Nested
    class TheChoice {

        @Test
        void tagsFullNamesAndDigestsChooseOneImage() throws Exception {
            Digest amd64 = SAMPLE.amd64Manifest();
            Map<String, byte[]> files = withIndex(
                    entry(
                            amd64,
                            ",\"annotations\":{\"org.opencontainers.image.ref.name\":\"2.1\","
                                    + "\"io.containerd.image.name\":\"docker.io/lab/solver:2.1\"}"),
                    entry(arm64(), called("other")));

            for (String name : List.of("2.1", "docker.io/lab/solver:2.1", "lab/solver:2.1")) {
                assertEquals(amd64, resolved(files, new ManifestChoice.ByName(name)), name);
            }
            assertEquals(amd64, resolved(files, new ManifestChoice.ByDigest(amd64)));
        }

        @Test
        void withoutAChoiceSeveralImagesAreListed() {
            Map<String, byte[]> files =
                    withIndex(entry(SAMPLE.amd64Manifest(), called("2.1")), entry(arm64(), called("2.2")));

            UsageException e = refused(UsageException.class, files, ONLY);

            assertTrue(e.getMessage().contains("2.1, 2.2"), e.getMessage());
            assertTrue(e.failure().hint().orElseThrow().endsWith("oci:layout:2.1"), e.getMessage());
        }

        @Test
        void anAbsentNameListsWhatIsThere() {
            NotFoundException e = refused(
                    NotFoundException.class,
                    withIndex(entry(SAMPLE.amd64Manifest(), called("2.1"))),
                    new ManifestChoice.ByName("3.0"));

            assertTrue(e.getMessage().contains("expected: 3.0\n  found:    2.1"), e.getMessage());
        }

        @Test
        void entriesForSeveralPlatformsAreOneImage() throws Exception {
            String arm = ",\"platform\":{\"os\":\"linux\",\"architecture\":\"arm64\"}";
            String amd = ",\"platform\":{\"os\":\"linux\",\"architecture\":\"amd64\"}";
            Map<String, byte[]> files = withIndex(entry(arm64(), arm), entry(SAMPLE.amd64Manifest(), amd));

            assertEquals(SAMPLE.amd64Manifest(), resolved(files, ONLY));
            NotFoundException e = assertThrows(
                    NotFoundException.class, () -> source(files, ONLY).resolve(Platform.of("linux", "ppc64le")));
            assertTrue(e.getMessage().contains("linux/arm64, linux/amd64"), e.getMessage());
        }

        @Test
        void oneImageUnderTwoNamesNeedsNoChoice() throws Exception {
            Map<String, byte[]> files = withIndex(
                    entry(SAMPLE.amd64Manifest(), called("2.1")), entry(SAMPLE.amd64Manifest(), called("latest")));

            assertEquals(SAMPLE.amd64Manifest(), resolved(files, ONLY));
        }

        @Test
        void attestationsBesideAnImageAreNoImages() throws Exception {
            Map<String, byte[]> files = withIndex(
                    entry(SAMPLE.amd64Manifest(), called("2.1")),
                    entry(arm64(), ",\"platform\":{\"os\":\"unknown\",\"architecture\":\"unknown\"}"));

            assertEquals(SAMPLE.amd64Manifest(), resolved(files, ONLY));
        }

        @Test
        void anEmptyIndexIsDamage() {
            refused(CorruptDataException.class, withIndex(), ONLY);
        }
    }

    @Nested
    class Damage {

        @Test
        void whatIsNoLayoutIsNotFound() {
            Map<String, byte[]> files = layout();
            files.remove("oci-layout");

            NotFoundException e = refused(NotFoundException.class, files, ONLY);
            assertTrue(e.getMessage().contains("no OCI layout"), e.getMessage());
        }

        @Test
        void layoutsOfAnotherVersionAreRefused() {
            Map<String, byte[]> files = layout();
            files.put("oci-layout", "{\"imageLayoutVersion\":\"2.0.0\"}".getBytes(UTF_8));

            assertTrue(refused(CorruptDataException.class, files, ONLY)
                    .getMessage()
                    .contains("2.0.0"));
        }

        @Test
        void missingDocumentsAreNamed() {
            for (Digest missing : List.of(SAMPLE.index(), SAMPLE.amd64Manifest(), SAMPLE.amd64Config())) {
                Map<String, byte[]> files = layout();
                files.remove(TestArchive.blob(missing));

                CorruptDataException e = refused(CorruptDataException.class, files, ONLY);
                assertTrue(e.getMessage().contains(missing + " is not in layout"), e.getMessage());
            }
            Map<String, byte[]> files = layout();
            files.remove("index.json");
            assertTrue(refused(CorruptDataException.class, files, ONLY)
                    .getMessage()
                    .contains("index.json"));
        }

        @Test
        void missingLayersAreNamedWhenTheyAreOpened() throws Exception {
            Map<String, byte[]> files = layout();
            Digest layer = Digest.sha256(SAMPLE.layers().get(1));
            files.remove(TestArchive.blob(layer));
            LayoutSource source = source(files, ONLY);
            Descriptor descriptor = source.resolve(AMD64).manifest().layers().get(1);

            CorruptDataException e = assertThrows(CorruptDataException.class, () -> source.openLayer(descriptor));
            assertTrue(e.getMessage().contains(layer + " is not in layout (ENOENT)"), e.getMessage());
        }

        @Test
        void alteredDocumentsAreRefused() {
            for (Digest altered : List.of(SAMPLE.index(), SAMPLE.amd64Manifest(), SAMPLE.amd64Config())) {
                Map<String, byte[]> files = layout();
                byte[] bytes = files.get(TestArchive.blob(altered)).clone();
                bytes[bytes.length / 2] ^= 1;
                files.put(TestArchive.blob(altered), bytes);

                CorruptDataException e = refused(CorruptDataException.class, files, ONLY);
                assertTrue(e.getMessage().contains("DIGEST_INVALID"), e.getMessage());
            }
        }

        @Test
        void alteredLayersAreRefusedAtTheirEnd() throws Exception {
            Map<String, byte[]> files = layout();
            String name = TestArchive.blob(Digest.sha256(SAMPLE.layers().get(0)));
            byte[] bytes = files.get(name).clone();
            bytes[0] ^= 1;
            files.put(name, bytes);
            LayoutSource source = source(files, ONLY);
            Descriptor descriptor = source.resolve(AMD64).manifest().layers().get(0);

            try (InputStream in = source.openLayer(descriptor)) {
                CorruptDataException e = assertThrows(CorruptDataException.class, in::readAllBytes);
                assertTrue(e.getMessage().contains("DIGEST_INVALID"), e.getMessage());
                assertTrue(e.failure().hint().orElseThrow().contains("copy it again"), e.getMessage());
            }
        }

        @Test
        void layersOfAnotherSizeAreRefusedBeforeTheyAreRead() throws Exception {
            Map<String, byte[]> files = layout();
            files.put(TestArchive.blob(Digest.sha256(SAMPLE.layers().get(0))), new byte[5]);
            LayoutSource source = source(files, ONLY);
            Descriptor descriptor = source.resolve(AMD64).manifest().layers().get(0);

            CorruptDataException e = assertThrows(CorruptDataException.class, () -> source.openLayer(descriptor));
            assertTrue(e.getMessage().contains("SIZE_INVALID"), e.getMessage());
        }

        @Test
        void hugeIndexesAndMarkersAreNotRead() {
            for (String name : List.of("index.json", "oci-layout")) {
                Map<String, byte[]> files = layout();
                files.put(name, new byte[5 << 20]);

                assertTrue(refused(CorruptDataException.class, files, ONLY)
                        .getMessage()
                        .contains("more than"));
            }
        }

        @Test
        void everyTruncationOfADocumentIsDamage() {
            for (String name : List.of("oci-layout", "index.json")) {
                byte[] whole = layout().get(name);
                for (int length = 0; length < whole.length; length++) {
                    Map<String, byte[]> files = layout();
                    files.put(name, Arrays.copyOf(whole, length));

                    refused(CorruptDataException.class, files, ONLY);
                }
            }
        }

        @Test
        void everyFlippedBitOfAnIndexIsAFailureOfOursOrHarmless() {
            byte[] whole = layout().get("index.json");
            for (int bit = 0; bit < whole.length * 8; bit++) {
                Map<String, byte[]> files = layout();
                byte[] flipped = whole.clone();
                flipped[bit / 8] ^= (byte) (1 << bit % 8);
                files.put("index.json", flipped);
                try {
                    assertEquals(SAMPLE.amd64Manifest(), resolved(files, ONLY), "bit " + bit);
                } catch (JrunException refused) {
                    assertTrue(refused.getMessage().startsWith("cannot"), refused.getMessage());
                } catch (IOException other) {
                    throw new AssertionError("bit " + bit, other);
                }
            }
        }

        @Test
        void everyTruncationOfAnArchiveIsDamageOrGivesTheSameLayers() throws Exception {
            SampleImage small = new SampleImage(51, 600);
            byte[] whole = TestArchive.ociArchive(small);
            for (int length = 0; length < whole.length; length += 1 + new Random(length).nextInt(24)) {
                Path cut = Files.write(directory.resolve("cut.tar"), Arrays.copyOf(whole, length));
                try {
                    ImageSource source = new LayoutSource(TarFileMembers.index(cut), ONLY);
                    assertArrayEquals(small.layers().get(1), secondLayer(source), "cut at " + length);
                } catch (CorruptDataException | NotFoundException damaged) {
                    assertTrue(damaged.getMessage().startsWith("cannot"), damaged.getMessage());
                }
            }
        }

        private byte[] secondLayer(ImageSource source) throws IOException {
            Descriptor layer = source.resolve(AMD64).manifest().layers().get(1);
            try (InputStream in = source.openLayer(layer)) {
                return in.readAllBytes();
            }
        }
    }
}
