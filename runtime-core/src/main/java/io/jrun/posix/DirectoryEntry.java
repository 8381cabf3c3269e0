package io.jrun.posix;

/** One name in a directory, never "." or "..". Source: getdents(2). */
public record DirectoryEntry(ByteString name, Kind kind) {

    /** What the file system says of the inode without opening it. */
    public enum Kind {
        DIRECTORY,
        OTHER,
        /** The file system does not tell. */
        UNKNOWN
    }
}
