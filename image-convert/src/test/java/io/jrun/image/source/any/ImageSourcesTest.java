package io.jrun.image.source.any;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.github.luben.zstd.Zstd;
import io.jrun.error.CorruptDataException;
import io.jrun.error.NotFoundException;
import io.jrun.error.UsageException;
import io.jrun.image.blob.BlobStore;
import io.jrun.image.blob.OutputLimit;
import io.jrun.image.reference.Digest;
import io.jrun.image.reference.ManifestChoice;
import io.jrun.image.reference.Platform;
import io.jrun.image.reference.SourceFile;
import io.jrun.image.reference.SourceReference;
import io.jrun.image.registry.RegistryOptions;
import io.jrun.image.source.ImageSource;
import io.jrun.image.source.ImageSourceContract;
import io.jrun.image.source.SampleImage;
import io.jrun.image.source.TestArchive;
import io.jrun.image.source.engine.FakeEngine;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.zip.GZIPOutputStream;
import org.apache.commons.compress.compressors.bzip2.BZip2CompressorOutputStream;
import org.apache.commons.compress.compressors.lz4.FramedLZ4CompressorOutputStream;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tukaani.xz.LZMA2Options;
import org.tukaani.xz.XZOutputStream;

class ImageSourcesTest {

    private static final Platform AMD64 = Platform.of("linux", "amd64");
    private static final SampleImage SAMPLE = new SampleImage(70, 3000);

    @TempDir
    Path directory;

    private SourceAccess access(byte[] input) {
        return access(input, Long.MAX_VALUE);
    }

    private SourceAccess access(byte[] input, long limit) {
        RegistryOptions registry = RegistryOptions.defaults(
                Map.of("HOME", directory.toString(), "DOCKER_HOST", "unix://" + directory.resolve("docker.sock")));
        return new SourceAccess(
                BlobStore.at(directory.resolve("cache")),
                registry,
                new OutputLimit(limit, "raise it"),
                new StandardInput(new ByteArrayInputStream(input)));
    }

    private ImageSource open(String typed, byte[] input) throws IOException {
        return ImageSources.open(SourceReference.parse(typed, Files::exists), access(input));
    }

    private SourceReference recognised(Path file) throws IOException {
        return SourceRecognition.recognise(
                new SourceReference.Unrecognised(new SourceFile.Named(file)),
                access(new byte[0]).input());
    }

    private Path file(String name, byte[] content) throws IOException {
        return Files.write(directory.resolve(name), content);
    }

