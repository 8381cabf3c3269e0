package io.jrun.image.convert;

import io.jrun.error.CorruptDataException;
import io.jrun.error.Failure;
import io.jrun.error.TransferException;
import io.jrun.image.blob.Decompression;
import io.jrun.image.blob.OutputLimit;
import io.jrun.image.layer.LayerMerger;
import io.jrun.image.layer.LayerStream;
import io.jrun.image.layer.MergeReport;
import io.jrun.image.layer.Notice;
import io.jrun.image.model.Descriptor;
import io.jrun.image.reference.Digest;
import io.jrun.image.source.ImageSource;
import io.jrun.image.source.ResolvedImage;
import io.jrun.image.squashfs.SquashfsOptions;
import io.jrun.image.squashfs.SquashfsWriter;
import io.jrun.image.tree.FileTree;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Turns one image into one image file in a single streaming pass, from the top layer down, with no file on disk but the
 * source's own cache and the result.
 */
public final class ImageConverter {

    private final ImageSource source;
    private final ConversionRequest request;
    private final ConversionListener listener;
    private volatile Optional<OutputFile> unfinished = Optional.empty();

    /** @param source open; the caller closes it */
    public ImageConverter(ImageSource source, ConversionRequest request, ConversionListener listener) {
        this.source = source;
        this.request = request;
        this.listener = listener;
    }

    /** Called once. When it throws, nothing lies under the output's name that was not there before. */
    public ConversionResult convert() throws IOException {
        try (OutputFile output = OutputFile.open(request.output(), request.existing())) {
            unfinished = Optional.of(output);
            ResolvedImage image = source.resolve(request.platform());
            listener.resolved(image);
            SquashfsOptions options = optionsFor(image);
            try (SquashfsWriter writer = new SquashfsWriter(output.temporary(), options)) {
                LayerMerger merger = new LayerMerger(writer, request.limits());
                mergeLayers(image, merger);
                FileTree tree = merger.finish();
                MergeReport report = merger.report();
                listener.layersMerged();
                List<String> losses = losses(report);
                writer.finish(new ImageRecord(image, options, losses, request.jrunVersion()).addTo(tree, writer));
                long sizeInBytes = Files.size(output.temporary());
                output.publish();
                return new ConversionResult(
                        request.output(),
                        sizeInBytes,
                        image,
                        report,
                        withDroppedXattrs(losses, writer.droppedXattrs()));
            }
        }
    }

    /** Deletes the unfinished output, from another thread: for a process that is about to die. */
    public void abandon() {
        if (unfinished.isPresent()) {
            unfinished.get().delete();
        }
    }

    private SquashfsOptions optionsFor(ResolvedImage image) {
        long created = image.config().created().map(Instant::getEpochSecond).orElse(0L);
        return new SquashfsOptions(
                request.compression(),
                request.level(),
                request.blockSizeInBytes(),
                Math.min(Math.max(created, 0), 0xffff_ffffL),
                Runtime.getRuntime().availableProcessors(),
                request.ownership());
    }

    private void mergeLayers(ResolvedImage image, LayerMerger merger) throws IOException {
        List<Layer> topDown = new ArrayList<>();
        List<Descriptor> descriptors = image.manifest().layers();
        for (int i = 0; i < descriptors.size(); i++) {
            topDown.add(new Layer(
                    i,
                    descriptors.size(),
                    descriptors.get(i),
                    image.config().diffIds().get(i)));
        }
        Collections.reverse(topDown);
        source.prefetch(topDown.stream().map(layer -> layer.descriptor).toList());
        for (Layer layer : topDown) {
            listener.layerBegan(layer.index);
            try {
                merger.merge(layer);
            } catch (CorruptDataException malformed) {
                throw layer.blame(malformed);
            }
        }
    }

    private static List<String> losses(MergeReport report) {
        List<String> sentences = new ArrayList<>();
        for (Map.Entry<Notice, Long> notice : report.notices().entrySet()) {
            sentences.add(notice.getValue() + " " + notice.getKey().text());
        }
        return sentences;
    }

    private static List<String> withDroppedXattrs(List<String> losses, long dropped) {
        if (dropped == 0) {
            return losses;
        }
        List<String> all = new ArrayList<>(losses);
        all.add(dropped + " extended attributes outside of user, trusted and security were left out");
        return all;
    }

    /** One layer of the image as the merge takes it: unpacked, and judged by its diffID at its end. */
    private final class Layer implements LayerStream {

        private final int index;
        private final int count;
        private final Descriptor descriptor;
        private final Digest diffId;

        Layer(int index, int count, Descriptor descriptor, Digest diffId) {
            this.index = index;
            this.count = count;
            this.descriptor = descriptor;
            this.diffId = diffId;
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
            OutputLimit limit = new OutputLimit(
                    request.limits().maxContentBytes(), "raise the limit with --max-size if the image is trusted");
            return Decompression.open(source.openLayer(descriptor), descriptor.sizeInBytes(), limit, name());
        }

        /**
         * What is wrong with a layer that cannot be read: bytes that are not the manifest's explain any other fault, and
         * reading them to their end keeps them out of the cache.
         */
        private CorruptDataException blame(CorruptDataException malformed) throws IOException {
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
}
