package io.jrun.image.convert;

import io.jrun.image.source.ResolvedImage;

/** Hears how a conversion goes on, from the converting thread; must return quickly. */
public interface ConversionListener {

    /** Manifest and config are known and verified; the layers come next, the topmost first. */
    void resolved(ResolvedImage image);

    /** A tree that has no layers begins to be read: a file or directory by its name. */
    void reading(String name);

    /** A layer begins to be converted. {@code index} counts from 0 at the bottom, as in the manifest. */
    void layerBegan(int index);

    /** All layers are merged; the tables of the image file are written next. */
    void layersMerged();
}
