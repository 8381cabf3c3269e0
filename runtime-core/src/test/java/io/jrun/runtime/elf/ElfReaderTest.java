package io.jrun.runtime.elf;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jrun.error.CorruptDataException;
import java.io.IOException;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ElfReaderTest {

    @TempDir
    Path scratch;

    private static Optional<ElfFile> read(Path file) throws IOException {
        try (SeekableByteChannel channel = Files.newByteChannel(file)) {
            return ElfReader.read(channel, file.toString());
        }
    }

    @Test
    void nameNeedsAndVersionsAreThoseTheLinkerWrote() throws Exception {
        Path file = Libraries.makeVersioned(scratch.resolve("libx.so.1.2.3"), "libx.so.1", "X_1.0", "X_2.0");

        ElfFile elf = read(file).orElseThrow();

        assertEquals(Optional.of("libx.so.1"), elf.soname());
        assertEquals(List.of("libc.so.6"), elf.needed());
        assertEquals(List.of("X_1.0", "X_2.0"), elf.definedVersions());
        assertTrue(elf.neededVersions().get("libc.so.6").stream().allMatch(each -> each.startsWith("GLIBC_2.")));
        assertEquals(ElfWidth.BITS_64, elf.width());
    }

    @Test
    void theHostsOwnLibcDefinesManyVersions() throws IOException {
        Path libc =
                List.of("/lib/x86_64-linux-gnu/libc.so.6", "/lib/aarch64-linux-gnu/libc.so.6", "/lib64/libc.so.6")
                        .stream()
                        .map(Path::of)
                        .filter(Files::exists)
                        .findFirst()
                        .orElseThrow();

        assertTrue(read(libc).orElseThrow().definedVersions().contains("GLIBC_2.17"));
    }

    @Test
    void whatIsNoElfFileIsNone() throws IOException {
        Path text = Files.writeString(scratch.resolve("libc.so"), "/* GNU ld script */ GROUP ( /lib/libc.so.6 )");
        Path empty = Files.createFile(scratch.resolve("empty"));

        assertEquals(Optional.empty(), read(text));
        assertEquals(Optional.empty(), read(empty));
    }

    @Test
    void aCutFileIsToldAndNothingElseHappens() throws Exception {
        byte[] whole = Files.readAllBytes(
                Libraries.makeVersioned(scratch.resolve("liby.so.1"), "liby.so.1", "Y_1.0", "Y_1.1"));
        Path cut = scratch.resolve("cut");
        for (int length = 0; length < whole.length; length += length < 1024 ? 1 : 97) {
            Files.write(cut, Arrays.copyOf(whole, length));
            try {
                read(cut);
            } catch (CorruptDataException told) {
                assertTrue(told.getMessage().contains("offset"), told.getMessage());
            }
        }
        Files.write(cut, Arrays.copyOf(whole, 64));
        assertThrows(CorruptDataException.class, () -> read(cut));
    }

    @Test
    void flippedBitsAreToldOrHarmless() throws Exception {
        byte[] whole = Files.readAllBytes(
                Libraries.makeVersioned(scratch.resolve("libz.so.1"), "libz.so.1", "Z_1.0", "Z_1.1"));
        long seed = 20261123;
        Random random = new Random(seed);
        Path damaged = scratch.resolve("damaged");
        int told = 0;
        for (int i = 0; i < 1500; i++) {
            byte[] copy = whole.clone();
            for (int k = 0; k < 4; k++) {
                copy[random.nextInt(i % 2 == 0 ? 1024 : copy.length)] ^= (byte) (1 << random.nextInt(8));
            }
            Files.write(damaged, copy);
            try {
                read(damaged);
            } catch (CorruptDataException expected) {
                told++;
            }
        }
        assertTrue(told > 10, "seed " + seed + ": damage was told " + told + " times");
    }
}
