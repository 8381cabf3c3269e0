package io.jrun.image.squashfs;

import io.jrun.posix.HostLibrary;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Optional;
import jnr.ffi.Pointer;
import jnr.ffi.Runtime;
import jnr.ffi.types.size_t;
import jnr.ffi.types.u_int32_t;

/**
 * The host's liblzma, where it has one. Of its structures only this much is relied on:
 *
 * <pre>
 * lzma_options_lzma   offset 0, 4 bytes: size of the dictionary; the rest is filled by lzma_lzma_preset
 * lzma_filter         offset 0, 8 bytes: number of the filter; 8, 8 bytes: its options
 * </pre>
 *
 * Source: lzma/lzma12.h, lzma/filter.h and lzma/container.h of liblzma 5.
 */
final class Liblzma {

    /** The library's functions. */
    public interface Library {
        String lzma_version_string();

        byte lzma_lzma_preset(Pointer options, @u_int32_t long preset);

        int lzma_stream_buffer_encode(
                Pointer filters,
                int check,
                Pointer allocator,
                Pointer in,
                @size_t long inSize,
                Pointer out,
                Pointer outPosition,
                @size_t long outSize);

        int lzma_stream_buffer_decode(
                Pointer memoryLimit,
                @u_int32_t long flags,
                Pointer allocator,
                Pointer in,
                Pointer inPosition,
                @size_t long inSize,
                Pointer out,
                Pointer outPosition,
                @size_t long outSize);
    }

    private static final String SONAME = "liblzma.so.5";

    private Liblzma() {}

    /** Empty where the host has none, or no memory may be executed as JNR needs it. */
    static Optional<Library> load() {
        return Loaded.LIBRARY;
    }

    /** Loads the library once, on first use. */
    private static final class Loaded {

        static final Optional<Library> LIBRARY = HostLibrary.load(
                Library.class, SONAME, library -> library.lzma_version_string().startsWith("5."));
    }

    static ByteBuffer memory(int size) {
        return ByteBuffer.allocateDirect(size).order(ByteOrder.nativeOrder());
    }

    static Pointer pointer(Library library, ByteBuffer memory) {
        return Pointer.wrap(Runtime.getRuntime(library), memory);
    }
}
