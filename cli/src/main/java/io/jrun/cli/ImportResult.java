package io.jrun.cli;

import java.nio.file.Path;
import java.util.List;

/**
 * What an import made.
 *
 * @param notes what could not be kept, one sentence each
 */
record ImportResult(Path imageFile, String manifestDigest, long sizeInBytes, List<String> notes) {
    ImportResult {
        notes = List.copyOf(notes);
    }
}
