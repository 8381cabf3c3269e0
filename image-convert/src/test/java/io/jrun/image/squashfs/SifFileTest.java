package io.jrun.image.squashfs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jrun.error.HostUnsupportedException;
import io.jrun.error.JrunException;
import io.jrun.image.tree.FileNode;
import io.jrun.image.tree.FileTree;
import io.jrun.image.tree.Xattrs;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Files made byte by byte; those of siftool(1) are read in the native tests. */
class SifFileTest {

    private static final int TABLE = 128;
    private static final int DESCRIPTOR = 585;
    private static final int PARTITION = 0x4004;
    private static final int ROOT = 2;
    private static final int SQUASHFS = 1;

    @TempDir
    Path directory;

    private byte[] image() throws IOException {
        Path file = directory.resolve("image.sqsh");
        try (SquashfsWriter writer = new SquashfsWriter(file, SquashfsOptions.of(Compression.NONE))) {
            FileNode.Directory root = SampleTree.directory(SampleTree.metadata(0700, Xattrs.NONE), Map.of());
            writer.finish(new FileTree(root));
        }
        return Files.readAllBytes(file);
    }

    private static ByteBuffer descriptor(int kind, boolean used, long place, long size, int fileSystem, int role) {
        ByteBuffer bytes = ByteBuffer.allocate(DESCRIPTOR).order(ByteOrder.LITTLE_ENDIAN);
        bytes.putInt(0, kind).put(4, (byte) (used ? 1 : 0)).putLong(17, place).putLong(25, size);
        return bytes.putInt(201, fileSystem).putInt(205, role);
    }

    /** An object that is no partition, one that was deleted, then the one given, then the image. */
    private static byte[] sif(int fileSystem, int role, byte[] image) {
        int place = TABLE + 3 * DESCRIPTOR;
        ByteBuffer header = ByteBuffer.allocate(TABLE).order(ByteOrder.LITTLE_ENDIAN);
        header.put("#!/usr/bin/env run-singularity\n".getBytes(StandardCharsets.US_ASCII));
        header.position(32).put("SIF_MAGIC\0".getBytes(StandardCharsets.US_ASCII));
        header.putLong(96, TABLE).putLong(104, 3 * DESCRIPTOR);
        ByteArrayOutputStream whole = new ByteArrayOutputStream();
        whole.writeBytes(header.array());
        whole.writeBytes(descriptor(0x4001, true, place, 4, 0, 0).array());
        whole.writeBytes(descriptor(PARTITION, false, 1, 1, SQUASHFS, ROOT).array());
        whole.writeBytes(descriptor(PARTITION, true, place, image.length, fileSystem, role)
                .array());
        whole.writeBytes(image);
        return whole.toByteArray();
    }

    private Path file(byte[] bytes) throws IOException {
        return Files.write(directory.resolve("x.sif"), bytes);
    }

    @Test
    void theRootPartitionIsReadAsAnImageFileOfItsOwn() throws IOException {
        byte[] image = image();

        try (SquashfsImage read = SquashfsImage.open(file(sif(SQUASHFS, ROOT, image)))) {
            assertEquals(0700, read.readTree().root().metadata().permissions());
            assertEquals(TABLE + 3 * DESCRIPTOR, read.positionInFile());
        }
        assertTrue(SquashfsImage.isSquashfs(directory.resolve("x.sif")));
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 5})
    void otherFileSystemsAreRefusedWithAWayOut(int fileSystem) throws IOException {
        Path file = file(sif(fileSystem, ROOT, image()));

        JrunException refused = assertThrows(HostUnsupportedException.class, () -> SquashfsImage.open(file));

        assertTrue(refused.failure().hint().orElseThrow().contains("dir:DIR"), refused.getMessage());
    }

    @Test
    void aFileWithoutARootIsRefused() throws IOException {
        Path file = file(sif(SQUASHFS, 3, image()));

        assertThrows(HostUnsupportedException.class, () -> SquashfsImage.open(file));
    }

    @Test
    void cutAnywhereItIsRefused() throws IOException {
        byte[] whole = sif(SQUASHFS, ROOT, image());
        for (int length = 0; length < TABLE + 3 * DESCRIPTOR + 200; length++) {
            Path file = file(Arrays.copyOf(whole, length));
            assertThrows(JrunException.class, () -> SquashfsImage.open(file), "cut at " + length);
        }
    }

    @Test
    void damagedAnywhereItIsReadOrRefused() throws IOException {
        byte[] whole = sif(SQUASHFS, ROOT, image());
        long seed = 20_261_123;
        Random random = new Random(seed);
        int opened = 0;
        for (int i = 0; i < 3000; i++) {
            byte[] damaged = whole.clone();
            damaged[random.nextInt(TABLE + 3 * DESCRIPTOR)] ^= (byte) (1 << random.nextInt(8));
            try (SquashfsImage read = SquashfsImage.open(file(damaged))) {
                read.readTree();
                opened++;
            } catch (JrunException refused) {
                assertTrue(refused.getMessage().startsWith("cannot "), refused.getMessage());
            }
        }
        assertTrue(opened > 2000, "most bits mean nothing to us: " + opened);
    }
}
