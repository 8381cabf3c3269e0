package io.jrun.posix;

import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;

/** Modes with which what is nobody else's business is made, so that it is never open to others, not for a moment. */
public final class OwnerOnly {

    public static final FileAttribute<Set<PosixFilePermission>> FILE = mode("rw-------");

    /** For {@code Files.createDirectories} also the mode of directories that are missing above. */
    public static final FileAttribute<Set<PosixFilePermission>> DIRECTORY = mode("rwx------");

    private OwnerOnly() {}

    private static FileAttribute<Set<PosixFilePermission>> mode(String letters) {
        return PosixFilePermissions.asFileAttribute(Set.copyOf(PosixFilePermissions.fromString(letters)));
    }
}
