package io.jrun.cli;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jrun.cli.slurm.SlurmOperations.Present;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code jrun slurm}, from the command line to what is printed. */
class SlurmCommandsTest {

    @TempDir
    Path cache;

    private CommandLineFixture fixture;

    @BeforeEach
    void begin() {
        fixture = CommandLineFixture.withoutTerminal(cache);
    }

    @Test
    void eachFileWrittenIsALine() {
        int status = fixture.run("slurm", "init", "--directory", "/site");

        assertAll(
                () -> assertEquals(0, status),
                () -> assertEquals("/site/oci.conf\n/site/prolog\n", fixture.out()),
                () -> assertEquals(List.of(List.of(Path.of("/site"), Present.REFUSE)), fixture.operations.calls));
    }

    @Test
    void filesAreReplacedOnlyOnRequest() {
        fixture.run("slurm", "init", "-f");

        assertEquals(List.of(List.of(Path.of("jrun-slurm"), Present.REPLACE)), fixture.operations.calls);
    }

    @Test
    void theGroupAloneSaysWhatIsMissing() {
        assertEquals(2, fixture.run("slurm"));
        assertTrue(fixture.err().contains("a command is missing: init"), fixture::err);
    }
}
