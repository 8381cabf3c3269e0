package io.jrun.runtime.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The starter's reader and interpreter, built with sanitizers and without a kernel, over damaged plans. */
class PlanDamageTest {

    private static final String SEED = "7";
    private static final String ROUNDS = "20000";

    @TempDir
    Path directory;

    private static String run(List<String> command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        process.getOutputStream().close();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, process.waitFor(), () -> "seed " + SEED + ": " + command + "\n" + output);
        return output;
    }

    /** The checksum is mended, so that the checks behind it are what is tested. */
    @Test
    void damagedPlansAreRefusedOrRunWithoutLeavingTheirMemory() throws Exception {
        Path program = directory.resolve("damage");
        Path plan = Files.write(
                directory.resolve("plan"), PlanEncoder.encode(PlanEncoderTest.everything(), Machine.host(), 0));
        run(List.of(
                "gcc",
                "-std=gnu11",
                "-O1",
                "-g",
                "-fsanitize=address,undefined",
                "-fno-sanitize-recover=all",
                "-o",
                program.toString(),
                "src/test/c/damage.c"));

        String output = run(List.of(program.toString(), plan.toString(), ROUNDS, SEED));

        List<String> words = output.lines()
                .reduce((first, second) -> second)
                .orElseThrow()
                .lines()
                .flatMap(line -> List.of(line.split(" ", -1)).stream())
                .toList();
        assertTrue(Long.parseLong(words.get(1)) > 1000, output);
        assertTrue(Long.parseLong(words.get(3)) > 1000, output);
    }
}
