package io.jrun.posix;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import jnr.ffi.LibraryLoader;
import jnr.ffi.Memory;
import jnr.ffi.Pointer;
import jnr.ffi.Runtime;

/** The C library through JNR-FFI; see {@link JnrPosix}. */
public final class JnrPosixReading implements PosixReading {

    private static final int SCRATCH_SIZE = 256 * 1024;

    /** Where results lie; names lie before. PATH_MAX is 4,096. */
    private static final int RESULT = 16 * 1024;

    /** XATTR_SIZE_MAX and XATTR_LIST_MAX of Linux. */
    private static final int MAX_XATTR = 64 * 1024;

    private static final int AT_SYMLINK_NOFOLLOW = 0x100;
    private static final int AT_EMPTY_PATH = 0x1000;
    private static final int STATX_BASIC_STATS = 0x7ff;
    private static final int SEEK_DATA = 3;
    private static final int SEEK_HOLE = 4;

    /** The C library's functions, by their names. */
    public interface Libc {
        int statx(int directory, long name, int flags, int mask, long result);

        long readlinkat(int directory, long name, long buffer, long size);

        long pread(int descriptor, long buffer, long count, long offset);

        long lseek(int descriptor, long offset, int whence);

        long llistxattr(long path, long list, long size);

        long lgetxattr(long path, long name, long value, long size);
    }

    /** Loads once, when first asked. */
    private static final class Loaded {
        private static final JnrPosixReading INSTANCE = new JnrPosixReading();
    }

    private final Libc libc;
    private final Runtime runtime;
    private final ThreadLocal<Pointer> scratch;

    private JnrPosixReading() {
        libc = LibraryLoader.create(Libc.class).load("c");
        runtime = Runtime.getRuntime(libc);
        scratch = ThreadLocal.withInitial(() -> Memory.allocateDirect(runtime, SCRATCH_SIZE));
        if (ByteOrder.nativeOrder() != ByteOrder.LITTLE_ENDIAN) {
            throw new IllegalStateException("only little-endian machines are known");
        }
    }

    public static PosixReading load() {
        return Loaded.INSTANCE;
    }

    private long check(String call, long result) throws PosixException {
        if (result < 0) {
            throw new PosixException(call, runtime.getLastError());
        }
        return result;
    }

    private long string(byte[] bytes, int at) {
        if (bytes.length >= RESULT / 2) {
            throw new IllegalArgumentException("longer than any path: " + bytes.length);
        }
        Pointer area = scratch.get();
        area.put(at, bytes, 0, bytes.length);
        area.putByte(at + bytes.length, (byte) 0);
        return area.address() + at;
    }

    private long result() {
        return scratch.get().address() + RESULT;
    }

    private byte[] resultBytes(int length) {
        byte[] bytes = new byte[length];
        scratch.get().get(RESULT, bytes, 0, length);
        return bytes;
    }

    @Override
    public FileStatus statx(int directory, byte[] name) throws PosixException {
        return status(directory, name, AT_SYMLINK_NOFOLLOW);
    }

    @Override
    public FileStatus fstat(int descriptor) throws PosixException {
        return status(descriptor, new byte[0], AT_EMPTY_PATH);
    }

    /** struct statx is the same on every machine. Source: linux/stat.h. */
    private FileStatus status(int directory, byte[] name, int flags) throws PosixException {
        check("statx", libc.statx(directory, string(name, 0), flags, STATX_BASIC_STATS, result()));
        Pointer area = scratch.get();
        return new FileStatus(
                area.getShort(RESULT + 28) & 0xffff,
                area.getInt(RESULT + 16) & 0xffff_ffffL,
                area.getInt(RESULT + 20) & 0xffff_ffffL,
                area.getInt(RESULT + 24) & 0xffff_ffffL,
                (area.getInt(RESULT + 136) & 0xffff_ffffL) << 32 | (area.getInt(RESULT + 140) & 0xffff_ffffL),
                area.getLong(RESULT + 32),
                area.getLong(RESULT + 40),
                area.getLong(RESULT + 48),
                area.getLong(RESULT + 112),
                area.getInt(RESULT + 120),
                area.getInt(RESULT + 128),
                area.getInt(RESULT + 132));
    }

    @Override
    public byte[] readlinkat(int directory, byte[] name) throws PosixException {
        long length = check("readlinkat", libc.readlinkat(directory, string(name, 0), result(), RESULT));
        return resultBytes((int) length);
    }

    @Override
    public int pread(int descriptor, ByteBuffer into, int length, long offset) throws PosixException {
        if (!into.isDirect()) {
            int count = pread(descriptor, result(), Math.min(length, SCRATCH_SIZE - RESULT), offset);
            into.put(resultBytes(count));
            return count;
        }
        long address = Pointer.wrap(runtime, into.slice()).address();
        int count = pread(descriptor, address, length, offset);
        into.position(into.position() + count);
        return count;
    }

    private int pread(int descriptor, long address, int length, long offset) throws PosixException {
        long count;
        do {
            count = libc.pread(descriptor, address, length, offset);
        } while (count < 0 && runtime.getLastError() == Errno.EINTR.number());
        return (int) check("pread", count);
    }

    @Override
    public Optional<Long> nextData(int descriptor, long offset) throws PosixException {
        long found = libc.lseek(descriptor, offset, SEEK_DATA);
        if (found < 0 && runtime.getLastError() == Errno.ENXIO.number()) {
            return Optional.empty();
        }
        if (found < 0 && runtime.getLastError() == Errno.EINVAL.number()) {
            return Optional.of(offset);
        }
        return Optional.of(check("lseek", found));
    }

    @Override
    public long nextHole(int descriptor, long offset) throws PosixException {
        return check("lseek", libc.lseek(descriptor, offset, SEEK_HOLE));
    }

    @Override
    public List<ByteString> llistxattr(byte[] path) throws PosixException {
        long size = libc.llistxattr(string(path, 0), result(), MAX_XATTR);
        if (size < 0 && runtime.getLastError() == Errno.EOPNOTSUPP.number()) {
            return List.of();
        }
        check("llistxattr", size);
        List<ByteString> names = new ArrayList<>();
        byte[] list = resultBytes((int) size);
        int from = 0;
        for (int i = 0; i < list.length; i++) {
            if (list[i] == 0) {
                names.add(ByteString.of(Arrays.copyOfRange(list, from, i)));
                from = i + 1;
            }
        }
        return names;
    }

    @Override
    public Optional<byte[]> lgetxattr(byte[] path, ByteString name) throws PosixException {
        long address = string(path, 0);
        long size = libc.lgetxattr(address, string(name.toBytes(), RESULT / 2), result(), MAX_XATTR);
        if (size < 0 && runtime.getLastError() == Errno.ENODATA.number()) {
            return Optional.empty();
        }
        return Optional.of(resultBytes((int) check("lgetxattr", size)));
    }
}
