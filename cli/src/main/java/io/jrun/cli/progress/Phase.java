package io.jrun.cli.progress;

import java.util.Locale;

/** The parts of an import, in their order; names are part of the interface to programs. */
public enum Phase {
    /** Manifest and config are asked for. */
    RESOLVE,
    /** Another process makes the file. */
    WAIT,
    /** Layers are fetched, merged and packed, all at once; or a tree is read and written. */
    CONVERT,
    /** The tables of the image file are written, and all of it is synced. */
    FINISH,
    /** Anything else that takes time. */
    OTHER;

    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }
}
