package io.jrun.cli;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.jrun.cli.resource.ContainerUsage;
import io.jrun.json.Json;
import io.jrun.json.JsonValue;
import io.jrun.runtime.cgroup.Usage;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code jrun stats}, from the command line to what is printed. */
class StatsCommandTest {

    @TempDir
    Path cache;

    private CommandLineFixture fixture;

    @BeforeEach
    void measure() {
        Map<String, Map<String, String>> figures = new LinkedHashMap<>();
        figures.put("memory.current", Map.of("", "1572864"));
        figures.put("memory.peak", Map.of("", "67108864"));
        figures.put("memory.events", Map.of("oom", "1", "oom_kill", "2"));
        figures.put("cpu.stat", Map.of("user_usec", "1500000"));
        figures.put("memory.pressure", Map.of("some.avg10", "0.25"));
        Usage usage = new Usage(Path.of("/sys/fs/cgroup/lab"), false, List.of("memory.max=67108864"), figures);
        fixture = CommandLineFixture.withoutTerminal(cache);
        fixture.operations.statsOperations = target -> new ContainerUsage(target, 17, usage);
    }

    @Test
    void eachKindOfFigureIsALine() {
        int status = fixture.run("stats", "solver");

        assertAll(() -> assertEquals(0, status), () -> assertEquals("""
                        cgroup    /sys/fs/cgroup/lab, with processes beside the container's
                        limits    memory.max=67108864
                        memory    now 1.5 MiB, peak 64.0 MiB
                        oom       1 times out of memory, 2 processes killed
                        cpu       user 1.50 s
                        pressure  memory 0.25 %
                        """, fixture.out()));
    }

    @Test
    void jsonHasNumbersAsTheKernelTellsThem() throws IOException {
        fixture.run("stats", "--format", "json", "solver");

        JsonValue document = Json.parse(fixture.out().getBytes(StandardCharsets.UTF_8), "stdout");
        JsonValue figures = ((JsonValue.JsonObject) document).members().get("figures");
        assertEquals(
                JsonValue.of(1572864),
                ((JsonValue.JsonObject) figures).members().get("memory.current"));
    }
}
