package io.jrun.image.squashfs;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import org.junit.jupiter.api.Test;

class EarlySyncTest {

    private static final long ROOM = 1L << 40;

    @Test
    void aFailureThatTheKernelTellsOnceIsToldAtTheEnd() {
        IOException broken = new IOException("Input/output error");
        FullChannel disk = new FullChannel(ROOM).failingOnce(broken);
        EarlySync sync = new EarlySync(disk);

        sync.written(100L << 20);

        assertSame(broken, assertThrows(IOException.class, sync::finish));
    }

    @Test
    void smallFilesAreSyncedOnceOnly() {
        FullChannel disk = new FullChannel(ROOM);
        EarlySync sync = new EarlySync(disk);

        sync.written(1 << 20);
        sync.written(2 << 20);

        assertDoesNotThrow(sync::finish);
        assertEquals(1, disk.syncs());
    }
}
