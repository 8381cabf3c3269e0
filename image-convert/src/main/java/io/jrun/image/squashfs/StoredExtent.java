package io.jrun.image.squashfs;

/**
 * Where an image keeps a file's bytes. Duplicate files share their blocks, and then these values.
 *
 * @param blocksAt where the blocks begin in the image file
 * @param blockBytes of all blocks as they are stored; 0 for a file without blocks
 * @param fragment number of the fragment block that holds its end, or -1
 * @param fragmentOffset in the plain fragment block
 * @param fragmentBytes the file's share of the stored fragment block, which is compressed as a whole: an estimate
 */
public record StoredExtent(long blocksAt, long blockBytes, long fragment, int fragmentOffset, long fragmentBytes) {

    public long bytes() {
        return blockBytes + fragmentBytes;
    }
}
