package io.jrun.cli;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.jrun.json.Json;
import io.jrun.json.JsonValue;
import io.jrun.runtime.check.Finding;
import io.jrun.runtime.check.Verdict;
import io.jrun.runtime.mpi.MpiJudgement;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MpiCheckCommandTest {

    private static final Finding GOOD = new Finding("mpi", "MPI", Verdict.OK, "MPICH 4.0.2", Optional.empty());
    private static final Finding BAD =
            new Finding("slurm", "Slurm", Verdict.MISSING, "there is none", Optional.of("go there"));

    @TempDir
    Path cache;

    private CommandLineFixture judging(Finding... findings) {
        CommandLineFixture fixture = CommandLineFixture.withoutTerminal(cache);
        fixture.operations.judgement = new MpiJudgement(List.of(findings), Optional.of("srun x PROGRAM"));
        return fixture;
    }

    @Test
    void findingsMendsAndTheLaunchLineArePrinted() {
        CommandLineFixture fixture = judging(GOOD, BAD);

        int status = fixture.run("mpi-check", "solver");

        assertAll(() -> assertEquals(1, status), () -> assertEquals("""
                        ok       MPI: MPICH 4.0.2
                        missing  Slurm: there is none
                                 mend: go there
                        launch   srun x PROGRAM
                        """, fixture.out()));
    }

    @Test
    void whatFitsIsStatusZeroAndJsonHasTheSame() throws Exception {
        CommandLineFixture fixture = judging(GOOD);

        int status = fixture.run("mpi-check", "--format", "json", "solver");

        JsonValue root = Json.parse(fixture.out().getBytes(StandardCharsets.UTF_8), "the output");
        assertAll(
                () -> assertEquals(0, status),
                () -> assertEquals(Optional.of("ok"), root.string("verdict")),
                () -> assertEquals(Optional.of("srun x PROGRAM"), root.string("launch")));
    }
}
