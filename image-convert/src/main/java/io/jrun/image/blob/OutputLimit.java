package io.jrun.image.blob;

/**
 * How much a compressed blob may unpack to.
 *
 * @param howToRaise the hint for users whose image is honest and large ("raise it with --max-size")
 */
public record OutputLimit(long sizeInBytes, String howToRaise) {

    public OutputLimit {
        if (sizeInBytes < 0) {
            throw new IllegalArgumentException("limit " + sizeInBytes + " is negative");
        }
    }
}
