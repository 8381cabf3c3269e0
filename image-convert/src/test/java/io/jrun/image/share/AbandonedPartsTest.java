package io.jrun.image.share;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jrun.image.blob.Owner;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AbandonedPartsTest {

    private static final String KEY = "0123456789abcdef".repeat(4);

    @TempDir
    Path directory;

    private Path part(Owner owner) throws IOException {
        return Files.createFile(directory.resolve("." + KEY + "." + owner + ".nonce.part"));
    }

    @Test
    void partOfADeadProcessGoesAndThoseOfLivingAndUnknownOnesStay() throws IOException {
        Owner here = Owner.thisProcess();
        Path dead = part(new Owner(here.scope(), 1 << 30, 1));
        Path living = part(here);
        Path elsewhere = part(new Owner("abc", 1 << 30, 1));
        Files.createFile(directory.resolve(KEY + ".sqsh"));

        List<Path> found = AbandonedParts.in(directory);

        assertAll(
                () -> assertEquals(List.of(dead), found),
                () -> assertTrue(AbandonedParts.remove(dead)),
                () -> assertFalse(AbandonedParts.remove(living)),
                () -> assertFalse(AbandonedParts.remove(elsewhere)));
    }
}
