package io.jrun.image.layer;

import io.jrun.error.CorruptDataException;
import io.jrun.error.Failure;

/** What a merge has taken of its {@link MergeLimits}. */
final class Budget {

    private final MergeLimits limits;
    private long entries;
    private long names;
    private long contentBytes;
    private long textBytes;

    Budget(MergeLimits limits) {
        this.limits = limits;
    }

    MergeLimits limits() {
        return limits;
    }

    long entries() {
        return entries;
    }

    void takeEntry(String layerName) throws CorruptDataException {
        if (++entries > limits.maxEntries()) {
            throw tooManyEntries(layerName);
        }
    }

    /** One name or directory more in memory, without an entry of its own. */
    void takeName(String layerName) throws CorruptDataException {
        if (++names > limits.maxEntries()) {
            throw tooManyEntries(layerName);
        }
    }

    private CorruptDataException tooManyEntries(String layerName) {
        return new CorruptDataException(
                Failure.of("merge " + layerName, "the layers have more than " + limits.maxEntries() + " entries")
                        .hint("if the image is trusted, raise the limit with `--max-entries "
                                + doubled(limits.maxEntries()) + "`"));
    }

    void takeContent(String layerName, long sizeInBytes) throws CorruptDataException {
        if (sizeInBytes > limits.maxContentBytes() - contentBytes) {
            throw new CorruptDataException(Failure.of(
                            "merge " + layerName,
                            "the files of the layers have more than " + limits.maxContentBytes() + " bytes")
                    .hint("if the image is trusted, raise the limit with `--max-size "
                            + doubled(limits.maxContentBytes()) + "`"));
        }
        contentBytes += sizeInBytes;
    }

    /** Names, link targets and attributes, which stay in memory. */
    void takeText(String layerName, long bytes) throws CorruptDataException {
        textBytes += bytes;
        if (textBytes > limits.maxTextBytes()) {
            throw new CorruptDataException(Failure.of(
                            "merge " + layerName,
                            "names, link targets and attributes have more than " + limits.maxTextBytes() + " bytes")
                    .hint("if the image is trusted, raise the limit with `--max-entries " + doubled(limits.maxEntries())
                            + "`"));
        }
    }

    private static long doubled(long limit) {
        return limit > Long.MAX_VALUE / 2 ? Long.MAX_VALUE : limit * 2;
    }
}
