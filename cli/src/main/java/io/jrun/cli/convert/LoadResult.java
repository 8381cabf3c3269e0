package io.jrun.cli.convert;

import java.util.List;
import java.util.Optional;

/**
 * What a load made.
 *
 * @param notes what could not be kept, one sentence each
 */
public record LoadResult(String container, Optional<String> manifestDigest, List<String> notes) {
    public LoadResult {
        notes = List.copyOf(notes);
    }
}
