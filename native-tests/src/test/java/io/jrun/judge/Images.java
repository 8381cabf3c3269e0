package io.jrun.judge;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/** The images that {@code images/build} assembles, kept from run to run in {@code $JRUN_TEST_CACHE}. */
final class Images {

    private static final Map<String, Path> LAYOUTS = new ConcurrentHashMap<>();

    private Images() {}

    static Path cache() {
        Path cache = Optional.ofNullable(System.getenv("JRUN_TEST_CACHE"))
                .map(Path::of)
                .orElse(Workbench.module().resolve("target/images"));
        try {
            return Files.createDirectories(cache).toAbsolutePath();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The OCI layout of {@code small}, {@code lean}, {@code medium} or {@code large}. */
    static Path layout(String name) {
        return LAYOUTS.computeIfAbsent(
                name,
                missing -> Path.of(
                        Command.of(Workbench.module().resolve("images/build").toString(), missing, cache().toString())
                                .run()
                                .orFail()
                                .text()));
    }

    /**
     * The tree of the image as umoci unpacks it as root, listed by the walker. Kept in the cache, because the largest takes a
     * minute; the tag names a copy of the image in layers that umoci can read.
     */
    static Tree unpackedByUmoci(String name, String tag) {
        Path layout = layout(name);
        try {
            String key = Files.readString(layout.resolveSibling("key")).strip() + Tree.walkerVersion();
            Path listing = layout.resolveSibling("umoci-" + tag);
            Path keyOfListing = layout.resolveSibling("umoci-" + tag + ".key");
            if (!Files.exists(keyOfListing) || !Files.readString(keyOfListing).equals(key)) {
                Files.write(listing, unpackAndWalk(layout, tag));
                Files.writeString(keyOfListing, key);
            }
            return Tree.parse(Files.readAllBytes(listing));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static byte[] unpackAndWalk(Path layout, String tag) {
        Path bundle = Workbench.newFolder("umoci", Account.ROOT).resolve("bundle");
        Command.of("umoci", "unpack", "--image", layout + ":" + tag, bundle.toString())
                .run()
                .orFail();
        byte[] listing = Tree.list(bundle.resolve("rootfs"), Account.ROOT);
        Workbench.remove(bundle);
        return listing;
    }
}
