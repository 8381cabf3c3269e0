package io.jrun.posix;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import jnr.ffi.LibraryLoader;
import jnr.ffi.Memory;
import jnr.ffi.Pointer;
import jnr.ffi.Runtime;

/**
 * The C library through JNR-FFI. All parameters of the bindings are plain numbers, addresses among them, so that JNR
 * makes the leanest stubs; names and structures are copied to a native scratch area of each thread.
 *
 * <p>Loading takes some hundred milliseconds, so it happens at the first {@link #load}; a caller with other work to do
 * meanwhile may call it on a thread of its own.
 */
public final class JnrPosix implements Posix {

    private static final int SCRATCH_SIZE = 128 * 1024;
    /** Second name of a call, and structures, lie there; PATH_MAX is 4,096. */
    private static final int SECOND = 16 * 1024;

    private static final int AT_SYMLINK_NOFOLLOW = 0x100;
    private static final int AT_REMOVEDIR = 0x200;
    private static final int RENAME_NOREPLACE = 1;
    private static final int RENAME_EXCHANGE = 2;
    private static final int O_WRONLY = 1;
    private static final int O_CREAT = 0100;
    private static final int O_EXCL = 0200;
    private static final int O_CLOEXEC = 02000000;
    private static final int O_PATH = 010000000;

    private static final int DT_UNKNOWN = 0;
    private static final int DT_DIR = 4;

    /** The C library's functions, by their names. */
    public interface Libc {
        int openat(int directory, long name, int flags, int mode);

        int close(int descriptor);

        long write(int descriptor, long bytes, long count);

        long pwrite(int descriptor, long bytes, long count, long offset);

        int ftruncate(int descriptor, long size);

        int fsync(int descriptor);

        int mkdirat(int directory, long name, int mode);

        int mknodat(int directory, long name, int mode, long device);

        int symlinkat(long target, int directory, long name);

        int linkat(int fromDirectory, long from, int toDirectory, long to, int flags);

        int unlinkat(int directory, long name, int flags);

        int renameat2(int fromDirectory, long from, int toDirectory, long to, int flags);

        int fchmod(int descriptor, int mode);

        int fchmodat(int directory, long name, int mode, int flags);

        int fchown(int descriptor, int uid, int gid);

        int fchownat(int directory, long name, int uid, int gid, int flags);

        int futimens(int descriptor, long times);

        int utimensat(int directory, long name, long times, int flags);

        int fsetxattr(int descriptor, long name, long value, long size, int flags);

        int lsetxattr(long path, long name, long value, long size, int flags);

        long syscall(long number, long descriptor, long buffer, long size);

        int geteuid();

        int umask(int mask);
    }

    /** What differs between the architectures that we know. Source: asm/fcntl.h and asm/unistd.h of each. */
    private enum Machine {
        X86_64("amd64", 0200000, 0400000, 217),
        AARCH64("aarch64", 040000, 0100000, 61);

        private final String javaName;
        private final int directory;
        private final int noFollow;
        private final long getdents64;

        Machine(String javaName, int directory, int noFollow, long getdents64) {
            this.javaName = javaName;
            this.directory = directory;
            this.noFollow = noFollow;
            this.getdents64 = getdents64;
        }

        static Machine current() {
            String name = System.getProperty("os.arch");
            return Arrays.stream(values())
                    .filter(machine -> machine.javaName.equals(name))
                    .findFirst()
                    .orElseThrow(() -> new IllegalStateException("unknown architecture " + name));
        }
    }

    /** Loads once, when first asked. */
    private static final class Loaded {
        private static final JnrPosix INSTANCE = new JnrPosix();
    }

    private final Machine machine = Machine.current();
    private final Libc libc;
    private final Runtime runtime;
    private final ThreadLocal<Pointer> scratch;

    private JnrPosix() {
        libc = LibraryLoader.create(Libc.class).load("c");
        runtime = Runtime.getRuntime(libc);
        scratch = ThreadLocal.withInitial(() -> Memory.allocateDirect(runtime, SCRATCH_SIZE));
    }

    public static Posix load() {
        return Loaded.INSTANCE;
    }

    private int flags(OpenMode how) {
        int common = O_CLOEXEC | machine.noFollow;
        return switch (how) {
            case DIRECTORY -> common | machine.directory;
            case DIRECTORY_PATH -> common | machine.directory | O_PATH;
            case READ -> common;
            case WRITE -> common | O_WRONLY;
            case CREATE_NEW -> common | O_WRONLY | O_CREAT | O_EXCL;
        };
    }

