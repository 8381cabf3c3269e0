package io.jrun.runtime.launch;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Optional;
import org.junit.jupiter.api.Test;

class JobNodeTest {

    /** As sattach(1) prints it. */
    private static final String LAYOUT = """
            Job step layout:
              5 tasks, 2 nodes (node[1-2])

              Node 0 (node1), 2 task(s): 0 11\s
              Node 1 (node2), 3 task(s): 1 2 3\s
            """;

    @Test
    void eachRankIsFoundByItsWholeNumber() {
        assertAll(
                () -> assertEquals(Optional.of("node1"), JobNode.node(LAYOUT, Optional.of("11"))),
                () -> assertEquals(Optional.of("node2"), JobNode.node(LAYOUT, Optional.of("1"))),
                () -> assertEquals(Optional.of("node2"), JobNode.node(LAYOUT, Optional.of("3"))),
                () -> assertEquals(Optional.of("node1"), JobNode.node(LAYOUT, Optional.empty())));
    }

    @Test
    void whatSlurmDoesNotNameIsNotThere() {
        assertAll(
                () -> assertEquals(Optional.empty(), JobNode.node(LAYOUT, Optional.of("4"))),
                () -> assertEquals(Optional.empty(), JobNode.node("", Optional.of("0"))),
                () -> assertEquals(Optional.empty(), JobNode.node("Node", Optional.empty())));
    }
}
