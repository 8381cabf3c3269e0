package io.jrun.image.source;

import io.jrun.image.model.Descriptor;
import io.jrun.image.model.ImageConfig;
import io.jrun.image.model.ImageManifest;
import io.jrun.image.model.RawDocument;

/**
 * An image for one platform.
 *
 * @param manifestDescriptor with the digest of {@code manifestJson} as it came
 * @param manifestJson byte for byte
 * @param configJson byte for byte
 */
public record ResolvedImage(
        Descriptor manifestDescriptor,
        RawDocument manifestJson,
        ImageManifest manifest,
        RawDocument configJson,
        ImageConfig config) {}
