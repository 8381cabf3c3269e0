package io.jrun.image.layer;

/** What a name in the growing tree stands for. */
sealed interface LiveNode permits LiveDirectory, LayerEntry.Name {

    /** Whether this layer brought it, or something below it; numbered from the top. */
    boolean isTouchedBy(int layer);
}
