package io.jrun.image.convert;

import io.jrun.error.CorruptDataException;
import io.jrun.error.Failure;
import io.jrun.error.TransferException;
import io.jrun.image.blob.ArchiveDecompression;
import io.jrun.image.blob.OutputLimit;
import io.jrun.image.layer.LayerStream;
import io.jrun.image.layer.MergeLimits;
import io.jrun.image.model.Descriptor;
import io.jrun.image.reference.Digest;
import io.jrun.image.source.ImageSource;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;

/** One layer of the image as the merge takes it: unpacked, and judged by its diffID at its end. */
final class Layer implements LayerStream {

    private final ImageSource source;
    private final MergeLimits limits;
    private final int index;
    private final int count;
    private final Descriptor descriptor;
    private final Digest diffId;
    private long bytesOfAll;

    Layer(ImageSource source, MergeLimits limits, int index, int count, Descriptor descriptor, Digest diffId) {
        this.source = source;
        this.limits = limits;
        this.index = index;
        this.count = count;
        this.descriptor = descriptor;
        this.diffId = diffId;
        this.bytesOfAll = descriptor.sizeInBytes();
    }

    /** @param bytes of all layers that are read, compressed: a library that pays for them is worth loading for each */
    void amid(long bytes) {
        bytesOfAll = bytes;
    }

    int index() {
        return index;
    }

    Digest diffId() {
        return diffId;
    }

    Descriptor descriptor() {
        return descriptor;
    }

    @Override
    public String name() {
        return "layer " + (index + 1) + " of " + count + " (" + descriptor.digest() + ")";
    }

    @Override
    public InputStream open() {
        return ReadAheadInputStream.start(
                name(), this::unpacked, Digest.hasher(diffId.algorithm()), this::verifyDiffId);
    }

    private InputStream unpacked() throws IOException {
        return ArchiveDecompression.open(source.openLayer(descriptor), bytesOfAll, outputLimit(limits), name());
    }

    static OutputLimit outputLimit(MergeLimits limits) {
        return new OutputLimit(limits.maxContentBytes(), "raise the limit with --max-size if the image is trusted");
    }

    /**
     * What is wrong with a layer that cannot be read: bytes that are not the manifest's explain any other fault, and
     * reading them to their end keeps them out of the cache.
     */
    CorruptDataException blame(CorruptDataException malformed) throws IOException {
        try (InputStream blob = source.openLayer(descriptor)) {
            blob.transferTo(OutputStream.nullOutputStream());
            return malformed;
        } catch (CorruptDataException altered) {
            if (altered != malformed) {
                altered.addSuppressed(malformed);
            }
            return altered;
        } catch (TransferException unfinished) {
            malformed.addSuppressed(unfinished);
            return malformed;
        }
    }

    private void verifyDiffId(Digest found) throws CorruptDataException {
        if (!found.equals(diffId)) {
            throw new CorruptDataException(
                    Failure.of("use " + name(), "its content does not match the image's config (DIGEST_INVALID)")
                            .comparing(diffId, found)
                            .hint("the image was built or pushed wrongly: have it pushed again"));
        }
    }
}
