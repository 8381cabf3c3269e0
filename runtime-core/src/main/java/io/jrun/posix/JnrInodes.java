package io.jrun.posix;

import java.nio.charset.StandardCharsets;
import java.util.OptionalLong;
import jnr.ffi.LibraryLoader;
import jnr.ffi.Memory;
import jnr.ffi.Pointer;
import jnr.ffi.Runtime;

/**
 * How many files a file system has room for, through statvfs(3), whose answer is on all 64-bit Linux machines, in words of
 * 8 bytes: sizes of blocks (2), blocks (3), inodes, free ones, free ones for everybody.
 */
public final class JnrInodes {

    private static final int INODES_AT = 40;
    private static final int FREE_FOR_EVERYBODY_AT = 56;

    /** Larger than any library's struct. */
    private static final int STRUCT_SIZE = 256;

    /** The C library's function, by its name. */
    public interface Libc {
        int statvfs(long path, long answer);
    }

    /** Loads once, when first asked. */
    private static final class Loaded {
        private static final Libc LIBC = LibraryLoader.create(Libc.class).load("c");
    }

    private JnrInodes() {}

    /** Inodes that this user may still make; empty where the file system makes them as it goes (Btrfs), or does not tell. */
    public static OptionalLong freeIn(String directory) {
        byte[] name = directory.getBytes(StandardCharsets.UTF_8);
        Pointer memory = Memory.allocateDirect(Runtime.getRuntime(Loaded.LIBC), STRUCT_SIZE + name.length + 1, true);
        memory.put(STRUCT_SIZE, name, 0, name.length);
        if (Loaded.LIBC.statvfs(memory.address() + STRUCT_SIZE, memory.address()) != 0
                || memory.getLongLong(INODES_AT) <= 0) {
            return OptionalLong.empty();
        }
        return OptionalLong.of(Math.max(0, memory.getLongLong(FREE_FOR_EVERYBODY_AT)));
    }
}
