package io.jrun.image.squashfs;

import java.util.zip.DataFormatException;

/** What every code of the Lempel-Ziv family does: repeats bytes that were written before, perhaps overlapping. */
final class BackReference {

    private BackReference() {}

    /** Writes {@code length} bytes at {@code at}; the caller has checked that there is room. */
    static void copy(byte[] out, int at, int distance, int length) throws DataFormatException {
        if (distance < 1 || distance > at) {
            throw new DataFormatException("it refers to bytes before its beginning");
        }
        int from = at - distance;
        if (distance >= Long.BYTES && at <= out.length - length - Long.BYTES) {
            for (int done = 0; done < length; done += Long.BYTES) {
                Lz4Format.LONG.set(out, at + done, Lz4Format.int64(out, from + done));
            }
        } else if (distance >= length) {
            System.arraycopy(out, from, out, at, length);
        } else {
            for (int i = 0; i < length; i++) {
                out[at + i] = out[from + i];
            }
        }
    }
}
