package io.jrun.cli.convert;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * What an import or export made.
 *
 * @param output the file or directory
 * @param manifestDigest of the image it was, where that is known
 * @param notes what could not be kept, one sentence each
 */
public record ImportResult(Path output, Optional<String> manifestDigest, long sizeInBytes, List<String> notes) {
    public ImportResult {
        notes = List.copyOf(notes);
    }
}
