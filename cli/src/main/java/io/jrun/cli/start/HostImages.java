package io.jrun.cli.start;

import io.jrun.image.squashfs.SquashfsImage;
import io.jrun.runtime.host.HostFiles;
import io.jrun.runtime.launch.ImageAccess;
import java.io.IOException;
import java.nio.file.Path;

/** Image files through our own reader, references through the importer. */
final class HostImages implements ImageAccess {

    @Override
    public HostFiles tree(Path imageFile) throws IOException {
        return new ImageTree(SquashfsImage.open(imageFile));
    }

    @Override
    public void fetch(String reference, Path imageFile) throws IOException {
        ReferenceImages.fetch(reference, imageFile);
    }
}
