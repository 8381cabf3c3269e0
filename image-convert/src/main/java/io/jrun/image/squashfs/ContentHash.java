package io.jrun.image.squashfs;

import java.nio.ByteBuffer;
import java.security.MessageDigest;

/** How contents are told apart of which no byte is compared again. Used by several threads at once. */
@FunctionalInterface
interface ContentHash {

    /** The same in all files, so that an image file may tell later ones what it holds. */
    ContentHash SHA_256 = (bytes, from, size, sha256) -> {
        sha256.update(bytes.slice(from, size));
        return ContentKey.of(size, sha256.digest());
    };

    /**
     * @param bytes direct; its position and limit mean nothing
     * @param size of the content, at least 1
     * @param sha256 the calling thread's own, in its initial state before and after
     */
    ContentKey of(ByteBuffer bytes, int from, int size, MessageDigest sha256);
}
