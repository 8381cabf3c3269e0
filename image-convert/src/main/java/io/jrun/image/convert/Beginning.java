package io.jrun.image.convert;

import io.jrun.image.source.ResolvedImage;
import java.time.Instant;
import java.util.Optional;

/**
 * What an input tells before its contents.
 *
 * @param image where it comes from one
 * @param created the time that the result is stamped with, because output must not depend on the clock; the epoch where
 *     the input has none
 */
public record Beginning(Optional<ResolvedImage> image, Instant created) {

    static Beginning of(ResolvedImage image) {
        return new Beginning(Optional.of(image), image.config().created().orElse(Instant.EPOCH));
    }

    static Beginning at(Instant created) {
        return new Beginning(Optional.empty(), created);
    }

    /** As squashfs holds it. */
    long createdSeconds() {
        return Math.min(Math.max(created.getEpochSecond(), 0), 0xffff_ffffL);
    }
}
