package io.jrun.cli.convert;

import io.jrun.image.convert.DirectoryInput;
import io.jrun.image.convert.ImageFileRecord;
import io.jrun.image.convert.RecordedAttributes;
import io.jrun.image.convert.TreeEdits;
import io.jrun.image.squashfs.SquashfsImage;
import io.jrun.image.tree.FileTree;
import io.jrun.runtime.store.ContainerRecord;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * A container's tree as its image had it, but for what was changed in it: without the mount points that were made for it,
 * and with the attributes that it could not hold, from its own record or from the image file that it was made from.
 */
record ContainerRevision(ContainerRecord record) implements DirectoryInput.Revision {

    @Override
    public FileTree revise(FileTree tree, List<String> notes) throws IOException {
        FileTree own = TreeEdits.withoutUntouched(tree, record.addedMountPoints());
        if (RecordedAttributes.hasOwnRecord(own)) {
            return RecordedAttributes.restoreFromOwnRecord(own, notes);
        }
        Path imageFile = Path.of(record.image().path());
        if (Files.isRegularFile(imageFile)
                && Files.size(imageFile) == record.image().sizeInBytes()) {
            try (SquashfsImage image = SquashfsImage.open(imageFile)) {
                Optional<String> digest = ImageFileRecord.read(image).flatMap(ImageFileRecord::manifestDigest);
                if (digest.equals(record.image().digest())) {
                    return RecordedAttributes.restore(own, image.readTree(), notes);
                }
            }
        }
        if (!record.dropped().isEmpty()) {
            notes.add("the image file " + imageFile
                    + " is not there as it was: owners and attributes are those of the container's files");
        }
        return own;
    }
}
