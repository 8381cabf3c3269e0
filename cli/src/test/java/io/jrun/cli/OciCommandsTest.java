package io.jrun.cli;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jrun.json.Json;
import io.jrun.runtime.oci.AddRequest;
import io.jrun.runtime.oci.MakeRequest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code jrun oci} as Slurm and engines call it. */
class OciCommandsTest {

    @TempDir
    Path folder;

    private CommandLineFixture fixture() {
        return CommandLineFixture.withoutTerminal(folder);
    }

    @Test
    void createTakesTheOptionsOfEngines() {
        CommandLineFixture fixture = fixture();

        int status = fixture.run(
                "oci",
                "--systemd-cgroup",
                "--log-format=json",
                "--log",
                folder.resolve("log").toString(),
                "create",
                "--bundle",
                "/b/../bundle",
                "--pid-file",
                "/run/pid",
                "--console-socket",
                "/run/socket",
                "--preserve-fds",
                "2",
                "solver");

        MakeRequest expected = new MakeRequest(
                "solver", "/bundle", false, true, Optional.of("/run/pid"), Optional.of("/run/socket"), 2);
        assertAll(
                () -> assertEquals(0, status, fixture.err()),
                () -> assertEquals(List.of(expected), fixture.operations.ociOperations.calls));
    }

    @Test
    void runIsAttachedAndMakesNoGroupWhereGroupsAreDisabled() {
        CommandLineFixture fixture = fixture();

        fixture.run("oci", "--cgroup-manager", "disabled", "run", "solver", "-b", "/bundle");

        MakeRequest expected = new MakeRequest("solver", "/bundle", true, false, Optional.empty(), Optional.empty(), 0);
        assertEquals(List.of(expected), fixture.operations.ociOperations.calls);
    }

    @Test
    void execTakesTheOptionsOfEnginesAndACommandWithItsOwn() {
        CommandLineFixture fixture = fixture();

        fixture.run("oci", "exec", "--pid-file", "/run/pid", "-p", "/run/process.json", "--detach", "solver");
        fixture.run("oci", "exec", "-e", "A=1", "--cwd", "/tmp", "-u", "1:2", "solver", "ls", "-l", "--all");

        assertEquals(
                List.of(
                        new AddRequest(
                                "solver",
                                Optional.of("/run/process.json"),
                                List.of(),
                                List.of(),
                                Optional.empty(),
                                Optional.empty(),
                                false,
                                false,
                                Optional.of("/run/pid"),
                                Optional.empty(),
                                0),
                        new AddRequest(
                                "solver",
                                Optional.empty(),
                                List.of("ls", "-l", "--all"),
                                List.of("A=1"),
                                Optional.of("/tmp"),
                                Optional.of("1:2"),
                                false,
                                true,
                                Optional.empty(),
                                Optional.empty(),
                                0)),
                fixture.operations.ociOperations.calls);
    }

    @Test
    void aSignalIsTermUnlessOneIsGiven() {
        CommandLineFixture fixture = fixture();

        fixture.run("oci", "kill", "solver");
        fixture.run("oci", "kill", "--all", "solver", "9");
        fixture.run("oci", "delete", "--force", "solver");
        fixture.run("oci", "--root", "/states", "start", "solver");

        assertEquals(
                List.of(
                        "kill solver TERM false",
                        "kill solver 9 true",
                        "delete solver true",
                        "start solver in Optional[/states]"),
                fixture.operations.ociOperations.calls);
    }

    @Test
    void anUnknownContainerPrintsNothingAndFails() {
        CommandLineFixture fixture = fixture();

        int status = fixture.run("oci", "--state-dir", "/states", "state", "other");

        assertAll(() -> assertEquals(3, status), () -> assertEquals("", fixture.out()));
    }

    @Test
    void aFailureGoesToTheLogToo() throws IOException {
        Path log = folder.resolve("log");
        CommandLineFixture fixture = fixture();

        fixture.run("oci", "--log", log.toString(), "--log-format", "json", "start", "other");

        String line = Files.readString(log);
        assertEquals(
                Optional.of("error"),
                Json.parse(line.getBytes(java.nio.charset.StandardCharsets.UTF_8), "log")
                        .string("level"));
        assertTrue(line.contains("container does not exist"), line);
    }

    @Test
    void theVersionNamesTheSpecToo() {
        CommandLineFixture fixture = fixture();

        int status = fixture.run("oci", "--version");

        assertAll(
                () -> assertEquals(0, status), () -> assertTrue(fixture.out().contains("spec: 1.2.0"), fixture.out()));
    }
}
