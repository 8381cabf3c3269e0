package io.jrun.image.tree;

/** A part of a content that is stored; what lies between two of them reads as zeros. */
public record DataExtent(long offset, long length) {

    public DataExtent {
        if (offset < 0 || length < 0) {
            throw new IllegalArgumentException("no extent: " + length + " bytes at " + offset);
        }
    }
}
