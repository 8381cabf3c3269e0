package io.jrun.image.source;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import io.jrun.image.reference.Digest;
import java.io.ByteArrayOutputStream;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** Writes tar files as tools that save images do, and as those do that want to harm. */
public final class TestArchive {

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    public TestArchive file(String name, byte[] content) {
        return member(name, '0', "", content);
    }

    public TestArchive file(String name, String content) {
        return file(name, content.getBytes(UTF_8));
    }

    public TestArchive directory(String name) {
        return member(name, '5', "", new byte[0]);
    }

    public TestArchive symbolicLink(String name, String target) {
        return member(name, '2', target, new byte[0]);
    }

    public TestArchive hardLink(String name, String target) {
        return member(name, '1', target, new byte[0]);
    }

    /** The next member's name, and more, in a PAX header. */
    public TestArchive pax(String key, String value) {
        String record = " " + key + "=" + value + "\n";
        int length = record.getBytes(UTF_8).length;
        int digits =
                Integer.toString(length + Integer.toString(length).length()).length();
        return member("PaxHeaders/x", 'x', "", ((length + digits) + record).getBytes(UTF_8));
    }

    /** The next member's name as GNU tar writes it. */
    public TestArchive gnuLongName(String name) {
        return member("././@LongLink", 'L', "", (name + "\0").getBytes(UTF_8));
    }

    public TestArchive member(String name, char type, String target, byte[] content) {
        header(name, type, target, String.format("%011o\0", content.length));
        out.writeBytes(content);
        out.writeBytes(new byte[(512 - content.length % 512) % 512]);
        return this;
    }

    /** A header alone, with any text for a size. */
    public TestArchive header(String name, char type, String target, String size) {
        byte[] header = new byte[512];
        put(header, 0, name);
        put(header, 100, "0000644\0");
        put(header, 124, size);
        put(header, 148, "        ");
        header[156] = (byte) type;
        put(header, 157, target);
        put(header, 257, "ustar\0" + "00");
        int sum = 0;
        for (byte b : header) {
            sum += b & 0xff;
        }
        put(header, 148, String.format("%06o\0 ", sum));
        out.writeBytes(header);
        return this;
    }

    private static void put(byte[] header, int offset, String text) {
        byte[] bytes = text.getBytes(ISO_8859_1);
        System.arraycopy(bytes, 0, header, offset, bytes.length);
    }

    public byte[] end() {
        out.writeBytes(new byte[1024]);
        return out.toByteArray();
    }

    /** Everything so far, without an end. */
    public byte[] soFar() {
        return out.toByteArray();
    }

    /** The image as an OCI layout: its files by name. */
    public static Map<String, byte[]> layout(SampleImage image) {
        Map<String, byte[]> files = new LinkedHashMap<>();
        files.put("oci-layout", "{\"imageLayoutVersion\":\"1.0.0\"}".getBytes(UTF_8));
        image.blobs().forEach((digest, bytes) -> files.put(blob(digest), bytes));
        files.put(
                "index.json",
                ("{\"schemaVersion\":2,\"manifests\":[{\"mediaType\":\"application/vnd.oci.image.index.v1+json\",\"digest\":\""
                                + image.index() + "\",\"size\":" + image.blobs().get(image.index()).length
                                + ",\"annotations\":{\"org.opencontainers.image.ref.name\":\"1.0\"}}]}")
                        .getBytes(UTF_8));
        return files;
    }

    public static String blob(Digest digest) {
        return "blobs/" + digest.algorithm().prefix() + "/" + digest.hex();
    }

    public static byte[] ociArchive(SampleImage image) {
        TestArchive archive =
                new TestArchive().directory("./").directory("blobs/").directory("blobs/sha256/");
        layout(image).forEach(archive::file);
        return archive.end();
    }

    /** The image as Docker saved it before version 25; its third layer is the first and so a link. */
    public static byte[] dockerArchive(SampleImage image) {
        String config = image.amd64Config().hex() + ".json";
        return new TestArchive()
                .directory("a".repeat(64) + "/")
                .file("a".repeat(64) + "/VERSION", "1.0")
                .file("a".repeat(64) + "/layer.tar", image.layers().get(0))
                .file("b".repeat(64) + "/layer.tar", image.layers().get(1))
                .symbolicLink("c".repeat(64) + "/layer.tar", "../" + "a".repeat(64) + "/layer.tar")
                .file(config, image.blobs().get(image.amd64Config()))
                .file(
                        "manifest.json",
                        manifestJson(
                                config,
                                List.of("lab/solver:2.1", "lab/solver:latest"),
                                List.of(
                                        "a".repeat(64) + "/layer.tar",
                                        "b".repeat(64) + "/layer.tar",
                                        "c".repeat(64) + "/layer.tar")))
                .file("repositories", "{}")
                .end();
    }

    /** The document that tells the images of an archive apart. */
    public static String manifestJson(String config, List<String> names, List<String> layers) {
        return "[" + entry(config, names, layers) + "]";
    }

    public static String entry(String config, List<String> names, List<String> layers) {
        return "{\"Config\":\"" + config + "\",\"RepoTags\":" + list(names) + ",\"Layers\":" + list(layers) + "}";
    }

    private static String list(List<String> words) {
        return words.stream().map(word -> "\"" + word + "\"").collect(Collectors.joining(",", "[", "]"));
    }
}
