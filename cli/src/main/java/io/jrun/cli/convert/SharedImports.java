package io.jrun.cli.convert;

import io.jrun.cli.console.Termination;
import io.jrun.cli.progress.ImportListener;
import io.jrun.cli.progress.Phase;
import io.jrun.error.Failure;
import io.jrun.error.UsageException;
import io.jrun.image.convert.ConversionRequest;
import io.jrun.image.convert.OutputFormat;
import io.jrun.image.reference.Digest;
import io.jrun.image.reference.ImageReference;
import io.jrun.image.reference.SourceReference;
import io.jrun.image.share.Identity;
import io.jrun.image.share.ImageProducer;
import io.jrun.image.share.Pace;
import io.jrun.image.share.ProducerProgress;
import io.jrun.image.share.ShareListener;
import io.jrun.image.share.SharedImages;
import io.jrun.image.share.SharedKey;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** An import into a directory that many processes share. */
final class SharedImports {

    private final SharedImages images;
    private final SourceReference reference;
    private final ConversionRequest conversion;
    private final String extension;

    /**
     * @param conversion whose output does not matter
     * @throws UsageException when the result would be no single file
     */
    SharedImports(ImportManner manner, SourceReference reference, ConversionRequest conversion) throws UsageException {
        if (Formats.suffix(conversion.format()).isEmpty() || conversion.format() instanceof OutputFormat.OciLayout) {
            throw new UsageException(Failure.of(
                            "share " + reference + " as " + conversion.format().label(), "only single files are shared")
                    .hint("choose --format squashfs or tar"));
        }
        Pace pace = manner.takeoverAfter().map(Pace.USUAL::withSilence).orElse(Pace.USUAL);
        this.images = SharedImages.in(manner.sharedDirectory().orElseThrow(), Identity.ofThisProcess(), pace);
        this.reference = reference;
        this.conversion = conversion;
        this.extension = Formats.suffix(conversion.format()).substring(1);
    }

    /** All that determines the bytes of the file, but for the manifest. */
    static Map<String, String> facts(ConversionRequest conversion) {
        OutputFormat format = conversion.format();
        Map<String, String> facts = new LinkedHashMap<>();
        facts.put("format", format.label());
        facts.put("compression", format.compressionLabel());
        facts.putAll(settings(format));
        facts.put("ownership", conversion.ownership().name().toLowerCase(Locale.ROOT));
        facts.put("compatibility", conversion.compatibility().name().toLowerCase(Locale.ROOT));
        facts.put("jrun", conversion.jrunVersion());
        return facts;
    }

    private static Map<String, String> settings(OutputFormat format) {
        Map<String, String> settings = new LinkedHashMap<>();
        if (format instanceof OutputFormat.Squashfs squashfs) {
            settings.put("level", Integer.toString(squashfs.level()));
            settings.put("blockSize", Integer.toString(squashfs.blockSizeInBytes()));
            settings.put("codec", squashfs.compression().codec());
        } else if (format instanceof OutputFormat.Tar tar) {
            settings.put("level", Integer.toString(tar.level()));
        }
        return settings;
    }

    private SharedKey key(String name, String value) {
        Map<String, String> facts = facts(conversion);
        facts.put(name, value);
        return SharedKey.of(facts, extension);
    }

    private SharedKey keyOf(Digest manifest) {
        return key("manifest", manifest.toString());
    }

    private Optional<ImageReference> inRegistry() {
        return reference instanceof SourceReference.InRegistry registry
                ? Optional.of(registry.image())
                : Optional.empty();
    }

    /** As the user gave it. */
    Optional<Digest> digest() {
        return inRegistry().flatMap(ImageReference::digest);
    }

    /** A reference with a digest means one image for ever, so that no registry need be asked again. */
    private Optional<SharedKey> request() {
        return digest().map(digest -> key("request", digest + " " + conversion.platform()));
    }

    /** The file, if it can be known without asking the registry. */
    Optional<Path> recall() {
        return request().flatMap(images::recall);
    }

    /** Where the file would lie. */
    Path fileOf(Digest manifest, Path directory) {
        return directory.resolve(keyOf(manifest).hex() + "." + extension);
    }

    /** The file, made if need be by this process or another one. */
    Path obtain(Digest manifest, ImageProducer producer, ImportListener listener) throws IOException {
        Termination.beforeDying(images::abandon);
        Path file = images.obtain(keyOf(manifest), producer, new Talk(listener));
        images.name(nameForPeople(), file);
        request().ifPresent(request -> images.remember(request, file));
        return file;
    }

    /** Tells those who wait how far this process is. */
    ImportListener reports() {
        return new ProducerReports(images);
    }

    /** Registry, repository, tag and platform; with a piece of the key where the options are not the usual ones. */
    private String nameForPeople() {
        String registry = inRegistry()
                .map(image -> image.repository().registry().replace(':', '_') + "+")
                .orElse("");
        return registry + reference.defaultName() + "."
                + conversion.platform().toString().replace('/', '-') + "."
                + conversion.format().compressionLabel()
                + SharedKey.of(facts(conversion), extension).hex().substring(0, 6) + "." + extension;
    }

    private static final class Talk implements ShareListener {

        private final ImportListener listener;
        private String producer = "";

        Talk(ImportListener listener) {
            this.listener = listener;
        }

        @Override
        public void waiting(String host, long pid, ProducerProgress progress) {
            String now = "process " + pid + " on " + host;
            if (!now.equals(producer)) {
                producer = now;
                listener.phaseBegan(Phase.WAIT, "waiting for " + now + ", which imports the same image");
            }
            listener.followed(progress.doing(), progress.doneInBytes(), progress.totalInBytes());
        }

        @Override
        public void producing() {
            // The phases of the import itself follow.
        }

        @Override
        public void producerLost(String host, long pid, String why) {
            listener.note("taking over from process " + pid + " on " + host + ": " + why);
        }
    }
}