    /** Copies a name to the scratch area and ends it with 0x00. Returns its address. */
    private long string(byte[] bytes, int at) {
        if (bytes.length >= SECOND) {
            throw new IllegalArgumentException("longer than any path: " + bytes.length);
        }
        Pointer area = scratch.get();
        area.put(at, bytes, 0, bytes.length);
        area.putByte(at + bytes.length, (byte) 0);
        return area.address() + at;
    }

    private long name(byte[] bytes) {
        return string(bytes, 0);
    }

    private long secondName(byte[] bytes) {
        return string(bytes, SECOND);
    }

    /** Two equal struct timespec. */
    private long times(long seconds, int nanos) {
        Pointer area = scratch.get();
        for (int at = SECOND; at < SECOND + 32; at += 16) {
            area.putLong(at, seconds);
            area.putLong(at + 8, nanos);
        }
        return area.address() + SECOND;
    }

    private long check(String call, long result) throws PosixException {
        if (result < 0) {
            throw new PosixException(call, runtime.getLastError());
        }
        return result;
    }

    @Override
    public int openat(int directory, byte[] name, OpenMode how, int permissions) throws PosixException {
        long address = name(name);
        int result;
        do {
            result = libc.openat(directory, address, flags(how), permissions);
        } while (result < 0 && runtime.getLastError() == Errno.EINTR.number());
        return (int) check("openat", result);
    }

    @Override
    public void close(int descriptor) throws PosixException {
        int result = libc.close(descriptor);
        // On Linux the descriptor is gone after EINTR too.
        if (result < 0 && runtime.getLastError() != Errno.EINTR.number()) {
            check("close", result);
        }
    }

    @Override
    public void write(int descriptor, ByteBuffer bytes) throws PosixException {
        writeAll(bytes, (address, count, done) -> libc.write(descriptor, address, count), "write");
    }

    @Override
    public void pwrite(int descriptor, ByteBuffer bytes, long offset) throws PosixException {
        writeAll(bytes, (address, count, done) -> libc.pwrite(descriptor, address, count, offset + done), "pwrite");
    }

    private interface Writing {
        long write(long address, long count, long done);
    }

    private void writeAll(ByteBuffer bytes, Writing writing, String call) throws PosixException {
        long address = bytes.isDirect() ? Pointer.wrap(runtime, bytes).address() : 0;
        long done = 0;
        while (bytes.hasRemaining()) {
            int count = bytes.remaining();
            long from = address + done;
            if (!bytes.isDirect()) {
                count = Math.min(count, SCRATCH_SIZE);
                Pointer area = scratch.get();
                byte[] copy = new byte[count];
                bytes.get(bytes.position(), copy);
                area.put(0, copy, 0, count);
                from = area.address();
            }
            long written = writing.write(from, count, done);
            if (written < 0 && runtime.getLastError() == Errno.EINTR.number()) {
                continue;
            }
            check(call, written);
            done += written;
            bytes.position(bytes.position() + (int) written);
        }
    }

    @Override
    public void ftruncate(int descriptor, long sizeInBytes) throws PosixException {
        check("ftruncate", libc.ftruncate(descriptor, sizeInBytes));
    }

    @Override
    public void fsync(int descriptor) throws PosixException {
        check("fsync", libc.fsync(descriptor));
    }

    @Override
    public void mkdirat(int directory, byte[] name, int permissions) throws PosixException {
        check("mkdirat", libc.mkdirat(directory, name(name), permissions));
    }

    @Override
    public void mknodat(int directory, byte[] name, int mode, int major, int minor) throws PosixException {
        // The C library's 64-bit encoding: makedev(3).
        long device = (minor & 0xffL) | (major & 0xfffL) << 8 | (minor & ~0xffL) << 12 | (major & ~0xfffL) << 32;
        check("mknodat", libc.mknodat(directory, name(name), mode, device));
    }

    @Override
    public void symlinkat(byte[] target, int directory, byte[] name) throws PosixException {
        check("symlinkat", libc.symlinkat(secondName(target), directory, name(name)));
    }

    @Override
    public void linkat(int fromDirectory, byte[] from, int toDirectory, byte[] to) throws PosixException {
        check("linkat", libc.linkat(fromDirectory, name(from), toDirectory, secondName(to), 0));
    }

    @Override
    public void unlinkat(int directory, byte[] name, UnlinkMode mode) throws PosixException {
        int flags = mode == UnlinkMode.DIRECTORY ? AT_REMOVEDIR : 0;
        check("unlinkat", libc.unlinkat(directory, name(name), flags));
    }

