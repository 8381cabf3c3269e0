package io.jrun.image.reference;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.jrun.error.UsageException;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PlatformTest {

    @ParameterizedTest
    @CsvSource({
        "amd64, linux/amd64",
        "x86_64, linux/amd64",
        "aarch64, linux/arm64",
        "linux/arm64, linux/arm64",
        "linux/arm64/v8, linux/arm64",
        "linux/ARM/v7, linux/arm",
        "linux/arm/v6, linux/arm/v6",
        "linux/amd64/v3, linux/amd64/v3",
        "linux/ppc64le, linux/ppc64le",
    })
    void spellingsOfOnePlatformAreOneValue(String text, String printed) throws Exception {
        assertEquals(printed, Platform.parse(text).toString());
        assertEquals(Platform.parse(printed), Platform.parse(text));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "/", "linux/", "linux/arm64/v8/x", "lin ux/amd64", "../x"})
    void malformedPlatformsAreRefused(String text) {
        assertThrows(UsageException.class, () -> Platform.parse(text));
    }

    @Test
    void variantsHaveLevels() throws Exception {
        assertEquals(8, Platform.parse("arm64").variantLevel().orElseThrow());
        assertEquals(3, Platform.parse("linux/amd64/v3").variantLevel().orElseThrow());
        assertEquals(
                Optional.of("power9"), Platform.parse("linux/ppc64le/power9").variant());
        assertEquals(true, Platform.parse("linux/ppc64le/power9").variantLevel().isEmpty());
    }
}
