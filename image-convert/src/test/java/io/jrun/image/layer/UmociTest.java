package io.jrun.image.layer;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/**
 * The merge against {@code umoci unpack} as root, entry by entry. One thing is not compared: the time of directories
 * whose content umoci changes without an entry for them, which is the time of the extraction there.
 */
@NeedsUmoci
class UmociTest {

    private static final int STACKS = Integer.getInteger("jrun.umoci.stacks", 200);

    /** "/ MODE UID:GID SECONDS.NANOS…": a directory. */
    private static final Pattern DIRECTORY = Pattern.compile("(?s)(/ \\d+ \\d+:\\d+ )(\\d+)(\\.\\d+)(.*)");

    @Test
    void anyStackIsMergedAsUmociUnpacksIt() throws Exception {
        for (long seed = 0; seed < STACKS; seed++) {
            List<List<TarItem>> layers = new RandomLayers(seed, RandomLayers.Entries.UMOCI).stack();

            assertUnpackedAlike("seed " + seed + ", layers " + layers, layers);
        }
    }

    @Test
    void allKindsAndAttributesAreMergedAsUmociUnpacksThem() throws Exception {
        List<TarItem> base = List.of(
                TarItem.of("./").mode(0711).owner(5, 6),
                TarItem.of("usr/"),
                TarItem.of("usr/bin/"),
                TarItem.of("bin -> usr/bin"),
                TarItem.of("bin/ping=x")
                        .mode(04755)
                        .xattr("security.capability", "\1\0\0\2\0\40\0\0\0\0\0\0\0\0\0\0\0\0\0\0"),
                TarItem.of("bin/sudo=x").mode(06755).owner(0, 4_000_000_000L),
                TarItem.of("n\377\376ame=1").time(-5, 250_000_000),
                TarItem.of("x".repeat(120) + "/" + "y".repeat(120) + " -> " + "z".repeat(200)),
                TarItem.of("tmp/").mode(01777),
                TarItem.of("shared/").mode(02775).owner(0, 50),
                TarItem.of("shared/implied/f=1"),
                TarItem.of("null:1,3"),
                TarItem.of("disk:8,70000").type('4'),
                TarItem.of("../../escape=1"),
                TarItem.of("/absolute=2"),
                TarItem.of("usr/old=3"),
                TarItem.of("usr/linked => usr/old"));
        List<TarItem> upper = List.of(
                TarItem.of("usr/.wh.old"),
                TarItem.of("bin/more=1"),
                TarItem.of("bin/.wh.sudo"),
                TarItem.of("again => usr/linked"),
                TarItem.of("tmp/.wh..wh..opq"));

        assertUnpackedAlike("all kinds", List.of(base, upper));
    }

    private static void assertUnpackedAlike(String what, List<List<TarItem>> layers) throws Exception {
        List<byte[]> tars = layers.stream()
                .map(layer -> TarBytes.of(TarBytes.Format.PAX, layer.toArray(TarItem[]::new)))
                .toList();
        UmociImage image = new UmociImage(Files.createTempDirectory(Path.of("target"), "umoci"));
        try {
            image.write(tars);
            long start = Instant.now().getEpochSecond();

            Map<String, String> unpacked = image.unpacked();
            Map<String, String> merged =
                    MergedImage.ofTars(tars.toArray(byte[][]::new)).fullListing();

            Map<String, String> withoutExtractionTimes = new TreeMap<>(unpacked);
            unpacked.forEach((path, line) -> {
                Matcher directory = DIRECTORY.matcher(line);
                if (directory.matches() && Long.parseLong(directory.group(2)) >= start) {
                    withoutExtractionTimes.put(path, directory.replaceFirst("$1*$4"));
                    merged.computeIfPresent(
                            path, (p, mine) -> DIRECTORY.matcher(mine).replaceFirst("$1*$4"));
                }
            });
            assertEquals(withoutExtractionTimes, merged, what);
        } finally {
            image.delete();
        }
    }
}
