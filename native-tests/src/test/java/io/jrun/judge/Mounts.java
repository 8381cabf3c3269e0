package io.jrun.judge;

import java.nio.file.Path;
import java.util.function.Function;

/** Lets the kernel read image files. */
final class Mounts {

    private Mounts() {}

    /** Mounts the image file read-only, asks, unmounts. Root only. */
    static <T> T whileMounted(Path imageFile, Function<Path, T> question) {
        Path mountPoint = Workbench.newFolder("mounted", Account.ROOT);
        Command.of("mount", "-t", "squashfs", "-o", "loop,ro", imageFile.toString(), mountPoint.toString())
                .run()
                .orFail();
        try {
            return question.apply(mountPoint);
        } finally {
            Command.of("umount", mountPoint.toString()).run().orFail();
        }
    }
}
