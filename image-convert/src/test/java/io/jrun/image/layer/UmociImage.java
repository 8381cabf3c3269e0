package io.jrun.image.layer;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/** An image layout in a directory, and what umoci unpacks from it, read back through tar(1). */
final class UmociImage {

    private final Path directory;
    private final Path layout;

    UmociImage(Path directory) throws IOException {
        this.directory = directory;
        this.layout = directory.resolve("layout");
        Files.createDirectories(layout.resolve("blobs/sha256"));
    }

    void write(List<byte[]> layersFromBelow) throws Exception {
        List<String> layers = new ArrayList<>();
        List<String> diffIds = new ArrayList<>();
        for (byte[] layer : layersFromBelow) {
            layers.add(descriptor("application/vnd.oci.image.layer.v1.tar", layer, ""));
            diffIds.add("\"sha256:" + sha256(layer) + "\"");
        }
        String config = "{\"architecture\":\"amd64\",\"os\":\"linux\",\"rootfs\":{\"type\":\"layers\",\"diff_ids\":"
                + diffIds + "},\"config\":{}}";
        String manifest = "{\"schemaVersion\":2,\"config\":"
                + descriptor("application/vnd.oci.image.config.v1+json", utf8(config), "") + ",\"layers\":" + layers
                + "}";
        String tagged = descriptor(
                "application/vnd.oci.image.manifest.v1+json",
                utf8(manifest),
                ",\"annotations\":{\"org.opencontainers.image.ref.name\":\"x\"}");
        Files.writeString(layout.resolve("index.json"), "{\"schemaVersion\":2,\"manifests\":[" + tagged + "]}");
        Files.writeString(layout.resolve("oci-layout"), "{\"imageLayoutVersion\":\"1.0.0\"}");
    }

    private String descriptor(String mediaType, byte[] blob, String more) throws Exception {
        String digest = sha256(blob);
        Files.write(layout.resolve("blobs/sha256").resolve(digest), blob);
        return "{\"mediaType\":\"" + mediaType + "\",\"digest\":\"sha256:" + digest + "\",\"size\":" + blob.length
                + more + "}";
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static String sha256(byte[] data) throws Exception {
        return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(data));
    }

    Map<String, String> unpacked() throws Exception {
        Path bundle = directory.resolve("bundle");
        Programs.run("umoci", "unpack", "--image", layout + ":x", bundle.toString());
        Path tar = directory.resolve("unpacked.tar");
        Programs.run(
                "tar",
                "--create",
                "--file=" + tar,
                "--format=pax",
                "--xattrs",
                "--xattrs-include=*",
                "--directory=" + bundle.resolve("rootfs"),
                ".");
        return withLinksOfSpecialFiles(
                bundle, MergedImage.ofTars(Files.readAllBytes(tar)).fullListing());
    }

    /** tar(1) records names that share an inode only for regular files and symbolic links. */
    private static Map<String, String> withLinksOfSpecialFiles(Path bundle, Map<String, String> listing)
            throws Exception {
        Map<String, TreeSet<String>> namesOfInodes = new HashMap<>();
        for (String line : Programs.run("find", bundle.resolve("rootfs").toString(), "-printf", "%i/%P\\0")
                .split("\0", -1)) {
            int slash = line.indexOf('/');
            if (slash < 0) {
                continue; // behind the last line
            }
            namesOfInodes
                    .computeIfAbsent(line.substring(0, slash), inode -> new TreeSet<>(MergedImage.TREE_ORDER))
                    .add(line.substring(slash + 1));
        }
        for (TreeSet<String> names : namesOfInodes.values()) {
            for (String name : names.tailSet(names.first(), false)) {
                listing.computeIfPresent(
                        name, (path, line) -> line.replaceFirst("^[|:]\\S* ", " => " + names.first() + " "));
            }
        }
        return listing;
    }

    void delete() throws Exception {
        Programs.run("rm", "-rf", directory.toString());
    }
}
