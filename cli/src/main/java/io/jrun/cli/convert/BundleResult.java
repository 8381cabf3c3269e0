package io.jrun.cli.convert;

import java.nio.file.Path;
import java.util.List;

/**
 * @param digest that the bundle holds of itself
 * @param notes what could not be kept, one sentence each
 */
public record BundleResult(Path output, String digest, long sizeInBytes, List<String> notes) {
    public BundleResult {
        notes = List.copyOf(notes);
    }
}
