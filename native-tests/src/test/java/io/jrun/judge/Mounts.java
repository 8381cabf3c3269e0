package io.jrun.judge;

import java.nio.file.Path;
import java.util.function.Function;

/** Lets the kernel read image files. */
final class Mounts {

    private Mounts() {}

    /** Mounts the image file read-only, asks, unmounts. Root only. */
    static <T> T whileMounted(Path imageFile, Function<Path, T> question) {
        Path mountPoint = Workbench.newFolder("mounted", Account.ROOT);
        return whileMounted(
                Command.of("mount", "-t", "squashfs", "-o", "loop,ro", imageFile.toString(), mountPoint.toString()),
                mountPoint,
                question);
    }

    /** The same by squashfuse. */
    static <T> T whileMountedByFuse(Path imageFile, Function<Path, T> question) {
        Path mountPoint = Workbench.newFolder("fuse", Account.ROOT);
        return whileMounted(
                Command.of("squashfuse", imageFile.toString(), mountPoint.toString()), mountPoint, question);
    }

    private static <T> T whileMounted(Command mount, Path mountPoint, Function<Path, T> question) {
        mount.run().orFail();
        try {
            return question.apply(mountPoint);
        } finally {
            Command.of("umount", mountPoint.toString()).run().orFail();
        }
    }
}
