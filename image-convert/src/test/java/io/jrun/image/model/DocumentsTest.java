package io.jrun.image.model;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jrun.error.CorruptDataException;
import io.jrun.image.reference.Platform;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

class DocumentsTest {

    private static String digest(int n) {
        return "sha256:" + String.format("%064x", n);
    }

    private static String entry(int n, String platform) {
        return "{\"mediaType\":\"" + MediaType.OCI_MANIFEST + "\",\"digest\":\"" + digest(n) + "\",\"size\":" + n
                + (platform.isEmpty() ? "" : ",\"platform\":{" + platform + "}") + "}";
    }

    private static String platform(String architecture, String variant) {
        return "\"os\":\"linux\",\"architecture\":\"" + architecture + "\""
                + (variant.isEmpty() ? "" : ",\"variant\":\"" + variant + "\"");
    }

    private static ImageIndex index(String... entries) throws CorruptDataException {
        return ImageIndex.read(
                ("{\"schemaVersion\":2,\"manifests\":[" + String.join(",", entries) + "]}").getBytes(UTF_8), "index");
    }

    @Nested
    class Index {

        private Optional<String> chosen(ImageIndex index, String platform) throws Exception {
            return index.manifestFor(Platform.parse(platform))
                    .map(d -> d.digest().toString());
        }

        @Test
        void arm64WithoutVariantIsV8() throws Exception {
            ImageIndex written = index(entry(1, platform("amd64", "")), entry(2, platform("arm64", "v8")));
            ImageIndex left = index(entry(1, platform("amd64", "")), entry(2, platform("arm64", "")));

            assertEquals(Optional.of(digest(2)), chosen(written, "arm64"));
            assertEquals(Optional.of(digest(2)), chosen(left, "linux/arm64/v8"));
        }

        @Test
        void highestVariantThatTheMachineRunsIsChosen() throws Exception {
            ImageIndex index = index(
                    entry(5, platform("arm", "v5")),
                    entry(6, platform("arm", "v6")),
                    entry(7, platform("arm", "v7")),
                    entry(3, platform("amd64", "v3")),
                    entry(1, platform("amd64", "")));

            assertEquals(Optional.of(digest(6)), chosen(index, "linux/arm/v6"));
            assertEquals(Optional.of(digest(7)), chosen(index, "arm"));
            assertEquals(Optional.of(digest(1)), chosen(index, "amd64"));
            assertEquals(Optional.of(digest(3)), chosen(index, "linux/amd64/v4"));
        }

        @Test
        void attestationsAreNoImages() throws Exception {
            String annotated = "{\"mediaType\":\"" + MediaType.OCI_MANIFEST + "\",\"digest\":\"" + digest(9)
                    + "\",\"size\":1,\"annotations\":{\"vnd.docker.reference.type\":\"attestation-manifest\"}}";
            ImageIndex index = index(
                    entry(8, "\"os\":\"unknown\",\"architecture\":\"unknown\""),
                    annotated,
                    entry(1, platform("amd64", "")));

            assertEquals(Optional.of(digest(1)), chosen(index, "amd64"));
            assertEquals(Optional.empty(), chosen(index, "arm64"));
            assertEquals(List.of(Platform.parse("amd64")), index.platforms());
        }

        @Test
        void onlyEntryWithoutPlatformIsChosen() throws Exception {
            assertEquals(Optional.of(digest(1)), chosen(index(entry(1, "")), "amd64"));
            assertEquals(Optional.empty(), chosen(index(entry(1, ""), entry(2, "")), "amd64"));
        }
    }

    @Nested
    class Manifest {

        private static final String CONFIG = "{\"mediaType\":\"application/vnd.oci.image.config.v1+json\",\"digest\":\""
                + "sha256:0000000000000000000000000000000000000000000000000000000000000001\",\"size\":7}";

        private ImageManifest read(String layers) throws CorruptDataException {
            return ImageManifest.read(
                    ("{\"schemaVersion\":2,\"config\":" + CONFIG + ",\"layers\":[" + layers + "]}").getBytes(UTF_8),
                    "manifest of x");
        }

        @Test
        void layersKeepTheirOrder() throws Exception {
            ImageManifest manifest = read(entry(5, "") + "," + entry(4, "") + "," + entry(5, ""));

            assertEquals(
                    List.of(digest(5), digest(4), digest(5)),
                    manifest.layers().stream().map(l -> l.digest().toString()).toList());
            assertEquals(14, manifest.layersSizeInBytes());
            assertEquals(7, manifest.config().sizeInBytes());
        }

        @Test
        void schema1IsRefusedWithTheWayOut() {
            CorruptDataException e = assertThrows(
                    CorruptDataException.class,
                    () -> ImageManifest.read("{\"schemaVersion\":1,\"fsLayers\":[]}".getBytes(UTF_8), "manifest of x"));

            assertTrue(e.getMessage().contains("schema 1"), e.getMessage());
            assertTrue(e.getMessage().contains("skopeo copy"), e.getMessage());
        }

