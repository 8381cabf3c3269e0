package io.jrun.judge;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** What the native programs read, fuzzed for a while; {@code fuzz/run SECONDS} does it for longer. */
@Aside
@NeedsUserns
@NeedsClang
@NeedsSquashfsTools
class FuzzTest {

    private static final String SECONDS = "15";

    @Test
    void neitherPlansNorImagesLeadOutOfTheirMemory() {
        Path script = Workbench.module().resolve("fuzz/run");
        Path work = Workbench.newFolder("fuzz", Account.ROOT);

        Command.Result result = Command.of(
                        script.toString(), SECONDS, Workbench.launcher().toString())
                .with("JRUN_FUZZ_DIRECTORY", work.toString())
                .with("PATH", System.getenv("PATH"))
                .run()
                .orFail();

        assertTrue(result.text().contains("plan stat::number_of_executed_units"), result.toString());
        assertTrue(result.text().contains("lines stat::number_of_executed_units"), result.toString());
        assertTrue(result.text().contains("unsquash stat::number_of_executed_units"), result.toString());
    }
}
