package io.jrun.judge;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** What this machine can do. Answers are found out once, by trying. */
final class Host {

    private static final boolean ROOT = Command.of("id", "-u").run().text().equals("0");

    private static final class Tried {
        static final boolean USERNS =
                Command.of("unshare", "-Ur", "true").as(Account.USER).run().status() == 0;
        static final boolean LOOP = ROOT
                && missingTool("mksquashfs").isEmpty()
                && Command.of(
                                        "sh",
                                        "-c",
                                        "d=$(mktemp -d) && mkdir $d/a $d/b && mksquashfs $d/a $d/f -quiet -no-progress"
                                                + " && mount -t squashfs -o loop,ro $d/f $d/b && umount $d/b; s=$?;"
                                                + " rm -rf $d; exit $s")
                                .run()
                                .status()
                        == 0;
    }

    private Host() {}

    private static final class Fuse {
        static final boolean OPENS = open();

        /** Containers often lack the device, or have it for root alone. */
        private static boolean open() {
            if (ROOT && !Files.exists(Path.of("/dev/fuse"))) {
                Command.of("mknod", "/dev/fuse", "c", "10", "229").run();
            }
            if (ROOT) {
                Command.of("chmod", "666", "/dev/fuse").run();
            }
            return Command.of("sh", "-c", ": <>/dev/fuse")
                            .as(Account.USER)
                            .run()
                            .status()
                    == 0;
        }
    }

    static boolean fuseOpens() {
        return Fuse.OPENS;
    }

    static boolean isRoot() {
        return ROOT;
    }

    static boolean userNamespacesWork() {
        return Tried.USERNS;
    }

    static boolean loopMountsWork() {
        return Tried.LOOP;
    }

    /** Tells which of the tools is not installed, if any. Administration directories are searched too. */
    static Optional<String> missingTool(String... tools) {
        return Arrays.stream(tools)
                .filter(tool -> SEARCHED.stream().noneMatch(folder -> Files.isExecutable(folder.resolve(tool))))
                .findFirst()
                .map(tool -> tool + " is not installed");
    }

    private static final List<Path> SEARCHED = Arrays.stream((System.getenv("PATH") + ":/usr/sbin:/sbin").split(":"))
            .filter(folder -> !folder.isEmpty())
            .map(Path::of)
            .toList();

    /** Lines of a file below {@code /proc}. */
    static List<String> lines(String file) {
        try {
            return Files.readAllLines(Path.of(file));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
