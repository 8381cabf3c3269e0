package io.jrun.cli;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BcastCommandTest {

    @TempDir
    Path cache;

    @Test
    void thePathIsTheResultAndTheStagesAreTold() {
        CommandLineFixture fixture = CommandLineFixture.withoutTerminal(cache);

        int status = fixture.run("bcast", "solver.sqsh", "/local/");

        assertAll(
                () -> assertEquals(0, status),
                () -> assertEquals("/local/x.sqsh\n", fixture.out()),
                () -> assertTrue(fixture.err().contains("jrun: sbcast to 2 nodes"), fixture.err()),
                () -> assertEquals(List.of("solver.sqsh Optional[/local/]"), fixture.operations.calls));
    }

    @Test
    void quietAndAsJsonThereIsNothingElse() {
        CommandLineFixture fixture = CommandLineFixture.withoutTerminal(cache);

        fixture.run("bcast", "-q", "--format", "json", "solver.sqsh");

        assertAll(
                () -> assertEquals("", fixture.err()),
                () -> assertTrue(fixture.out().contains("\"digest\" : \"sha256:00ff\""), fixture.out()),
                () -> assertTrue(fixture.out().contains("\"copied\" : [ \"n2\" ]"), fixture.out()));
    }
}
