package io.jrun.image.convert;

import io.jrun.image.source.ResolvedImage;

/** Hears how a conversion goes on, from the converting thread but for {@link #read}; must return quickly. */
public interface ConversionListener {

    /** Manifest and config are known and verified; the layers come next, the topmost first. */
    void resolved(ResolvedImage image);

    /**
     * A tree that has no layers begins to be read: a file or directory by its name.
     *
     * @param sizeInBytes that {@link #read} will add up to: of the file as it lies there, or of the contents; 0 while unknown
     */
    void reading(String name, long sizeInBytes);

    /** Contents that came in another order lie beside the output, and begin to be read again in the order of the tree. */
    default void ordering(long sizeInBytes) {}

    /** More bytes of what is read or ordered, from any thread. */
    default void read(long bytes) {}

    /** A layer begins to be converted. {@code index} counts from 0 at the bottom, as in the manifest. */
    void layerBegan(int index);

    /** A layer was neither fetched nor read: an earlier image file has all of it that is wanted. */
    default void layerReused(int index) {}

    /** All layers are merged; the tables of the image file are written next. */
    void layersMerged();
}
