package io.jrun.runtime.oci;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jrun.error.JrunException;
import io.jrun.json.Json;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What the runtime-spec's words become in files of a control group. */
class ResourceSettingsTest {

    static ConfigNode node(String json) throws JrunException {
        return new ConfigNode(
                "linux.resources", Json.parse(json.replace('\'', '"').getBytes(StandardCharsets.UTF_8), "test"));
    }

    private static Map<String, String> of(String json) throws JrunException {
        return new TreeMap<>(ResourceSettings.of(node(json)));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{'memory': {'limit': 1048576}} | {memory.max=1048576}",
                "{'memory': {'limit': 1048576, 'swap': 3145728}} | {memory.max=1048576, memory.swap.max=2097152}",
                "{'memory': {'limit': -1, 'reservation': 4096}} | {memory.low=4096}",
                "{'cpu': {'shares': 1024}} | {cpu.weight=39}",
                "{'cpu': {'shares': 2}} | {cpu.weight=1}",
                "{'cpu': {'shares': 262144}} | {cpu.weight=10000}",
                "{'cpu': {'quota': 50000}} | {cpu.max=50000 100000}",
                "{'cpu': {'period': 20000}} | {cpu.max=max 20000}",
                "{'cpu': {'cpus': '0-3', 'mems': '0'}} | {cpuset.cpus=0-3, cpuset.mems=0}",
                "{'pids': {'limit': 20}} | {pids.max=20}",
                "{'pids': {'limit': -1}} | {}",
                "{'unified': {'memory.high': '1000'}} | {memory.high=1000}",
                "{'blockIO': {'weight': 0}} | {}"
            })
    void wordsOfTheSpecBecomeFiles(String json, String files) throws JrunException {
        assertEquals(files, of(json).toString());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{'memory': {'kernel': 1000}}",
                "{'memory': {'swappiness': 60}}",
                "{'memory': {'disableOOMKiller': true}}",
                "{'memory': {'limit': 1000, 'swap': 500}}",
                "{'cpu': {'realtimeRuntime': 1000}}",
                "{'blockIO': {'weight': 10}}",
                "{'hugepageLimits': [{'pageSize': '2MB', 'limit': 1}]}",
                "{'network': {'classID': 1}}",
                "{'rdma': {'mlx5_0': {'hcaHandles': 1}}}",
                "{'unified': {'../../x': '1'}}",
                "{'unified': {'memory.max': 7}}"
            })
    void whatCannotBeLimitedIsRefusedByItsName(String json) {
        JrunException refused = assertThrows(JrunException.class, () -> of(json));

        assertTrue(refused.getMessage().contains("linux.resources"), refused.getMessage());
    }

    @Test
    void controllersAreReadFromFilesAndNotFromThoseOfTheGroupItself() {
        assertEquals(
                "[cpu, memory]",
                ControlGroup.controllers(Map.of("memory.max", "", "cpu.max", "", "cgroup.freeze", "")
                                .keySet())
                        .toString());
    }

    @Test
    void aUserOfANamespaceIsSomebodyOutsideOfIt() {
        String map = "         0       1000          1\n         1     100000      65536\n";

        assertEquals(1000, RuntimeFacts.outside(map, 0));
        assertEquals(100004, RuntimeFacts.outside(map, 5));
        assertEquals(70000, RuntimeFacts.outside(map, 70000));
    }
}
