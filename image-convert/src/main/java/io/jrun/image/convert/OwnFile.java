package io.jrun.image.convert;

import io.jrun.posix.OwnerOnly;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.EnumSet;
import java.util.Map;
import java.util.Optional;

/** Files that nobody but this user can have written. */
final class OwnFile {

    private static final int OTHERS_MAY_WRITE = 022;

    /** Of the user ID that files of this process get. */
    private static final Path THIS_PROCESS = Path.of("/proc/self");

    private OwnFile() {}

    /** Whether the file belongs to this user, or root, and no one else may write it. */
    static boolean isOwn(Path file) throws IOException {
        Map<String, Object> facts =
                Files.readAttributes(file, "unix:uid,mode,isRegularFile", LinkOption.NOFOLLOW_LINKS);
        int owner = (Integer) facts.get("uid");
        return Boolean.TRUE.equals(facts.get("isRegularFile"))
                && ((Integer) facts.get("mode") & OTHERS_MAY_WRITE) == 0
                && (owner == 0 || Integer.valueOf(owner).equals(Files.getAttribute(THIS_PROCESS, "unix:uid")));
    }

    /** A new file that only this user may read and write. */
    static OutputStream create(Path file) throws IOException {
        return Channels.newOutputStream(Files.newByteChannel(
                file, EnumSet.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE), OwnerOnly.FILE));
    }

    /** The directory and those above it, where they are missing; only this user may enter it. */
    static void makeDirectory(Path directory) throws IOException {
        if (Files.isDirectory(directory)) {
            return;
        }
        Optional<Path> parent = Optional.ofNullable(directory.getParent());
        if (parent.isPresent()) {
            Files.createDirectories(parent.get());
        }
        try {
            Files.createDirectory(directory, OwnerOnly.DIRECTORY);
        } catch (FileAlreadyExistsException meanwhile) {
            return;
        }
    }
}
