package io.jrun.image.tree;

import java.io.IOException;
import java.nio.file.Path;

/**
 * A file whose contents were to be taken over is not what it was, or can no longer be read. What was being made is of no
 * use; making it without that file is. No user sees this.
 */
public final class EarlierFileChangedException extends IOException {

    private static final long serialVersionUID = 1L;

    public EarlierFileChangedException(Path file, String why) {
        super(file + ": " + why);
    }

    public EarlierFileChangedException(Path file, IOException cause) {
        super(file + ": " + cause.getMessage(), cause);
    }
}
