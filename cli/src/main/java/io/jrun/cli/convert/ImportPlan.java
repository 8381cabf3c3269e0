package io.jrun.cli.convert;

import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * What an import would do.
 *
 * @param output the file it would write, or has been written already
 * @param manifestDigest empty for a root filesystem that is no image of layers
 * @param layers lowest first
 * @param download empty where nothing is fetched, because the source lies on this machine
 * @param estimatedOutputInBytes empty where only reading would tell
 * @param options all that determines the bytes, but for the manifest
 */
public record ImportPlan(
        String image,
        Optional<String> manifestDigest,
        String platform,
        List<LayerPlan> layers,
        Optional<Download> download,
        OptionalLong estimatedOutputInBytes,
        Path output,
        boolean outputExists,
        long outputFreeInBytes,
        Map<String, String> options) {

    /**
     * What is fetched.
     *
     * @param sizeInBytes exact
     * @param cache where it goes
     */
    public record Download(long sizeInBytes, Path cache, long cacheFreeInBytes) {}

    /**
     * @param cachedInBytes what need not be fetched
     * @param reused whether an earlier image file holds it
     */
    public record LayerPlan(String digest, String mediaType, long sizeInBytes, long cachedInBytes, boolean reused) {}

    public ImportPlan {
        layers = List.copyOf(layers);
        options = Collections.unmodifiableMap(new LinkedHashMap<>(options));
    }
}
