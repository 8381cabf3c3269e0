package io.jrun.cli.progress;

import java.util.List;

/** What an import tells while it runs. Called by several threads at once; returns at once. */
public interface ImportListener {

    /** A part of the work begins, and the one before ends; {@code doing} is a phrase like "resolving debian:12". */
    void phaseBegan(Phase phase, String doing);

    default void phaseBegan(String doing) {
        phaseBegan(Phase.OTHER, doing);
    }

    /**
     * Work begins whose amount is bytes of one thing: a file, a tree, an archive that is read to its end.
     *
     * @param sizeInBytes that {@link #bytesRead} will about add up to; 0 while unknown
     */
    default void readingBegan(Phase phase, String doing, long sizeInBytes) {
        phaseBegan(phase, doing);
    }

    default void bytesRead(long sizeInBytes) {}

    /** What is to be transferred, lowest layer first. Called once, before the other methods name a layer. */
    default void layersKnown(List<LayerSize> layers) {}

    /** @param digest of the compressed blob, with its algorithm */
    record LayerSize(String digest, long sizeInBytes) {}

    /** The layer lies complete in the blob cache; nothing of it is transferred. */
    default void layerCached(int layer) {}

    /** Nothing of the layer is transferred or read: an earlier image file holds it. */
    default void layerReused(int layer) {}

    /** So much of the layer lies in the blob cache since an earlier run; only the rest is transferred. */
    default void layerResumed(int layer, long sizeInBytes) {}

    /** More bytes of a layer have come over the network. */
    default void bytesReceived(int layer, long sizeInBytes) {}

    default void layerDone(int layer) {}

    /** The conversion has read more bytes of a layer, as it was transferred; a second pass adds to them. */
    default void bytesConverted(int layer, long sizeInBytes) {}

    /** Another process does the work, and is so far; {@code doing} is its own phrase. Comes again and again. */
    default void followed(String doing, long doneInBytes, long totalInBytes) {}

    /** Something that the user should know, whatever the display: a sentence without a full stop. */
    default void note(String sentence) {}

    /** Takes everything off the screen that should not stay. Nothing is told behind it. */
    void ended();
}
