package io.jrun.cli.registry;

import io.jrun.cli.progress.ImportListener;
import io.jrun.cli.progress.Phase;
import io.jrun.image.convert.ConversionListener;
import io.jrun.image.source.ResolvedImage;

/** Tells the display how far an image file is packed as an image that can be pushed. */
record PackingProgress(ImportListener listener) implements ConversionListener {

    @Override
    public void resolved(ResolvedImage image) {
        // Of images in layers, which this is not.
    }

    @Override
    public void reading(String name, long sizeInBytes) {
        listener.readingBegan(Phase.CONVERT, "converting " + name, sizeInBytes);
    }

    @Override
    public void ordering(long sizeInBytes) {
        listener.readingBegan(Phase.CONVERT, "putting its files in order", sizeInBytes);
    }

    @Override
    public void read(long bytes) {
        listener.bytesRead(bytes);
    }

    @Override
    public void layerBegan(int index) {
        // As resolved().
    }

    @Override
    public void layersMerged() {
        listener.phaseBegan(Phase.FINISH, "completing the result");
    }
}
