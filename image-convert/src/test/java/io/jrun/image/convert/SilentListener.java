package io.jrun.image.convert;

import io.jrun.image.source.ResolvedImage;

/** For conversions whose progress nobody watches. */
enum SilentListener implements ConversionListener {
    INSTANCE;

    @Override
    public void resolved(ResolvedImage image) {}

    @Override
    public void reading(String name, long sizeInBytes) {}

    @Override
    public void layerBegan(int index) {}

    @Override
    public void layersMerged() {}
}
