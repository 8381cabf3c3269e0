package io.jrun.image.source;

import io.jrun.image.model.Descriptor;

/** Hears of transfers, from several threads at once; must return quickly and not throw. */
public interface TransferListener {

    /** Tells nobody. */
    TransferListener SILENT = new TransferListener() {};

    /** A blob will be fetched, or need not be because all of it is there; comes once per blob. */
    default void planned(Descriptor blob, long bytesAlreadyThere) {}

    /** A former run has left so much of it, which is not transferred again; may come once, before the first bytes. */
    default void resumed(Descriptor blob, long bytesAlreadyThere) {}

    /** More bytes of it have come over the network; the numbers of a blob that has to be fetched again add up to more than its size. */
    default void received(Descriptor blob, long bytes) {}

    /**
     * An archive that passes once begins to be read to its end, before its image is known.
     *
     * @param sizeInBytes as it lies there; 0 when unknown
     */
    default void spooling(String name, long sizeInBytes) {}

    /** More bytes of that archive were read. */
    default void spooled(long bytes) {}

    /** Something that the user should know: a limit that is near, a mirror that fails. A sentence without a full stop. */
    default void noticed(String sentence) {}

    /** The blob is whole, verified and kept. */
    default void finished(Descriptor blob) {}
}
