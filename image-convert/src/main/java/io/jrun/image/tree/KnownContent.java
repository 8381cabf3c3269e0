package io.jrun.image.tree;

/** A content as a store kept it before, in another file; good for {@link ContentReuse#adopt} of the store that found it. */
public interface KnownContent {

    long sizeInBytes();
}
