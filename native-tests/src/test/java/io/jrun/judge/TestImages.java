package io.jrun.judge;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Layers of images that the tests make themselves. */
final class TestImages {

    private static final List<String> APPLETS = List.of(
            "sh",
            "cat",
            "echo",
            "env",
            "id",
            "ls",
            "pwd",
            "sleep",
            "touch",
            "chown",
            "stat",
            "true",
            "false",
            "tty",
            "grep",
            "mkdir",
            "kill",
            "readlink",
            "head",
            "wc",
            "test",
            "rm");

    private TestImages() {}

    /** A bootable minimum: static busybox, the probe, an account file, and a folder that only its owner may write. */
    static LayerTar busybox() {
        LayerTar layer = new LayerTar()
                .directory("bin/", 0755)
                .file("bin/busybox", read(Path.of("/bin/busybox")), 0755)
                .file("bin/probe", read(Workbench.tool("probe")), 0755);
        APPLETS.forEach(applet -> layer.symlink("bin/" + applet, "busybox"));
        return layer.directory("etc/", 0755)
                .file("etc/passwd", "root:x:0:0:root:/root:/bin/sh\n")
                .file("etc/group", "root:x:0:\n")
                .file("etc/not-executable", "text")
                .directory("srv/", 0755)
                .file("srv/greeting", "hello\n")
                .directory("tmp/", 01777);
    }

    private static byte[] read(Path file) {
        try {
            return Files.readAllBytes(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
