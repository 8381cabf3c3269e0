package io.jrun.cli.convert;

import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What an import would do.
 *
 * @param output the file it would write, or has been written already
 * @param layers lowest first
 * @param downloadInBytes exact
 * @param options all that determines the bytes, but for the manifest
 */
public record ImportPlan(
        String image,
        String manifestDigest,
        String platform,
        List<LayerPlan> layers,
        long downloadInBytes,
        long estimatedOutputInBytes,
        Path output,
        boolean outputExists,
        long outputFreeInBytes,
        Path cache,
        long cacheFreeInBytes,
        Map<String, String> options) {

    /** @param cachedInBytes what need not be fetched */
    public record LayerPlan(String digest, String mediaType, long sizeInBytes, long cachedInBytes) {}

    public ImportPlan {
        layers = List.copyOf(layers);
        options = Collections.unmodifiableMap(new LinkedHashMap<>(options));
    }
}
