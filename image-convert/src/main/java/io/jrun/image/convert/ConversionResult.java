package io.jrun.image.convert;

import io.jrun.image.layer.MergeReport;
import io.jrun.image.source.ResolvedImage;
import java.nio.file.Path;
import java.util.List;

/**
 * What a conversion made.
 *
 * @param losses what could not be kept, one sentence with its count each
 */
public record ConversionResult(
        Path imageFile, long sizeInBytes, ResolvedImage image, MergeReport report, List<String> losses) {
    public ConversionResult {
        losses = List.copyOf(losses);
    }
}
