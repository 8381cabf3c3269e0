package io.jrun.cli;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jrun.cli.host.Cleaning;
import io.jrun.cli.host.Cleaning.Kept;
import io.jrun.cli.host.HostOperations.Effect;
import io.jrun.cli.host.Leftover;
import io.jrun.cli.host.Leftover.Kind;
import io.jrun.error.CorruptDataException;
import io.jrun.json.Json;
import io.jrun.json.JsonValue;
import io.jrun.runtime.check.Finding;
import io.jrun.runtime.check.Judgement;
import io.jrun.runtime.check.Verdict;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code jrun check} and {@code jrun gc}, from the command line to what is printed. */
class HostCommandsTest {

    private static final Finding GOOD =
            new Finding("mounts", "mounts", Verdict.OK, "all were mounted", Optional.empty());
    private static final Finding SLOW =
            new Finding("java", "Java", Verdict.LIMITED, "is slow", Optional.of("renew it"));
    private static final Finding BAD =
            new Finding("userNamespaces", "user namespaces", Verdict.MISSING, "are off", Optional.of("switch them on"));

    @TempDir
    Path cache;

    private CommandLineFixture finding(Finding... findings) {
        CommandLineFixture fixture = CommandLineFixture.withoutTerminal(cache);
        fixture.operations.hostOperations =
                new FakeHost(new Judgement(List.of(findings)), new Cleaning(List.of(), List.of()));
        return fixture;
    }

    @Test
    void eachFindingIsALineAndItsMendTheNext() {
        CommandLineFixture fixture = finding(GOOD, SLOW);

        int status = fixture.run("check");

        assertAll(
                () -> assertEquals(0, status),
                () -> assertEquals(
                        "ok       mounts: all were mounted\nlimited  Java: is slow\n         mend: renew it\n",
                        fixture.out()));
    }

    @Test
    void somethingMissingIsStatusOne() {
        assertEquals(1, finding(GOOD, BAD, SLOW).run("check"));
    }

    @Test
    void jsonHasTheWorstVerdictAndAllFindings() throws CorruptDataException {
        CommandLineFixture fixture = finding(GOOD, BAD);

        fixture.run("check", "--format", "json");

        JsonValue root = Json.parse(fixture.out().getBytes(StandardCharsets.UTF_8), "the output");
        assertAll(
                () -> assertEquals(Optional.of("missing"), root.string("verdict")),
                () -> assertTrue(fixture.out().contains("\"key\" : \"userNamespaces\""), fixture::out),
                () -> assertTrue(fixture.out().contains("\"mend\" : \"switch them on\""), fixture::out));
    }

    @Test
    void whatWasRemovedIsPrintedAndWhatWasLeftIsTold() {
        CommandLineFixture fixture = CommandLineFixture.withoutTerminal(cache);
        Leftover gone = new Leftover(Kind.OUTPUT, Path.of("/a.sqsh.1.jrun-part"));
        Leftover stays = new Leftover(Kind.JOIN, Path.of("/j"));
        FakeHost host =
                new FakeHost(new Judgement(List.of()), new Cleaning(List.of(gone), List.of(new Kept(stays, "busy"))));
        fixture.operations.hostOperations = host;

        int status = fixture.run("gc", "--dry-run", "/a", "/b");

        assertAll(
                () -> assertEquals(0, status),
                () -> assertEquals("output     /a.sqsh.1.jrun-part\n", fixture.out()),
                () -> assertEquals("jrun: left /j: busy\n", fixture.err()),
                () -> assertEquals(
                        List.of(List.of(List.of(Path.of("/a"), Path.of("/b")), Effect.ONLY_TELL)), host.cleaned));
    }

    @Test
    void jsonTellsWhatWasRemovedAndKept() throws CorruptDataException {
        CommandLineFixture fixture = CommandLineFixture.withoutTerminal(cache);

        fixture.run("gc", "--format", "json");

        JsonValue root = Json.parse(fixture.out().getBytes(StandardCharsets.UTF_8), "the output");
        assertAll(
                () -> assertTrue(root.member("removed").isPresent(), fixture::out),
                () -> assertTrue(root.member("kept").isPresent(), fixture::out));
    }
}
