package io.jrun.image.convert;

import io.jrun.error.CorruptDataException;
import io.jrun.image.layer.MergeReport;
import io.jrun.image.reference.Platform;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a conversion made.
 *
 * @param sizeInBytes of the file; of a directory, of the contents in it
 * @param report of the merge, where the input has layers
 * @param losses what could not be kept, and what else is worth telling, one sentence each
 * @param dropped those of them that only a privileged user could have kept in a directory, by kind
 */
public record ConversionResult(
        Path output,
        long sizeInBytes,
        Provenance provenance,
        Optional<MergeReport> report,
        List<String> losses,
        Map<String, Long> dropped) {
    public ConversionResult {
        losses = List.copyOf(losses);
        dropped = Collections.unmodifiableMap(new LinkedHashMap<>(dropped));
    }

    /** As the config names it. */
    public Optional<String> platform() throws CorruptDataException {
        return provenance.parsedConfig().platform().map(Platform::toString);
    }
}
