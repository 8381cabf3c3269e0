package io.jrun.cli.convert;

import java.nio.file.Path;
import java.util.List;

/**
 * What an import made.
 *
 * @param notes what could not be kept, one sentence each
 */
public record ImportResult(Path imageFile, String manifestDigest, long sizeInBytes, List<String> notes) {
    public ImportResult {
        notes = List.copyOf(notes);
    }
}
