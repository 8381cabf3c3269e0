package io.jrun.cli.start;

import io.jrun.error.Failure;
import io.jrun.error.UsageException;
import io.jrun.posix.ByteString;
import io.jrun.runtime.config.ConfigKey;
import io.jrun.runtime.config.ConfigurationReader;
import io.jrun.runtime.config.Setting;
import io.jrun.runtime.host.HostFiles;
import io.jrun.runtime.host.HostReader;
import io.jrun.runtime.host.KernelFiles;
import io.jrun.runtime.launch.ImageAccess;
import io.jrun.runtime.store.Container;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;

/** Image files through our own reader, references through the importer, containers as {@code jrun load} makes them. */
final class HostImages implements ImageAccess {

    private static final String MISSING = "missing";
    private static final String NEWER = "newer";

    private final StartArguments arguments;
    private final String when;

    HostImages(StartArguments arguments) throws UsageException {
        this.arguments = arguments;
        Optional<ByteString> given = arguments.last(StartOption.PULL);
        this.when = given.isPresent() ? given.get().toString() : MISSING;
        if (!when.equals(MISSING) && !when.equals(NEWER)) {
            throw new UsageException(
                    Failure.of("start a container", "\"" + when + "\" behind --pull is no time to import")
                            .hint("write --pull=" + NEWER + " or --pull=" + MISSING));
        }
    }

    @Override
    public OpenImage open(Path imageFile, long offset) throws IOException {
        return ImageTree.open(imageFile, offset);
    }

    @Override
    public boolean make(Container container, boolean there) throws IOException {
        Optional<ByteString> image = arguments.last(StartOption.IMAGE);
        if (there && arguments.has(StartOption.NEW)) {
            throw new UsageException(
                    Failure.of("create the container " + container.name(), "a container of that name exists (EEXIST)")
                            .hint("leave --new out to start it, or choose another name"));
        }
        if (!there && image.isPresent()) {
            ImportedImages.make(container, image.get().toString());
        }
        return there || image.isPresent();
    }

    @Override
    public void fetch(String reference, Path imageFile) throws IOException {
        Optional<String> shared = sharedDirectory();
        if (shared.isPresent()) {
            ImportedImages.link(reference, imageFile, shared.get());
        } else {
            ImportedImages.fetch(reference, imageFile);
        }
    }

    @Override
    public boolean asksEachTime() {
        return when.equals(NEWER);
    }

    @Override
    public void refresh(String reference, Path imageFile) throws IOException {
        Optional<String> shared = sharedDirectory();
        if (shared.isPresent()) {
            ImportedImages.relink(reference, imageFile, shared.get());
        } else {
            ImportedImages.refresh(reference, imageFile);
        }
    }

    private static Optional<String> sharedDirectory() throws IOException {
        HostFiles files = new KernelFiles();
        Optional<Setting> shared = ConfigurationReader.read(files, new HostReader(files).environment())
                .value(ConfigKey.SHARED_IMAGES);
        return shared.isPresent() && !shared.get().value().isEmpty()
                ? Optional.of(shared.get().value())
                : Optional.empty();
    }
}
