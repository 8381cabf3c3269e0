package io.jrun.runtime.plan;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jrun.posix.ByteString;
import java.util.List;
import org.junit.jupiter.api.Test;

class GlobTest {

    private static boolean matches(String pattern, String name) {
        return Glob.matchesAny(List.of(pattern), ByteString.of(name));
    }

    @Test
    void aStarStandsForAnyBytesAndNone() {
        assertTrue(matches("SLURM_*", "SLURM_"));
        assertTrue(matches("SLURM_*", "SLURM_JOB_ID"));
        assertTrue(matches("*_proxy", "https_proxy"));
        assertTrue(matches("A*B*C", "AxBxBC"));
        assertFalse(matches("SLURM_*", "SLURM"));
        assertFalse(matches("A*B*C", "AxBx"));
    }

    @Test
    void otherCharactersStandForThemselves() {
        assertTrue(matches("TZ", "TZ"));
        assertTrue(matches("T?", "TZ"));
        assertFalse(matches("TZ", "TZDIR"));
        assertFalse(matches("TZDIR", "TZ"));
        assertFalse(matches("T?", "T"));
    }
}
