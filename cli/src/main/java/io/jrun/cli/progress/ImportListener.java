package io.jrun.cli.progress;

import java.util.List;

/** What an import tells while it runs. Called by several threads at once; returns at once. */
public interface ImportListener {

    /** A part of the work begins; {@code doing} is a phrase like "resolving docker.io/library/debian:12". */
    void phaseBegan(String doing);

    /** What is to be transferred, lowest layer first. Called once, before the other methods name a layer. */
    void layersKnown(List<LayerSize> layers);

    /** @param digest of the compressed blob, with its algorithm */
    record LayerSize(String digest, long sizeInBytes) {}

    /** The layer lies complete in the blob cache; nothing of it is transferred. */
    void layerCached(int layer);

    /** So much of the layer lies in the blob cache since an earlier run; only the rest is transferred. */
    void layerResumed(int layer, long sizeInBytes);

    /** More bytes of a layer have come over the network. */
    void bytesReceived(int layer, long sizeInBytes);

    void layerDone(int layer);

    /** Takes everything off the screen that should not stay. Nothing is told behind it. */
    void ended();
}
