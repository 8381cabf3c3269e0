package io.jrun.error;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class FailureTest {

    @Test
    void messageFollowsTheGrammar() {
        Failure failure = Failure.of("use layer 3 of lab/solver:2.1", "its bytes do not match (DIGEST_INVALID)")
                .comparing("sha256:9f", "sha256:01")
                .hint("download again with jrun import --refresh");

        assertEquals("""
                cannot use layer 3 of lab/solver:2.1: its bytes do not match (DIGEST_INVALID)
                  expected: sha256:9f
                  found:    sha256:01
                  hint: download again with jrun import --refresh""", failure.message());
    }

    @Test
    void namesCannotFakeLinesOrSteerATerminal() {
        Failure failure = Failure.of("remove a\nb", "no \u001b[2J such \u009b name (ENOENT)")
                .hint("not \r so");

        assertEquals(
                "cannot remove a\\x0ab: no \\x1b[2J such \\x9b name (ENOENT)\n  hint: not \\x0d so", failure.message());
    }
}