    @Override
    public void renameat2(int fromDirectory, byte[] from, int toDirectory, byte[] to, RenameMode mode)
            throws PosixException {
        int flags =
                switch (mode) {
                    case REPLACE -> 0;
                    case NO_REPLACE -> RENAME_NOREPLACE;
                    case EXCHANGE -> RENAME_EXCHANGE;
                };
        check("renameat2", libc.renameat2(fromDirectory, name(from), toDirectory, secondName(to), flags));
    }

    @Override
    public void fchmod(int descriptor, int permissions) throws PosixException {
        check("fchmod", libc.fchmod(descriptor, permissions));
    }

    @Override
    public void fchmodat(int directory, byte[] name, int permissions) throws PosixException {
        check("fchmodat", libc.fchmodat(directory, name(name), permissions, 0));
    }

    @Override
    public void fchown(int descriptor, long uid, long gid) throws PosixException {
        check("fchown", libc.fchown(descriptor, (int) uid, (int) gid));
    }

    @Override
    public void fchownat(int directory, byte[] name, long uid, long gid) throws PosixException {
        check("fchownat", libc.fchownat(directory, name(name), (int) uid, (int) gid, AT_SYMLINK_NOFOLLOW));
    }

    @Override
    public void futimens(int descriptor, long seconds, int nanos) throws PosixException {
        check("futimens", libc.futimens(descriptor, times(seconds, nanos)));
    }

    @Override
    public void utimensat(int directory, byte[] name, long seconds, int nanos) throws PosixException {
        check("utimensat", libc.utimensat(directory, name(name), times(seconds, nanos), AT_SYMLINK_NOFOLLOW));
    }

    @Override
    public void fsetxattr(int descriptor, byte[] name, byte[] value) throws PosixException {
        Pointer copy = copyOf(value);
        check("fsetxattr", libc.fsetxattr(descriptor, name(name), copy.address(), value.length, 0));
    }

    @Override
    public void lsetxattr(byte[] path, byte[] name, byte[] value) throws PosixException {
        Pointer copy = copyOf(value);
        check("lsetxattr", libc.lsetxattr(name(path), secondName(name), copy.address(), value.length, 0));
    }

    private Pointer copyOf(byte[] value) {
        Pointer copy = Memory.allocateDirect(runtime, Math.max(1, value.length));
        copy.put(0, value, 0, value.length);
        return copy;
    }

    @Override
    public List<DirectoryEntry> getdents(int directory) throws PosixException {
        List<DirectoryEntry> found = new ArrayList<>();
        int size;
        do {
            Pointer area = scratch.get();
            // The C library has a function for it since glibc 2.30 only, so by its number.
            size = (int) check("getdents64", libc.syscall(machine.getdents64, directory, area.address(), SCRATCH_SIZE));
            byte[] bytes = new byte[size];
            area.get(0, bytes, 0, size);
            parse(bytes, found);
        } while (found.isEmpty() && size > 0);
        return found;
    }

    /** struct linux_dirent64: u64 inode, u64 position, u16 length of this entry, u8 type, name ended by 0x00. */
    private static void parse(byte[] bytes, List<DirectoryEntry> found) {
        ByteBuffer entries = ByteBuffer.wrap(bytes).order(ByteOrder.nativeOrder());
        int at = 0;
        while (at < bytes.length) {
            int length = entries.getShort(at + 16) & 0xffff;
            int type = entries.get(at + 18);
            int end = at + 19;
            while (bytes[end] != 0) {
                end++;
            }
            ByteString name = ByteString.of(Arrays.copyOfRange(bytes, at + 19, end));
            if (!isDots(name)) {
                found.add(new DirectoryEntry(name, kind(type)));
            }
            at += length;
        }
    }

    private static boolean isDots(ByteString name) {
        return name.byteAt(0) == '.' && (name.length() == 1 || (name.length() == 2 && name.byteAt(1) == '.'));
    }

    private static DirectoryEntry.Kind kind(int type) {
        return switch (type) {
            case DT_UNKNOWN -> DirectoryEntry.Kind.UNKNOWN;
            case DT_DIR -> DirectoryEntry.Kind.DIRECTORY;
            default -> DirectoryEntry.Kind.OTHER;
        };
    }

    @Override
    public int geteuid() {
        return libc.geteuid();
    }

    @Override
    public int umask(int mask) {
        return libc.umask(mask);
    }
}
