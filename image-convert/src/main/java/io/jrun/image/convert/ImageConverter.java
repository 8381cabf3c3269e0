package io.jrun.image.convert;

import io.jrun.image.convert.OutputFormat.OciLayout;
import io.jrun.posix.JnrPosix;
import io.jrun.posix.Posix;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Turns one root filesystem into one result. Layers become an image file or a directory in a single streaming pass, from
 * the top layer down, with no file on disk but the source's own cache and the result; a tar and an OCI layout want the
 * order of the tree, so contents that come in another order wait in one file beside the output.
 */
public final class ImageConverter {

    private final RootfsInput input;
    private final ConversionRequest request;
    private final ConversionListener listener;
    private final boolean refusing;
    private volatile Optional<OutputFile> unfinished = Optional.empty();

    /** @param input open; the caller closes it */
    public ImageConverter(RootfsInput input, ConversionRequest request, ConversionListener listener) {
        this(input, request, listener, false);
    }

    private ImageConverter(
            RootfsInput input, ConversionRequest request, ConversionListener listener, boolean refusing) {
        this.input = input;
        this.request = request;
        this.listener = listener;
        this.refusing = refusing;
    }

    /** One that refuses what surely does not fit, before anything is written; of some inputs nothing is known by then. */
    public ImageConverter refusingWhatCannotFit() {
        return new ImageConverter(input, request, listener, true);
    }

    private Conversion begin(OutputFormat format, Path result) throws IOException {
        Conversion conversion = new Conversion(input, request, listener);
        Optional<Volume> volume = input.volume();
        if (refusing && volume.isPresent()) {
            Path absolute = result.toAbsolutePath();
            Path directory = Optional.ofNullable(absolute.getParent()).orElse(absolute);
            Preflight.check(volume.get(), format, input.passesOnce(), directory);
        }
        return conversion;
    }

    /** Called once. When it throws, nothing lies under the output's name that was not there before. */
    public ConversionResult convert() throws IOException {
        OutputFormat format = request.format();
        if (format instanceof OutputFormat.Directory || format instanceof OciLayout) {
            return convertToDirectory(format);
        }
        try (OutputFile output = OutputFile.open(request.output(), request.existing())) {
            unfinished = Optional.of(output);
            Conversion conversion = begin(format, request.output());
            return format instanceof OutputFormat.Tar tar
                    ? new TarTarget(tar).write(conversion, output)
                    : new SquashfsTarget((OutputFormat.Squashfs) format).write(conversion, output);
        }
    }

    private ConversionResult convertToDirectory(OutputFormat format) throws IOException {
        Posix posix = JnrPosix.load();
        String mark = format instanceof OciLayout ? OciTarget.MARK : OwnFolder.NAME + "/" + Provenance.DESCRIPTION_FILE;
        try (OutputDirectory output = OutputDirectory.open(posix, request.output(), request.existing(), mark)) {
            Conversion conversion = begin(format, request.output());
            ConversionResult result = format instanceof OciLayout oci
                    ? new OciTarget(oci).write(conversion, output.tree())
                    : new DirectoryTarget(posix).write(conversion, output.tree());
            output.publish();
            return result;
        }
    }

    /**
     * Makes the root filesystem as a directory at {@code tree}, which must not exist: for a caller who gives it its place
     * himself and removes what a failure leaves. The request's output is not written.
     */
    public ConversionResult extractTo(Path tree) throws IOException {
        return new DirectoryTarget(JnrPosix.load()).write(begin(new OutputFormat.Directory(), tree), tree);
    }

    /**
     * Deletes the unfinished output file, from another thread: for a process that is about to die. An unfinished directory
     * stays; the next conversion beside it removes it.
     */
    public void abandon() {
        if (unfinished.isPresent()) {
            unfinished.get().delete();
        }
    }
}
