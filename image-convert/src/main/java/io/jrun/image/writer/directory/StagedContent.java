package io.jrun.image.writer.directory;

import io.jrun.image.tree.FileContent;
import java.util.Optional;

/** Content that lies under a number until the tree says where it belongs. */
final class StagedContent implements FileContent {

    private final long sizeInBytes;
    private final long number;
    private Optional<Place> place = Optional.empty();

    StagedContent(long sizeInBytes, long number) {
        this.sizeInBytes = sizeInBytes;
        this.number = number;
    }

    @Override
    public long sizeInBytes() {
        return sizeInBytes;
    }

    long number() {
        return number;
    }

    /** Where it has got its name. */
    Optional<Place> place() {
        return place;
    }

    void placeAt(Place found) {
        place = Optional.of(found);
    }
}
