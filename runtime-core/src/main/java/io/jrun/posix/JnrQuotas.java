package io.jrun.posix;

import java.nio.charset.StandardCharsets;
import java.util.Optional;
import jnr.ffi.LibraryLoader;
import jnr.ffi.Memory;
import jnr.ffi.Pointer;
import jnr.ffi.Runtime;

/**
 * Quotas through quotactl(2). Of its answer, {@code struct dqblk}:
 *
 * <pre>
 * offset  size
 * 0       8     hard limit in blocks of 1,024 bytes
 * 8       8     soft limit
 * 16      8     bytes in use
 * 24      8     hard limit of inodes
 * 32      8     soft limit
 * 40      8     inodes in use
 * 48      24    times, which members are valid
 * </pre>
 */
public final class JnrQuotas implements Quotas {

    private static final int Q_GETQUOTA = 0x800007;
    private static final int KIND_BITS = 8;
    private static final int BLOCK_SIZE = 1024;
    private static final int STRUCT_SIZE = 72;
    private static final int USED_AT = 16;
    private static final int INODE_LIMIT_AT = 24;
    private static final int INODES_USED_AT = 40;

    /** The C library's function, by its name. */
    public interface Libc {
        int quotactl(int command, long device, int id, long answer);
    }

    /** Loads once, when first asked. */
    private static final class Loaded {
        private static final JnrQuotas INSTANCE = new JnrQuotas();
    }

    private final Libc libc = LibraryLoader.create(Libc.class).load("c");
    private final Runtime runtime = Runtime.getRuntime(libc);

    private JnrQuotas() {}

    public static Quotas load() {
        return Loaded.INSTANCE;
    }

    @Override
    public Optional<Usage> of(Kind kind, String device, int id) {
        byte[] name = device.getBytes(StandardCharsets.UTF_8);
        Pointer memory = Memory.allocateDirect(runtime, STRUCT_SIZE + name.length + 1, true);
        memory.put(STRUCT_SIZE, name, 0, name.length);
        int command = (Q_GETQUOTA << KIND_BITS) | kind.type();
        if (libc.quotactl(command, memory.address() + STRUCT_SIZE, id, memory.address()) != 0) {
            return Optional.empty();
        }
        return Optional.of(new Usage(
                memory.getLongLong(0) * BLOCK_SIZE,
                memory.getLongLong(USED_AT),
                memory.getLongLong(INODE_LIMIT_AT),
                memory.getLongLong(INODES_USED_AT)));
    }
}
