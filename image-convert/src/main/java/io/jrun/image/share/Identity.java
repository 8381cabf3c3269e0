package io.jrun.image.share;

import io.jrun.image.blob.Owner;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Who takes part: a process, and what its node is called in messages.
 *
 * @param host for people; nothing is decided by it
 */
public record Identity(Owner owner, String host) {

    /** Source: proc_sys_kernel(5), {@code /proc/sys/kernel/hostname}. */
    public static Identity ofThisProcess() {
        return new Identity(Owner.thisProcess(), hostName());
    }

    private static String hostName() {
        try {
            return Files.readString(Path.of("/proc/sys/kernel/hostname"), StandardCharsets.ISO_8859_1)
                    .strip();
        } catch (IOException noProc) {
            return "this host";
        }
    }
}
