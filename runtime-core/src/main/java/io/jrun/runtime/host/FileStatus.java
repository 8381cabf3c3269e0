package io.jrun.runtime.host;

/**
 * The part of stat(2) that tells whether a file is still the same; all numbers 0 unless {@link FileKind#isPresent}.
 *
 * @param device as the C library packs major and minor, makedev(3)
 */
public record FileStatus(
        FileKind kind, long device, long inode, long sizeInBytes, long mtimeSeconds, int mtimeNanos, int mode) {

    public static FileStatus absent(FileKind kind) {
        return new FileStatus(kind, 0, 0, 0, 0, 0, 0);
    }
}
