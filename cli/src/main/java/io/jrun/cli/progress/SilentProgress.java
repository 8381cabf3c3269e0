package io.jrun.cli.progress;

import java.util.List;

/** Says nothing. */
public final class SilentProgress implements ImportListener {

    @Override
    public void phaseBegan(String doing) {}

    @Override
    public void layersKnown(List<LayerSize> layers) {}

    @Override
    public void layerCached(int layer) {}

    @Override
    public void layerResumed(int layer, long sizeInBytes) {}

    @Override
    public void bytesReceived(int layer, long sizeInBytes) {}

    @Override
    public void layerDone(int layer) {}

    @Override
    public void ended() {}
}
