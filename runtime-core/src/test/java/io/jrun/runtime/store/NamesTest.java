package io.jrun.runtime.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.jrun.error.UsageException;
import io.jrun.posix.ByteString;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class NamesTest {

    private static DataPath dataPath(String... settings) throws UsageException {
        Map<ByteString, ByteString> environment = new LinkedHashMap<>();
        for (String setting : settings) {
            int equals = setting.indexOf('=');
            environment.put(ByteString.of(setting.substring(0, equals)), ByteString.of(setting.substring(equals + 1)));
        }
        return DataPath.of(environment);
    }

    @Test
    void ordinaryNamesAreTaken() throws Exception {
        for (String name : List.of("a", "0", "Solver_2.1-rc.1", "a".repeat(ContainerName.MAX_LENGTH))) {
            assertEquals(name, ContainerName.of(name).text());
        }
    }

    @Test
    void namesThatCouldLeaveTheStoreOrReadAsOptionsAreRefused() {
        for (String name :
                List.of("", ".", "..", ".hidden", "-f", "a/b", "/", "a b", "a,b", "ä", "a\n", "a".repeat(129), "_a")) {
            UsageException e = assertThrows(UsageException.class, () -> ContainerName.of(name), name);
            assertTrue(e.getMessage().contains("hint: begin with"), e.getMessage());
        }
    }

    @Test
    void theMostSpecificVariableDecidesWhereContainersLie() throws Exception {
        assertEquals(
                new DataPath(Path.of("/nvme"), List.of("JRUN_DATA_PATH")),
                dataPath("HOME=/h", "XDG_DATA_HOME=/x", "JRUN_DATA_PATH=/nvme"));
        assertEquals(
                new DataPath(Path.of("/x/jrun"), List.of("JRUN_DATA_PATH", "XDG_DATA_HOME")),
                dataPath("HOME=/h", "XDG_DATA_HOME=/x", "JRUN_DATA_PATH="));
        assertEquals(
                new DataPath(Path.of("/h/.local/share/jrun"), List.of("JRUN_DATA_PATH", "XDG_DATA_HOME", "HOME")),
                dataPath("HOME=/h"));
    }

    @Test
    void withoutAnAbsolutePathThereIsNoStore() {
        assertThrows(UsageException.class, () -> dataPath());
        assertThrows(UsageException.class, () -> dataPath("JRUN_DATA_PATH=relative", "HOME=/h"));
    }

    @Test
    void ownersSurviveTheFileNameTheyAreWrittenIn() {
        Owner owner = new Owner(7, 99, "0123abcd", "4026531836");

        assertEquals(
                owner, Owner.fromFileName(".tmp-solver+0" + owner.toSuffix()).orElseThrow());
        assertTrue(Owner.fromFileName(".tmp-solver").isEmpty());
        assertTrue(Owner.fromFileName(".tmp-,x,1,b,n").isEmpty());
    }
}
