package io.jrun.judge;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** What speaks to Slurm, where none of its programs is to be found: each says so, and what to do. */
class SlurmAbsentTest {

    private static final Jrun JRUN = Jrun.as(Account.USER);

    private static Command without(String... words) {
        return JRUN.command(words).with("PATH", "/nonexistent").with("JAVA_HOME", System.getProperty("java.home"));
    }

    @Test
    void copiesAreNotMade() throws IOException {
        Path image = Files.writeString(JRUN.file("box.sqsh"), "an image");

        Failures.assertFailed(
                7,
                without("bcast", "-q", image.toString())
                        .with("SLURM_JOB_ID", "7")
                        .run(),
                "cannot run srun: it is not in PATH (ENOENT)",
                "hint: run it where Slurm's programs are installed");
    }

    @Test
    void aTaskOfAJobIsNotEntered() {
        Failures.assertFailed(
                125,
                without("exec", "--job", "7", "true").run(),
                "cannot enter job 7",
                "Slurm's programs are not in PATH (ENOENT)",
                "hint: run it where sattach and srun are installed, or on the node of the job");
    }

    /** A plugin of another release than the cluster's would end all of its jobs. */
    @Test
    @NeedsSpank
    void theSiteIsToldThatNobodyComparedThePlugin() {
        Command.Result result = without("slurm", "init", "-d", JRUN.file("site").toString())
                .run()
                .orFail();

        assertAll(
                () -> assertTrue(result.talk().contains("no Slurm is here to compare with"), result.talk()),
                () -> assertTrue(result.talk().contains("`srun --version` on a node"), result.talk()),
                () -> assertEquals(7, result.text().lines().count(), result.text()));
    }
}