        @Test
        void tooManyLayersAreRefused() {
            String layers = (entry(1, "") + ",").repeat(1000) + entry(1, "");

            CorruptDataException e = assertThrows(CorruptDataException.class, () -> read(layers));

            assertTrue(e.getMessage().contains("1001 layers, more than 1000"), e.getMessage());
        }

        @Test
        void negativeHugeAndMissingSizesAreRefused() {
            String layer = entry(1, "");
            for (String size : List.of("-1", "9223372036854775807", "99999999999999999999", "1.5", "\"1\"", "null")) {
                String changed = layer.replace("\"size\":1", "\"size\":" + size);
                assertThrows(CorruptDataException.class, () -> read(changed), size);
            }
        }

        @Test
        void sizesThatAddUpTooHighAreRefused() {
            String half = entry(1, "").replace("\"size\":1", "\"size\":" + (1L << 41));

            assertThrows(CorruptDataException.class, () -> read(half + "," + half + "," + half));
        }

        @Test
        void damageIsAlwaysCorruptData() throws Exception {
            byte[] whole = ("{\"schemaVersion\":2,\"config\":" + CONFIG + ",\"layers\":[" + entry(1, "") + "]}")
                    .getBytes(UTF_8);
            Random random = new Random(20);
            for (int i = 0; i < 3000; i++) {
                byte[] damaged = whole.clone();
                damaged[random.nextInt(whole.length)] ^= (byte) (1 << random.nextInt(8));
                try {
                    assertTrue(ImageManifest.read(damaged, "x").layers().size() <= 1);
                } catch (CorruptDataException expected) {
                    assertTrue(expected.getMessage().startsWith("cannot read x"), expected.getMessage());
                }
            }
        }
    }

    @Nested
    class Config {

        private ImageConfig read(String text) throws CorruptDataException {
            return ImageConfig.read(text.replace('\'', '"').getBytes(UTF_8), "config of x");
        }

        @Test
        void everythingThatRunningNeedsIsKept() throws Exception {
            ImageConfig config = read("{'architecture':'arm64','os':'linux','variant':'v8','created':"
                    + "'2026-01-02T03:04:05.5+01:00','author':'ann','config':{'Env':['PATH=/bin','A=b=c','E='],"
                    + "'Entrypoint':['/init','-x'],'Cmd':['run'],'WorkingDir':'/work','User':'1000:100',"
                    + "'Labels':{'b':'2','a':'1'},'Volumes':{'/data':{}},'ExposedPorts':{'80/tcp':{}},"
                    + "'StopSignal':'SIGINT'},'rootfs':{'type':'layers','diff_ids':['" + digest(7) + "']},"
                    + "'history':[{'created_by':'RUN x','empty_layer':true},{'created':'2026-01-01T00:00:00Z'}]}");

            assertEquals(Optional.of(Platform.parse("linux/arm64")), config.platform());
            assertEquals(Optional.of(Instant.parse("2026-01-02T02:04:05.5Z")), config.created());
            assertEquals(List.of("PATH=/bin", "A=b=c", "E="), config.env());
            assertEquals(List.of("/init", "-x"), config.entrypoint());
            assertEquals(List.of("run"), config.cmd());
            assertEquals(Optional.of("/work"), config.workingDir());
            assertEquals(Optional.of("1000:100"), config.user());
            assertEquals(Map.of("a", "1", "b", "2"), config.labels());
            assertEquals(List.of("/data"), config.volumes());
            assertEquals(List.of("80/tcp"), config.exposedPorts());
            assertEquals(Optional.of("SIGINT"), config.stopSignal());
            assertEquals(digest(7), config.diffIds().get(0).toString());
            assertEquals(Optional.of("RUN x"), config.history().get(0).createdBy());
            assertTrue(config.history().get(0).emptyLayer());
        }

        @Test
        void absentNullAndEmptyMembersAreTheSame() throws Exception {
            ImageConfig absent = read("{'rootfs':{'diff_ids':[]}}");
            ImageConfig empty = read("{'os':'','architecture':'','created':null,'config':{'Env':null,'Cmd':null,"
                    + "'Entrypoint':[],'WorkingDir':'','User':'','Labels':null,'Volumes':null},"
                    + "'rootfs':{'type':'layers','diff_ids':null},'history':null}");

            assertEquals(absent, empty);
        }

        @Test
        void wrongTypesAreRefused() {
            for (String member : List.of("'Env':'PATH'", "'Env':[1]", "'Cmd':{}", "'User':7", "'Labels':['a']")) {
                assertThrows(
                        CorruptDataException.class,
                        () -> read("{'config':{" + member + "},'rootfs':{'diff_ids':[]}}"),
                        member);
            }
        }
    }
}
