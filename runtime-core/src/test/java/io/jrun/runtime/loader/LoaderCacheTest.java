package io.jrun.runtime.loader;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jrun.error.CorruptDataException;
import io.jrun.runtime.elf.Libraries;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** ldconfig(8) is the judge: it makes what we read, and lists what we write. */
class LoaderCacheTest {

    private static final int X86_64 = 0x0303;

    @TempDir
    Path scratch;

    private String listed(Path cache) throws IOException, InterruptedException {
        Process process = new ProcessBuilder("/sbin/ldconfig", "-p", "-C", cache.toString())
                .redirectErrorStream(true)
                .start();
        String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, process.waitFor(), text);
        return text.lines().filter(line -> line.startsWith("\t")).reduce("", (a, b) -> a + b + "\n");
    }

    /** A cache of ldconfig's with names that sort by value, and a glibc-hwcaps subdirectory. */
    private Path madeByLdconfig() throws Exception {
        Path root = scratch.resolve("root");
        for (String name : List.of("liba.so.2", "liba.so.10", "libb.so.1", "libaa.so.1", "liba-x.so.3")) {
            Libraries.make(root.resolve("opt/lib").resolve(name), name);
        }
        Libraries.make(root.resolve("opt/lib/glibc-hwcaps/x86-64-v3/libb.so.1"), "libb.so.1");
        Libraries.make(root.resolve("opt/lib/glibc-hwcaps/x86-64-v2/libb.so.1"), "libb.so.1");
        Files.createDirectories(root.resolve("etc"));
        Files.writeString(root.resolve("etc/ld.so.conf"), "/opt/lib\n");
        Path cache = scratch.resolve("made.cache");
        Libraries.run(List.of("/sbin/ldconfig", "-r", root.toString(), "-C", "/made.cache", "-f", "/etc/ld.so.conf"));
        Files.move(root.resolve("made.cache"), cache);
        return cache;
    }

    @Test
    void whatIsReadAndWrittenListsAsBefore() throws Exception {
        Path made = madeByLdconfig();
        LoaderCache cache = LoaderCache.parse(Files.readAllBytes(made), "made");
        List<CacheEntry> shuffled = new ArrayList<>(cache.entries());
        Collections.shuffle(shuffled, new Random(7));

        Path ours = Files.write(scratch.resolve("ours.cache"), new LoaderCache(shuffled).toBytes());

        assertTrue(cache.entries().size() >= 7, cache.toString());
        assertEquals(listed(made), listed(ours));
    }

    @Test
    void theHostsOwnCacheSurvivesTheWayThroughUs() throws Exception {
        Path own = Path.of("/etc/ld.so.cache");
        LoaderCache cache = LoaderCache.parse(Files.readAllBytes(own), own.toString());

        Path ours = Files.write(scratch.resolve("ours.cache"), cache.toBytes());

        assertEquals(listed(own), listed(ours));
    }

    @Test
    void preferredEntriesTakeThePlaceOfOthersOfTheirName() throws Exception {
        LoaderCache image = new LoaderCache(List.of(
                CacheEntry.of(X86_64, "libcuda.so.1", "/usr/lib/stubs/libcuda.so.1"),
                CacheEntry.of(3, "libcuda.so.1", "/usr/lib32/libcuda.so.1"),
                CacheEntry.of(X86_64, "libm.so.6", "/lib/libm.so.6")));

        LoaderCache both = image.preferring(List.of(CacheEntry.of(X86_64, "libcuda.so.1", "/driver/libcuda.so.1")));
        Path file = Files.write(scratch.resolve("both.cache"), both.toBytes());

        assertEquals("""
                \tlibm.so.6 (libc6,x86-64) => /lib/libm.so.6
                \tlibcuda.so.1 (libc6,x86-64) => /driver/libcuda.so.1
                \tlibcuda.so.1 (libc6) => /usr/lib32/libcuda.so.1
                """, listed(file));
    }

    @Test
    void theOldFormatBeforeTheNewOneIsSteppedOver() throws Exception {
        LoaderCache cache = new LoaderCache(List.of(CacheEntry.of(X86_64, "libm.so.6", "/lib/libm.so.6")));
        byte[] plain = cache.toBytes();
        byte[] file = new byte[32 + plain.length];
        System.arraycopy("ld.so-1.7.0".getBytes(StandardCharsets.US_ASCII), 0, file, 0, 11);
        file[12] = 1;
        System.arraycopy(plain, 0, file, 32, plain.length);

        assertEquals(cache, LoaderCache.parse(file, "compat"));
    }

    @Test
    void writtenBytesAreTheSameWhateverTheOrder() {
        CacheEntry first = CacheEntry.of(X86_64, "liba.so.2", "/a");
        CacheEntry second = new CacheEntry(X86_64, "liba.so.2", "/v3/a", 0, 0, Optional.of("x86-64-v3"));

        assertArrayEquals(
                new LoaderCache(List.of(first, second)).toBytes(), new LoaderCache(List.of(second, first)).toBytes());
    }

    @Test
    void damageIsToldOrHarmless() throws Exception {
        byte[] whole = Files.readAllBytes(madeByLdconfig());
        long seed = 5;
        Random random = new Random(seed);
        int told = 0;
        for (int i = 0; i < 3000; i++) {
            byte[] copy = i < whole.length ? Arrays.copyOf(whole, i) : whole.clone();
            if (i >= whole.length || (i % 2 == 0 && i > 0)) {
                copy[random.nextInt(copy.length)] ^= (byte) (1 << random.nextInt(8));
            }
            try {
                LoaderCache.parse(copy, "damaged").toBytes();
            } catch (CorruptDataException expected) {
                assertTrue(expected.getMessage().contains("offset"), expected.getMessage());
                told++;
            }
        }
        assertTrue(told > 100, "seed " + seed + ": told " + told + " times");
    }
}
