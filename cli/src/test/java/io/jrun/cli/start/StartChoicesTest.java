package io.jrun.cli.start;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jrun.error.UsageException;
import io.jrun.posix.ByteString;
import io.jrun.runtime.plan.PlanStep.Identity;
import io.jrun.runtime.plan.StartOptions;
import io.jrun.runtime.plan.StartOptions.HostVariables;
import io.jrun.runtime.plan.StartOptions.RootAccess;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class StartChoicesTest {

    private static StartOptions options(String... arguments) throws UsageException {
        List<ByteString> line = Stream.concat(
                        Stream.of("start"), Stream.concat(Stream.of(arguments), Stream.of("solver")))
                .map(ByteString::of)
                .toList();
        return StartChoices.of(StartArgumentParser.parse(line).orElseThrow());
    }

    private static List<ByteString> bytes(String... texts) {
        return Stream.of(texts).map(ByteString::of).toList();
    }

    @Test
    void withoutOptionsEverythingIsLeftOpen() throws UsageException {
        StartOptions options = options();

        assertEquals(Optional.empty(), options.rootAccess());
        assertEquals(Optional.empty(), options.identity());
        assertEquals(Optional.empty(), options.hostVariables());
        assertEquals(Optional.empty(), options.filter());
        assertEquals(ByteString.of("solver"), options.container());
    }

    @Test
    void whatIsWrittenGoesWhereItIsSaid() throws UsageException {
        assertEquals(Optional.of(RootAccess.WRITABLE), options("--rw").rootAccess());
        assertEquals(
                Optional.of(new RootAccess.Overlay(ByteString.of(""))),
                options("--overlay").rootAccess());
        assertEquals(
                Optional.of(new RootAccess.Overlay(ByteString.of("/kept"))),
                options("--overlay=/kept").rootAccess());
    }

    @Test
    void idsMayBeGivenAlone() throws UsageException {
        assertEquals(Optional.of(Identity.ROOT), options("-r").identity());
        assertEquals(
                Optional.of(new Identity(OptionalLong.of(33), OptionalLong.empty())),
                options("--uid", "33").identity());
        assertEquals(
                Optional.of(new Identity(OptionalLong.of(4294967294L), OptionalLong.of(0))),
                options("--uid", "4294967294", "--gid=0").identity());
    }

    @ParameterizedTest
    @ValueSource(strings = {"-1", "4294967295", "ann", ""})
    void whatIsNoIdIsRefused(String id) {
        assertThrows(UsageException.class, () -> options("--uid", id));
    }

    @Test
    void hostVariablesAreAllOrThoseNamed() throws UsageException {
        StartOptions options = options("--host-env", "--host-env=A_*", "--unset-env", "B", "--env-file=/f");

        assertEquals(Optional.of(HostVariables.ALL), options.hostVariables());
        assertEquals(bytes("A_*"), options.passed());
        assertEquals(bytes("B"), options.dropped());
        assertEquals(bytes("/f"), options.environmentFiles());
        assertEquals(Optional.of(HostVariables.NONE), options("--clean-env").hostVariables());
    }

    @Test
    void theRestIsHandedOn() throws UsageException {
        StartOptions options = options(
                "--home", "--no-mount", "tmp", "--rc", "/rc", "--seccomp", "/p", "--subids", "-w", "/w", "-v/x");

        assertTrue(options.home());
        assertTrue(options.subordinateIds());
        assertEquals(bytes("tmp"), options.withoutMounts());
        assertEquals(bytes("/x"), options.mounts());
        assertEquals(Optional.of(ByteString.of("/rc")), options.script());
        assertEquals(Optional.of(ByteString.of("/p")), options.filter());
        assertEquals(Optional.of(ByteString.of("/w")), options.workingDirectory());
    }
}
