package io.jrun.runtime.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Optional;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Lists as {@code scontrol show hostnames} takes them; the first name is what it prints first. */
class HostListTest {

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "node1|node1",
                "node1,node2|node1",
                "node[1-3]|node1",
                "gpu[007-012,20]|gpu007",
                "n[3,5-7],login|n3",
                "rack[1-2]n[03-04]|rack1n03",
                "a[1-2]-ib,b|a1-ib"
            })
    void theFirstNameIsWritten(String list, String first) {
        assertEquals(Optional.of(first), HostList.first(list));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {"''", "node[1-3", ",node", "node1]"})
    void whatIsNoListHasNone(String list) {
        assertEquals(Optional.empty(), HostList.first(list));
    }
}
