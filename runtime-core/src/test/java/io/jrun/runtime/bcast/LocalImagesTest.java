package io.jrun.runtime.bcast;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jrun.error.UsageException;
import io.jrun.posix.ByteString;
import io.jrun.runtime.config.ConfigKey;
import io.jrun.runtime.config.Configuration;
import io.jrun.runtime.config.Setting;
import io.jrun.runtime.host.FileKind;
import io.jrun.runtime.host.FileStatus;
import io.jrun.runtime.host.HostPaths;
import io.jrun.runtime.host.KernelFiles;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LocalImagesTest {

    private static final ByteString SOURCE = ByteString.of("/shared/solver.sqsh");

    @TempDir
    private Path node;

    private static FileStatus status(long size, long seconds, int nanos) {
        return new FileStatus(FileKind.REGULAR, 1, 2, size, seconds, nanos, 0100644);
    }

    private static Configuration configured(String value) {
        return new Configuration(
                List.of(new Setting(ConfigKey.LOCAL_IMAGES, value, "test")),
                List.of(),
                List.of(),
                List.of(),
                List.of());
    }

    @Test
    void aCopyIsNamedByPathSizeAndTimeOfItsSource() throws Exception {
        LocalImages images = LocalImages.of(Configuration.none(), 2000);
        ByteString place = images.placeOf(SOURCE, status(8, 9, 10));

        assertTrue(place.startsWith("/tmp/jrun-2000/images/"), place.toString());
        assertEquals(place, images.placeOf(SOURCE, new FileStatus(FileKind.REGULAR, 7, 7, 8, 9, 10, 0100600)));
        assertNotEquals(place, images.placeOf(ByteString.of("/shared/other.sqsh"), status(8, 9, 10)));
        assertNotEquals(place, images.placeOf(SOURCE, status(7, 9, 10)));
        assertNotEquals(place, images.placeOf(SOURCE, status(8, 8, 10)));
        assertNotEquals(place, images.placeOf(SOURCE, status(8, 9, 11)));
    }

    @Test
    void theDirectoryIsConfigured() throws Exception {
        assertEquals(
                ByteString.of("/local/ann"),
                LocalImages.of(configured("/local/ann"), 2000).directory());
        assertThrows(UsageException.class, () -> LocalImages.of(configured("local"), 2000));
    }

    @Test
    void onlyAWholeCopyThatNobodyElseMayWriteIsUsable() throws Exception {
        Path file = Files.writeString(node.resolve("copy"), "12345678");
        ByteString copy = HostPaths.fromPath(file);
        KernelFiles files = new KernelFiles();
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("r--------"));

        assertTrue(LocalImages.isUsable(copy, status(8, 1, 1), files));
        assertFalse(LocalImages.isUsable(copy, status(9, 1, 1), files));
        assertFalse(LocalImages.isUsable(copy.plus(ByteString.of("x")), status(8, 1, 1), files));

        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-rw----"));
        assertFalse(LocalImages.isUsable(copy, status(8, 1, 1), files));

        Path link = Files.createSymbolicLink(node.resolve("link"), file);
        assertFalse(LocalImages.isUsable(HostPaths.fromPath(link), status(8, 1, 1), files));
    }
}
