package io.jrun.image.squashfs;

/**
 * A fragment block on its way into the file and behind: what is needed to find it there again. Filled in by the one thread
 * that keeps the order.
 */
final class WrittenFragment {

    private final int number;
    private boolean ofWholeGroup = true;
    private long position;
    private int sizeWord;
    private int plainLength;
    private byte[] digest = {};

    WrittenFragment(int number) {
        this.number = number;
    }

    int number() {
        return number;
    }

    /** Its place in the file depends on more than the group it belongs to: see {@link FragmentPacker}. */
    void markDisplaced() {
        ofWholeGroup = false;
    }

    boolean isOfWholeGroup() {
        return ofWholeGroup;
    }

    void written(long at, int word, int plain, byte[] sha256) {
        position = at;
        sizeWord = word;
        plainLength = plain;
        digest = sha256;
    }

    long position() {
        return position;
    }

    int sizeWord() {
        return sizeWord;
    }

    int plainLength() {
        return plainLength;
    }

    /** SHA-256 of the stored bytes; not a copy. */
    byte[] digest() {
        return digest;
    }
}
