package io.jrun.image.convert;

import io.jrun.image.convert.RootfsInput.RestingRootfs;
import io.jrun.image.squashfs.ContentSpool;
import io.jrun.image.tree.ContentStore;
import io.jrun.image.tree.FileTree;
import java.io.Closeable;
import java.io.IOException;
import java.util.Optional;

/** What the kinds of output share: the input that has begun, and how its tree becomes the result's. */
final class Conversion {

    private final RootfsInput input;
    private final ConversionRequest request;
    private final ConversionListener listener;
    private final Beginning beginning;

    Conversion(RootfsInput input, ConversionRequest request, ConversionListener listener) throws IOException {
        this.input = input;
        this.request = request;
        this.listener = listener;
        this.beginning = input.begin(request.platform(), request.limits(), listener);
    }

    ConversionRequest request() {
        return request;
    }

    long createdSeconds() {
        return beginning.createdSeconds();
    }

    static int threads() {
        return Runtime.getRuntime().availableProcessors();
    }

    Rootfs readInto(ContentStore contents) throws IOException {
        Rootfs rootfs = input.readInto(contents);
        listener.layersMerged();
        return rootfs;
    }

    /** The tree as the result has it: with {@code /.jrun}, and with enroot's files where they were asked for. */
    FileTree complete(Rootfs rootfs, ContentStore contents) throws IOException {
        Rootfs completed = request.compatibility() == ConversionRequest.Compatibility.ENROOT
                ? new EnrootFiles(rootfs.provenance().parsedConfig(), createdSeconds()).addTo(rootfs, contents)
                : rootfs;
        return new ImageRecord(completed.provenance(), completed.losses(), request, createdSeconds())
                .addTo(completed.tree(), contents);
    }

    /** A tree whose contents can be read in any order, until it is closed. */
    record Resting(RestingRootfs rootfs, Closeable resources) implements Closeable {
        @Override
        public void close() throws IOException {
            resources.close();
        }
    }

    /**
     * The input's own contents where they are at rest already. Those that come in one pass are kept in a file beside the
     * output, which closing deletes, because their order is not that of the tree.
     */
    Resting atRest() throws IOException {
        Optional<RestingRootfs> resting = input.atRest();
        return resting.isPresent() ? new Resting(resting.get(), () -> {}) : spooled();
    }

    private Resting spooled() throws IOException {
        OutputFile scratch = OutputFile.reserve(request.output());
        try {
            ContentSpool spool = new ContentSpool(scratch.temporary(), threads());
            try {
                Rootfs rootfs = readInto(spool);
                spool.finish();
                listener.ordering(Volume.of(rootfs.tree(), spool).contentBytes());
                return new Resting(new RestingRootfs(rootfs, new ToldContents(spool, listener)), () -> {
                    try (scratch) {
                        spool.close();
                    }
                });
            } catch (IOException | RuntimeException e) {
                spool.close();
                throw e;
            }
        } catch (IOException | RuntimeException e) {
            scratch.close();
            throw e;
        }
    }
}
