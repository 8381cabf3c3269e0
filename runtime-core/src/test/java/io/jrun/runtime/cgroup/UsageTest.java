package io.jrun.runtime.cgroup;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class UsageTest {

    private static final String OWN = "lab/jrun-1000000017-1000000100";

    @TempDir
    Path directory;

    private HostTree host;

    @BeforeEach
    void build() throws IOException {
        host = new HostTree(directory);
        Path lab = host.cgroup("lab", "memory cpu", "");
        Path own = host.cgroup(OWN, "memory cpu", "18");
        host.own(OWN);
        host.write("proc/18/cgroup", "0::/" + OWN + "\n");
        Files.writeString(lab.resolve("memory.max"), "1000000\n");
        Files.writeString(lab.resolve("cpu.max"), "100000 100000\n");
        Files.writeString(own.resolve("memory.max"), "2000000\n");
        Files.writeString(own.resolve("cpu.max"), "150000 200000\n");
        Files.writeString(own.resolve("memory.current"), "4096\n");
        Files.writeString(own.resolve("memory.events"), "low 0\nhigh 0\noom 1\noom_kill 2\n");
        Files.writeString(
                own.resolve("memory.pressure"),
                "some avg10=1.25 avg60=0.00 avg300=0.00 total=7\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=0\n");
    }

    @Test
    void figuresAreFoundByFileAndKey() throws IOException {
        Usage usage = Usage.of(directory, 18).orElseThrow();

        assertAll(
                () -> assertTrue(usage.own()),
                () -> assertEquals(OptionalLong.of(4096), usage.number("memory.current", "")),
                () -> assertEquals(OptionalLong.of(2), usage.number("memory.events", "oom_kill")),
                () -> assertEquals(Optional.of("1.25"), usage.text("memory.pressure", "some.avg10")),
                () -> assertEquals(OptionalLong.empty(), usage.number("pids.current", "")));
    }

    @Test
    void leastLimitOnTheWayUpHolds() throws IOException {
        assertEquals(
                List.of("memory.max=1000000", "cpu.max=150000 200000"),
                Usage.of(directory, 18).orElseThrow().limits());
    }

    @Test
    void cgroupWhoseStarterIsGoneIsAbandoned() throws IOException {
        assertEquals(List.of(host.path(OWN)), OwnCgroup.abandoned(directory, List.of(host.path("lab"))));
    }

    @Test
    void cgroupWhoseStarterLivesIsNot() throws IOException {
        host.write("proc/17/stat", "17 (jr) un) S 1 1 1 0 -1 4 0 0 0 0 0 0 0 0 20 0 1 0 9950 0 0\n");

        assertEquals(List.of(), OwnCgroup.abandoned(directory, List.of(host.path("lab"))));
    }

    @Test
    void processOfTheSameNumberThatBeganLaterIsNotItsStarter() throws IOException {
        host.write("proc/17/stat", "17 (sh) S 1 1 1 0 -1 4 0 0 0 0 0 0 0 0 20 0 1 0 19950 0 0\n");

        assertEquals(List.of(host.path(OWN)), OwnCgroup.abandoned(directory, List.of(host.path("lab"))));
    }

    @Test
    void otherCgroupsAreNeverAbandoned() {
        assertFalse(OwnCgroup.of(Path.of("/sys/fs/cgroup/jrun-17-100")).isPresent());
    }
}
