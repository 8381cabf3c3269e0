package io.jrun.image.layer;

import java.util.ArrayList;
import java.util.Optional;

/**
 * One layer as far as it is merged.
 *
 * @param number from the top, from 0
 * @param entries what it does to the tree, in the order of its tar
 * @param known where the layer is not read
 * @param log kept where the store can take contents over later
 */
record MergedLayer(
        LayerStream source,
        int number,
        ArrayList<LayerEntry> entries,
        Optional<KnownLayer> known,
        Optional<LayerLog> log) {

    MergedLayer(LayerStream source, int number, Optional<KnownLayer> known, Optional<LayerLog> log) {
        this(source, number, new ArrayList<>(), known, log);
    }

    String name() {
        return source.name();
    }
}
