package io.jrun.image.source.archive;

import static io.jrun.image.source.TestArchive.entry;
import static io.jrun.image.source.TestArchive.manifestJson;
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
import io.jrun.image.reference.Platform;
import io.jrun.image.source.ImageSource;
import io.jrun.image.source.ImageSourceContract;
import io.jrun.image.source.ResolvedImage;
import io.jrun.image.source.SampleImage;
import io.jrun.image.source.TestArchive;
import io.jrun.image.source.member.SpooledMembers;
import io.jrun.image.source.member.TarFileMembers;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DockerArchiveSourceTest {

    private static final Platform AMD64 = Platform.of("linux", "amd64");
    private static final SampleImage SAMPLE = new SampleImage(60, 2000);
    private static final String CONFIG = SAMPLE.amd64Config().hex() + ".json";

    @TempDir
    Path directory;

    /** The manifest that stands for config and layers, written down once more. */
    private static Digest manifestOfArchive(SampleImage image) {
        String layers = image.layers().stream()
                .map(layer -> "{\"mediaType\":\"application/vnd.oci.image.layer.v1.tar\",\"digest\":\""
                        + Digest.sha256(layer) + "\",\"size\":" + layer.length + "}")
                .collect(Collectors.joining(",", "[", "]"));
        return Digest.sha256(("{\"schemaVersion\":2,\"mediaType\":\"application/vnd.oci.image.manifest.v1+json\","
                        + "\"config\":{\"mediaType\":\"application/vnd.oci.image.config.v1+json\",\"digest\":\""
                        + image.amd64Config() + "\",\"size\":" + image.blobs().get(image.amd64Config()).length
                        + "},\"layers\":" + layers + "}")
                .getBytes(UTF_8));
    }

    interface Contract extends ImageSourceContract {
        @Override
        default Digest manifestOf(SampleImage image) {
            return manifestOfArchive(image);
        }

        @Override
        default String platformsTold() {
            return "linux/amd64";
        }
    }

    @Nested
    class OfTheFirstLayout implements Contract {
        @Override
        public ImageSource open(SampleImage image) throws Exception {
            return source(TestArchive.dockerArchive(image), Optional.empty());
        }
    }

    @Nested
    class OfTheSecondLayout implements Contract {
        @Override
        public ImageSource open(SampleImage image) throws Exception {
            return source(secondLayout(image), Optional.of("lab/solver:2.1"));
        }
    }

    @Nested
    class InAStream implements Contract {
        @Override
        public ImageSource open(SampleImage image) throws Exception {
            InputStream tar = new ByteArrayInputStream(TestArchive.dockerArchive(image));
            return new DockerArchiveSource(
                    SpooledMembers.read(tar, "-", BlobStore.at(directory.resolve("cache"))), Optional.empty());
        }
    }

    /** What Docker writes since version 25: a layout with a manifest.json beside it. */
    private static byte[] secondLayout(SampleImage image) {
        TestArchive archive = new TestArchive();
        TestArchive.layout(image).forEach(archive::file);
        List<String> layers = image.layers().stream()
                .map(layer -> TestArchive.blob(Digest.sha256(layer)))
                .toList();
        return archive.file(
                        "manifest.json",
                        manifestJson(TestArchive.blob(image.amd64Config()), List.of("lab/solver:2.1"), layers))
                .end();
    }

    private DockerArchiveSource source(byte[] tar, Optional<String> wanted) throws IOException {
        Path file = Files.write(directory.resolve("image.tar"), tar);
        return new DockerArchiveSource(TarFileMembers.index(file), wanted);
    }

    private ResolvedImage resolve(byte[] tar, String... wanted) throws IOException {
        return source(tar, Arrays.stream(wanted).findFirst()).resolve(AMD64);
    }

    private static TestArchive layersAndConfig() {
        return new TestArchive()
                .file("1/layer.tar", SAMPLE.layers().get(0))
                .file("2/layer.tar", SAMPLE.layers().get(1))
                .file(CONFIG, SAMPLE.blobs().get(SAMPLE.amd64Config()));
    }

    private static final List<String> LAYERS = List.of("1/layer.tar", "2/layer.tar", "1/layer.tar");

    private static byte[] readLayer(ImageSource source, int number) throws IOException {
        Descriptor layer = source.resolve(AMD64).manifest().layers().get(number);
        try (InputStream in = source.openLayer(layer)) {
            return in.readAllBytes();
        }
    }

    @Nested
    class TheChoice {

        private final byte[] two = layersAndConfig()
                .file("other.json", "{}")
                .file(
                        "manifest.json",
                        "[" + entry("other.json", List.of("lab/other:1"), List.of()) + ","
                                + entry(CONFIG, List.of("lab/solver:2.1", "registry.example/solver:latest"), LAYERS)
                                + "]")
                .end();

        @Test
        void namesAndIdsChooseOneImage() throws Exception {
            for (String name : List.of(
                    "lab/solver:2.1",
                    "docker.io/lab/solver:2.1",
                    "registry.example/solver",
                    SAMPLE.amd64Config().hex().substring(0, 12),
                    SAMPLE.amd64Config().toString())) {
                assertEquals(
                        SAMPLE.amd64Config(),
                        resolve(two, name).manifest().config().digest(),
                        name);
            }
        }

        @Test
        void withoutAChoiceSeveralImagesAreListed() {
            UsageException e = assertThrows(UsageException.class, () -> resolve(two));

            assertTrue(
                    e.getMessage().contains("lab/other:1, lab/solver:2.1, registry.example/solver:latest"),
                    e.getMessage());
            assertTrue(e.failure().hint().orElseThrow().endsWith(":lab/other:1"), e.getMessage());
        }

        @Test
        void anAbsentNameListsWhatIsThere() {
            NotFoundException e = assertThrows(NotFoundException.class, () -> resolve(two, "lab/solver:3"));

            assertTrue(e.getMessage().contains("found:    lab/other:1, lab/solver:2.1"), e.getMessage());
        }

        @Test
        void imagesWithoutNamesAreListedByTheirIds() {
            byte[] tar = layersAndConfig()
                    .file("manifest.json", "[{\"Config\":\"" + CONFIG + "\",\"RepoTags\":null,\"Layers\":[]}]")
                    .end();

            NotFoundException e = assertThrows(NotFoundException.class, () -> resolve(tar, "x:1"));
            assertTrue(e.getMessage().contains(SAMPLE.amd64Config().hex()), e.getMessage());
        }
    }

    @Nested
    class Layers {

        @Test
        void compressedOnesAreCalledByTheirOwnDigests() throws Exception {
            ByteArrayOutputStream packed = new ByteArrayOutputStream();
            try (GZIPOutputStream gzip = new GZIPOutputStream(packed)) {
                gzip.write(SAMPLE.layers().get(1));
            }
            byte[] tar = new TestArchive()
                    .file("1.tar", SAMPLE.layers().get(0))
                    .file("2.tar.gz", packed.toByteArray())
                    .file("config", SAMPLE.blobs().get(SAMPLE.amd64Config()))
                    .file(
                            "manifest.json",
                            manifestJson("config", List.of("x:1"), List.of("1.tar", "2.tar.gz", "1.tar")))
                    .end();
            ImageSource source = source(tar, Optional.empty());

            Descriptor layer = source.resolve(AMD64).manifest().layers().get(1);

            assertEquals(Digest.sha256(packed.toByteArray()), layer.digest());
            assertEquals(
                    "application/vnd.oci.image.layer.v1.tar+gzip",
                    layer.mediaType().value());
            assertArrayEquals(packed.toByteArray(), readLayer(source, 1));
        }

        @Test
        void alteredOnesDifferFromTheirDiffId() throws Exception {
            byte[] altered = SAMPLE.layers().get(0).clone();
            altered[100] ^= 1;
            byte[] tar = layersAndConfig()
                    .file("1/layer.tar", altered)
                    .file("manifest.json", manifestJson(CONFIG, List.of(), LAYERS))
                    .end();
            ImageSource source = source(tar, Optional.empty());

            CorruptDataException e = assertThrows(CorruptDataException.class, () -> readLayer(source, 0));
            assertTrue(e.getMessage().contains("DIGEST_INVALID"), e.getMessage());
        }

        @Test
        void missingOnesAreNamed() {
            byte[] tar = layersAndConfig()
                    .file("manifest.json", manifestJson(CONFIG, List.of(), List.of("1/layer.tar", "3/layer.tar", "4")))
                    .end();

            CorruptDataException e = assertThrows(CorruptDataException.class, () -> resolve(tar));
            assertTrue(e.getMessage().contains("\"3/layer.tar\" is not in the archive"), e.getMessage());
        }

        @Test
        void fewerThanTheConfigNamesAreRefused() {
            byte[] tar = layersAndConfig()
                    .file("manifest.json", manifestJson(CONFIG, List.of(), List.of("1/layer.tar")))
                    .end();

            CorruptDataException e = assertThrows(CorruptDataException.class, () -> resolve(tar));
            assertTrue(e.getMessage().contains("3 layers in the config"), e.getMessage());
        }

        @Test
        void namesOfFilesOfTheHostReadNothingThere() {
            for (String name : List.of("/etc/passwd", "../../../../etc/passwd", "1/../../../etc/passwd")) {
                byte[] tar = layersAndConfig()
                        .file("manifest.json", manifestJson(CONFIG, List.of(), List.of(name, name, name)))
                        .end();

                CorruptDataException e = assertThrows(CorruptDataException.class, () -> resolve(tar));
                assertTrue(e.getMessage().contains("is not in the archive"), e.getMessage());
            }
        }

        @Test
        void linksInACircleAreRefused() {
            byte[] tar = layersAndConfig()
                    .symbolicLink("3/layer.tar", "../4/layer.tar")
                    .symbolicLink("4/layer.tar", "../3/layer.tar")
                    .file(
                            "manifest.json",
                            manifestJson(CONFIG, List.of(), List.of("3/layer.tar", "1/layer.tar", "1/layer.tar")))
                    .end();

            CorruptDataException e = assertThrows(CorruptDataException.class, () -> resolve(tar));
            assertTrue(e.getMessage().contains("ELOOP"), e.getMessage());
        }
    }

    @Nested
    class Documents {

        @Test
        void aTarFileWithoutThemIsNoArchiveOfDocker() {
            byte[] tar = new TestArchive().file("etc/passwd", "").end();

            NotFoundException e = assertThrows(NotFoundException.class, () -> resolve(tar));
            assertTrue(e.failure().hint().orElseThrow().contains("tar:FILE"), e.getMessage());
        }

        @Test
        void anAlteredConfigDiffersFromItsName() {
            byte[] tar = layersAndConfig()
                    .file(CONFIG, "{\"rootfs\":{}}")
                    .file("manifest.json", manifestJson(CONFIG, List.of(), LAYERS))
                    .end();

            CorruptDataException e = assertThrows(CorruptDataException.class, () -> resolve(tar));
            assertTrue(e.getMessage().contains("DIGEST_INVALID"), e.getMessage());
        }

        @Test
        void malformedOnesAreDamage() {
            for (String document : List.of(
                    "",
                    "{}",
                    "[]",
                    "[1]",
                    "[{}]",
                    "[{\"Config\":\"\"}]",
                    "[{\"Config\":\"" + CONFIG + "\",\"Layers\":[1]}]",
                    "[{\"Config\":\"" + CONFIG + "\",\"Layers\":{}}]",
                    "[{\"Config\":\"absent.json\",\"Layers\":[]}]")) {
                byte[] tar = layersAndConfig().file("manifest.json", document).end();

                assertThrows(CorruptDataException.class, () -> resolve(tar), document);
            }
        }

        @Test
        void hugeOnesAreNotRead() {
            byte[] tar =
                    layersAndConfig().file("manifest.json", new byte[5 << 20]).end();
            String layers = "\"x\",".repeat(1001);
            byte[] many = layersAndConfig()
                    .file(
                            "manifest.json",
                            "[{\"Config\":\"c\",\"Layers\":[" + layers.substring(0, layers.length() - 1) + "]}]")
                    .end();

            assertTrue(assertThrows(CorruptDataException.class, () -> resolve(tar))
                    .getMessage()
                    .contains("more than"));
            assertTrue(assertThrows(CorruptDataException.class, () -> resolve(many))
                    .getMessage()
                    .contains("1001 layers"));
        }

        @Test
        void everyTruncationOfManifestJsonIsDamage() {
            String whole = manifestJson(CONFIG, List.of("x:1"), LAYERS);
            for (int length = 0; length < whole.length(); length++) {
                byte[] tar = layersAndConfig()
                        .file("manifest.json", whole.substring(0, length))
                        .end();

                assertThrows(CorruptDataException.class, () -> resolve(tar), "cut at " + length);
            }
        }

        @Test
        void everyTruncationOfAnArchiveIsDamageOrGivesTheSameLayers() throws Exception {
            SampleImage small = new SampleImage(61, 600);
            byte[] whole = TestArchive.dockerArchive(small);
            for (int length = 0; length < whole.length; length += 1 + new Random(length).nextInt(24)) {
                try {
                    ImageSource source = source(Arrays.copyOf(whole, length), Optional.empty());
                    assertArrayEquals(small.layers().get(1), readLayer(source, 1), "cut at " + length);
                } catch (CorruptDataException | NotFoundException damaged) {
                    assertTrue(damaged.getMessage().startsWith("cannot"), damaged.getMessage());
                }
            }
        }

        @Test
        void flippedBitsOfAnArchiveAreFailuresOfOursOrHarmless() throws Exception {
            SampleImage small = new SampleImage(62, 600);
            byte[] whole = TestArchive.dockerArchive(small);
            Random random = new Random(20_261_123);
            for (int i = 0; i < 1500; i++) {
                byte[] flipped = whole.clone();
                int bit = random.nextInt(whole.length * 8);
                flipped[bit / 8] ^= (byte) (1 << bit % 8);
                try {
                    ImageSource source = source(flipped, Optional.empty());
                    assertArrayEquals(small.layers().get(0), readLayer(source, 0), "bit " + bit);
                } catch (JrunException refused) {
                    assertTrue(refused.getMessage().startsWith("cannot"), refused.getMessage());
                }
            }
        }
    }
}
