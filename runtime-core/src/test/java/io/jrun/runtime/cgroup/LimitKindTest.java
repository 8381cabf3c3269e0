package io.jrun.runtime.cgroup;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jrun.error.UsageException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LimitKindTest {

    private static List<String> written(LimitKind kind, String value) throws UsageException {
        List<String> written = new ArrayList<>();
        for (Limit limit : kind.parse(value, "test")) {
            written.add(limit.file() + "=" + limit.value());
        }
        return written;
    }

    @Test
    void memoryEndsTheWholeContainer() throws UsageException {
        assertEquals(List.of("memory.max=67108864", "memory.oom.group=1"), written(LimitKind.MEMORY, "64m"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "MEMORY_HIGH|2g|memory.high=2147483648",
                "SWAP|0|memory.swap.max=0",
                "SWAP|1m|memory.swap.max=1048576",
                "CPUS|1.5|cpu.max=150000 100000",
                "CPUS|0.01|cpu.max=1000 100000",
                "CPUSET_CPUS|3,0-1,2|cpuset.cpus=0-3",
                "CPUSET_MEMS|0,5|cpuset.mems=0,5",
                "PIDS|20|pids.max=20",
                "IO|8:0:rbps=1m,wiops=120|io.max=8:0 rbps=1048576 wiops=120"
            })
    void wordsBecomeWhatTheKernelReads(LimitKind kind, String value, String written) throws UsageException {
        assertEquals(List.of(written), written(kind, value));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "MEMORY|lots",
                "MEMORY|0",
                "MEMORY|4k",
                "MEMORY|-1",
                "SWAP|x",
                "CPUS|0",
                "CPUS|0.001",
                "CPUS|1,5",
                "CPUSET_CPUS|3-1",
                "CPUSET_CPUS|0-99999",
                "CPUSET_CPUS|all",
                "PIDS|0",
                "PIDS|ten",
                "IO|8:0",
                "IO|8:0:speed=1",
                "IO|/dev/../dev/sda:rbps=1",
                "IO|/dev/no-such-disk:rbps=1m"
            })
    void whatIsNoLimitIsRefusedByItsName(LimitKind kind, String value) {
        UsageException refused = assertThrows(UsageException.class, () -> kind.parse(value, "option --x"));

        assertTrue(refused.getMessage().contains("\"" + value + "\" of option --x"), refused.getMessage());
    }
}
