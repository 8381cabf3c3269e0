package io.jrun.image.squashfs;

import io.jrun.posix.HostLibrary;
import java.nio.ByteBuffer;
import java.util.Optional;
import jnr.ffi.Pointer;
import jnr.ffi.Runtime;

/**
 * The host's liblz4, where it has one. All parameters are plain numbers, addresses among them, and at most five of
 * them: jnr-ffi 2.2 hands on another number than the sixth. Source: lz4.h and lz4hc.h of lz4 1.9.
 */
final class Liblz4 {

    /** The library's functions. */
    public interface Library {
        String LZ4_versionString();

        int LZ4_compress_default(long from, long to, int length, int room);

        int LZ4_compress_HC(long from, long to, int length, int room, int level);

        int LZ4_decompress_safe(long from, long to, int length, int room);
    }

    private static final String SONAME = "liblz4.so.1";

    private Liblz4() {}

    /** Empty where the host has none, or no memory may be executed as JNR needs it. */
    static Optional<Library> load() {
        return Loaded.LIBRARY;
    }

    /** Loads the library once, on first use. */
    private static final class Loaded {

        static final Optional<Library> LIBRARY = HostLibrary.load(
                Library.class, SONAME, library -> library.LZ4_versionString().startsWith("1."));
    }

    /** Of the byte at the buffer's position. */
    static long address(Library library, ByteBuffer direct) {
        return Pointer.wrap(Runtime.getRuntime(library), direct.slice()).address();
    }
}