    private static byte[] gzip(byte[] bytes) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
            gzip.write(bytes);
        }
        return out.toByteArray();
    }

    private static byte[] xz(byte[] bytes) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (XZOutputStream xz = new XZOutputStream(out, new LZMA2Options())) {
            xz.write(bytes);
        }
        return out.toByteArray();
    }

    private static byte[] bzip2(byte[] bytes) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (BZip2CompressorOutputStream bzip2 = new BZip2CompressorOutputStream(out)) {
            bzip2.write(bytes);
        }
        return out.toByteArray();
    }

    private static byte[] lz4(byte[] bytes) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (FramedLZ4CompressorOutputStream lz4 = new FramedLZ4CompressorOutputStream(out)) {
            lz4.write(bytes);
        }
        return out.toByteArray();
    }

    private static List<byte[]> packedInEachWay(byte[] tar) throws IOException {
        return List.of(tar, gzip(tar), Zstd.compress(tar), xz(tar), bzip2(tar), lz4(tar));
    }

    @Nested
    class AFilePackedWithXz implements ImageSourceContract {
        @Override
        public ImageSource open(SampleImage image) throws Exception {
            Path file = file("image.tar.xz", xz(TestArchive.ociArchive(image)));
            return ImageSourcesTest.this.open(file.toString(), new byte[0]);
        }
    }

    @Nested
    class StandardInputThatIsALayout implements ImageSourceContract {
        @Override
        public ImageSource open(SampleImage image) throws Exception {
            return ImageSourcesTest.this.open("-", Zstd.compress(TestArchive.ociArchive(image)));
        }
    }

    @Nested
    class ACompressedFile implements ImageSourceContract {
        @Override
        public ImageSource open(SampleImage image) throws Exception {
            Path file = file("image.tgz", gzip(TestArchive.ociArchive(image)));
            return ImageSourcesTest.this.open("oci-archive:" + file + ":1.0", new byte[0]);
        }
    }

    @Nested
    class Recognition {

        private final byte[] rootfs = new TestArchive()
                .directory("./")
                .directory("./etc/")
                .file("./etc/passwd", "")
                .end();

        @Test
        void archivesOfLayersAreToldByTheirFirstMember() throws Exception {
            for (byte[] tar : new byte[][] {TestArchive.dockerArchive(SAMPLE), TestArchive.ociArchive(SAMPLE)}) {
                for (byte[] packed : packedInEachWay(tar)) {
                    Path file = file("image", packed);

                    assertEquals(new SourceReference.ImageArchive(new SourceFile.Named(file)), recognised(file));
                }
            }
        }

        @Test
        void otherTarFilesAreRootFilesystems() throws Exception {
            for (byte[] packed : packedInEachWay(rootfs)) {
                Path file = file("rootfs", packed);

                assertEquals(new SourceReference.RootfsTar(new SourceFile.Named(file)), recognised(file));
            }
        }

        @Test
        void squashfsFilesAreToldByTheirMagic() throws Exception {
            Path file = file("image", "hsqs and more".getBytes(UTF_8));

            assertEquals(new SourceReference.SquashfsFile(file), recognised(file));
        }

        @Test
        void directoriesAreLayoutsOrRootFilesystems() throws Exception {
            Path plain = Files.createDirectory(directory.resolve("plain"));
            Path layout = Files.createDirectory(directory.resolve("layout"));
            Files.writeString(layout.resolve("oci-layout"), "{}");

            assertEquals(new SourceReference.RootfsDirectory(plain), recognised(plain));
            assertEquals(new SourceReference.OciLayout(layout, new ManifestChoice.Only()), recognised(layout));
        }

        @Test
        void standardInputKeepsWhatWasLookedAt() throws Exception {
            SourceAccess access = access(rootfs);
            SourceReference dash = SourceReference.parse("-", path -> false);

            assertEquals(
                    new SourceReference.RootfsTar(new SourceFile.StandardInput()),
                    SourceRecognition.recognise(dash, access.input()));
            assertEquals(rootfs.length, access.input().stream().readAllBytes().length);
        }

        @Test
        void aSquashfsFileFromStandardInputIsRefused() {
            StandardInput input = access("hsqs....".getBytes(UTF_8)).input();

            assertThrows(
                    UsageException.class,
                    () -> SourceRecognition.recognise(SourceReference.parse("-", path -> false), input));
        }

        @Test
        void whatADownloadLeavesInsteadOfTheFileIsCalledByItsName() throws Exception {
            Path page = file("page.tar", " \n<!DOCTYPE html><html>".getBytes(UTF_8));
            Path pointer = file("lfs.sqsh", "version https://git-lfs.github.com/spec/v1\noid".getBytes(UTF_8));

            assertTrue(assertThrows(CorruptDataException.class, () -> recognised(page))
                    .getMessage()
                    .contains("a web page"));
            assertTrue(assertThrows(CorruptDataException.class, () -> recognised(pointer))
                    .getMessage()
                    .contains("git lfs pull"));
        }

        @Test
        void otherFilesAreRefusedWithTheWayToARegistry() throws Exception {
            for (byte[] content :
                    new byte[][] {new byte[0], "text".getBytes(UTF_8), new byte[0], gzip(new byte[] {1})}) {
                Path file = file("other", content);

                assertThrows(CorruptDataException.class, () -> recognised(file));
            }
            NotFoundException e = assertThrows(NotFoundException.class, () -> recognised(Path.of("absent-image.sqsh")));
            assertTrue(e.failure().hint().orElseThrow().contains("docker://absent-image.sqsh"), e.getMessage());
        }

        @Test
        void everyTruncationOfAnArchiveIsRecognisedOrRefused() throws Exception {
            for (byte[] whole : List.of(gzip(rootfs), xz(rootfs), bzip2(rootfs))) {
                for (int length = 0; length < whole.length; length++) {
                    assertRecognisedOrRefused(file("cut", Arrays.copyOf(whole, length)));
                }
            }
        }

        private void assertRecognisedOrRefused(Path file) throws IOException {
            try {
                assertEquals(new SourceReference.RootfsTar(new SourceFile.Named(file)), recognised(file));
            } catch (CorruptDataException damaged) {
                assertTrue(damaged.getMessage().startsWith("cannot import"), damaged.getMessage());
            }
        }
    }

    @Nested
    class Opening {

        private Digest config(ImageSource source) throws IOException {
            return source.resolve(AMD64).manifest().config().digest();
        }

        @Test
        void anEngineGivesTheImageItWasAskedFor() throws Exception {
            try (FakeEngine engine = new FakeEngine(directory.resolve("docker.sock"))) {
                engine.has("lab/solver:2.1", TestArchive.dockerArchive(SAMPLE));

                try (ImageSource source = open("dockerd://lab/solver:2.1", new byte[0])) {
                    assertEquals(SAMPLE.amd64Config(), config(source));
                }
            }
        }

        @Test
        void theSameArchiveGivesTheSameManifestFromFileStreamAndEngine() throws Exception {
            byte[] tar = TestArchive.dockerArchive(SAMPLE);
            Path file = file("image.tar", tar);
            try (FakeEngine engine = new FakeEngine(directory.resolve("docker.sock")).has("x", tar);
                    ImageSource fromFile = open("docker-archive:" + file, new byte[0]);
                    ImageSource fromStream = open("-", gzip(tar));
                    ImageSource fromEngine = open("dockerd://x", new byte[0])) {
                Digest expected = fromFile.resolve(AMD64).manifestDescriptor().digest();

                assertEquals(
                        expected, fromStream.resolve(AMD64).manifestDescriptor().digest());
                assertEquals(
                        expected, fromEngine.resolve(AMD64).manifestDescriptor().digest());
                assertEquals(2, engine.requests().size());
            }
        }

        @Test
        void rootFilesystemsAreNoLayeredImages() {
            for (String typed : new String[] {"tar:x.tar", "dir:/", "squashfs:x.sqsh"}) {
                UsageException e = assertThrows(UsageException.class, () -> open(typed, new byte[0]));
                assertTrue(e.getMessage().contains("not a layered image"), e.getMessage());
            }
        }

        @Test
        void directoriesAndAbsentFilesAreNoArchives() {
            UsageException e = assertThrows(UsageException.class, () -> open("oci-archive:" + directory, new byte[0]));
            assertTrue(e.failure().hint().orElseThrow().contains("oci:DIR"), e.getMessage());
            assertThrows(NotFoundException.class, () -> open("docker-archive:" + directory.resolve("x"), new byte[0]));
        }

        @Test
        void anArchiveThatUnpacksWithoutEndStopsAtTheLimit() throws Exception {
            byte[] bomb = Zstd.compress(new TestArchive()
                    .file("index.json", "{}")
                    .file("x/layer.tar", new byte[8 << 20])
                    .end());
            SourceAccess access = access(bomb, 4 << 20);
            ImageSource source = ImageSources.open(SourceReference.parse("oci-archive:-", path -> false), access);

            CorruptDataException e = assertThrows(CorruptDataException.class, () -> source.resolve(AMD64));
            assertEquals("raise it", e.failure().hint().orElseThrow());
        }
    }
}
