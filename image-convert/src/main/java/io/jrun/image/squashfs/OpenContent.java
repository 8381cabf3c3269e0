package io.jrun.image.squashfs;

import io.jrun.image.tree.KnownContent;

/** A content of whole blocks in another image file that is open. */
record OpenContent(CheckedBlocks blocks, long sizeInBytes, StoredContent.Location location) implements KnownContent {}
