package io.jrun.image.tree;

/**
 * The bytes of one regular file, already handed to the {@link ContentStore} that returned this. Opaque to everyone
 * else; one content may serve several inodes.
 */
public interface FileContent {

    long sizeInBytes();
}
