package io.jrun.runtime.plan;

import io.jrun.error.JrunException;
import io.jrun.posix.ByteString;
import io.jrun.runtime.host.FileKind;
import io.jrun.runtime.host.HostFiles;
import io.jrun.runtime.host.RootfsResolver;
import io.jrun.runtime.host.RootfsResolver.Resolved;
import io.jrun.runtime.spec.ImageSettings;
import java.util.Optional;

/** What the image says, in our own file or in those of the tools that have none, and other small files of it. */
final class ImageFacts {

    private static final int MAX_FILE_BYTES = 16 << 20;

    private final ByteString rootfs;
    private final HostFiles files;
    private final PlanInputs inputs;
    private ImageSettings settings = ImageSettings.none();
    private String variablesOrigin = "image config";
    private String commandOrigin = "image config";

    ImageFacts(ByteString rootfs, HostFiles files, PlanInputs inputs) {
        this.rootfs = rootfs;
        this.files = files;
        this.inputs = inputs;
    }

    /** @param own what our own file says, which counts where it is there */
    void read(ImageSettings own) throws JrunException {
        settings = own;
        ByteString config = rootfs.plus(ByteString.of(ImageSettings.PATH_IN_ROOTFS));
        if (files.stat(config).kind() == FileKind.MISSING) {
            readForeign();
        }
    }

    private void readForeign() throws JrunException {
        Optional<byte[]> variables = file(ForeignImage.CHARLIECLOUD);
        variablesOrigin = "image's " + ForeignImage.CHARLIECLOUD;
        if (variables.isEmpty()) {
            variables = file(ForeignImage.ENROOT);
            variablesOrigin = "image's " + ForeignImage.ENROOT;
        }
        boolean script = file(ForeignImage.SCRIPT).isPresent();
        if (variables.isPresent() || script) {
            settings = ForeignImage.settings(variables.isPresent() ? variables.get() : new byte[0], script);
            commandOrigin = "image's " + ForeignImage.SCRIPT;
        }
    }

    ImageSettings settings() {
        return settings;
    }

    String variablesOrigin() {
        return variablesOrigin;
    }

    String commandOrigin() {
        return commandOrigin;
    }

    /** A file of the image, from wherever its links lead within the root file system; an input of the plan. */
    Optional<byte[]> file(String path) throws JrunException {
        MountView view = new MountView(rootfs, files);
        Resolved found = RootfsResolver.resolve(view, ByteString.of(path));
        ByteString place = rootfs.plus(found.path());
        inputs.addFile(place);
        return found.kind() == FileKind.REGULAR ? files.read(place, MAX_FILE_BYTES) : Optional.empty();
    }
}
