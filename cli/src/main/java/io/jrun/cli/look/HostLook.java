package io.jrun.cli.look;

import io.jrun.cli.container.ContainerStores;
import io.jrun.error.Failure;
import io.jrun.error.NotFoundException;
import io.jrun.error.UsageException;
import io.jrun.image.convert.ImageFileRecord;
import io.jrun.json.JsonValue;
import io.jrun.runtime.store.Container;
import io.jrun.runtime.store.ContainerName;
import io.jrun.runtime.store.ContainerStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** Looks at what lies on this host. */
public final class HostLook implements LookOperations {

    private final ContainerStores stores;

    public HostLook(ContainerStores stores) {
        this.stores = stores;
    }

    @Override
    public JsonValue inspect(String fileOrName) throws IOException {
        Path file = Path.of(fileOrName);
        if (Files.isRegularFile(file)) {
            return ImageFileRecord.describe(file);
        }
        if (Files.isDirectory(file) && fileOrName.contains("/")) {
            throw new UsageException(Failure.of("inspect " + fileOrName, "it is a directory (EISDIR)")
                    .hint("name an image file or a container"));
        }
        ContainerStore store = stores.openForReading();
        Optional<Container> container = containerName(fileOrName).flatMap(store::find);
        if (container.isEmpty()) {
            throw new NotFoundException(
                    Failure.of("inspect " + fileOrName, "there is neither a file nor a container of that name (ENOENT)")
                            .hint("`jrun list` shows the containers"));
        }
        return store.record(container.get()).toJson();
    }

    /** Empty for a text that no container can be called; then it was meant as a file. */
    private static Optional<ContainerName> containerName(String text) {
        try {
            return Optional.of(ContainerName.of(text));
        } catch (UsageException noName) {
            return Optional.empty();
        }
    }
}
