package io.jrun.image.layer;

import io.jrun.error.CorruptDataException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Where a sparse file has data: extents in ascending order, which do not overlap; all else reads as zeros. */
final class SparseMap {

    /** 16 MiB of memory; a file of 128 GiB with a hole in each 128 KiB. */
    static final int MAX_EXTENTS = 1 << 20;

    /** Digits of the largest number of 63 bits. */
    private static final int MAX_DIGITS = 18;

    private long[] offsets = new long[8];
    private long[] lengths = new long[8];
    private int count;

    int count() {
        return count;
    }

    long offset(int index) {
        return offsets[index];
    }

    long length(int index) {
        return lengths[index];
    }

    private void add(long offset, long length, TarInput input) throws CorruptDataException {
        long end = count == 0 ? 0 : offsets[count - 1] + lengths[count - 1];
        if (offset < end || length < 0 || offset + length < offset) {
            throw input.corrupt("the extents of a sparse file overlap or are not in order");
        }
        if (count == MAX_EXTENTS) {
            throw input.corrupt("a sparse file has more than " + MAX_EXTENTS + " extents");
        }
        if (count == offsets.length) {
            offsets = Arrays.copyOf(offsets, count * 2);
            lengths = Arrays.copyOf(lengths, count * 2);
        }
        offsets[count] = offset;
        lengths[count] = length;
        count++;
    }

    /** Refuses a map that reaches beyond the file or describes other data than the entry has. */
    private SparseMap checked(long realSize, long dataSize, TarInput input) throws CorruptDataException {
        long data = 0;
        for (int i = 0; i < count; i++) {
            data += lengths[i];
        }
        long end = count == 0 ? 0 : offsets[count - 1] + lengths[count - 1];
        if (end > realSize || data != dataSize) {
            throw input.corrupt("the extents of a sparse file do not fit its size of " + realSize + " with " + dataSize
                    + " bytes of data");
        }
        return this;
    }

    /** The old GNU form: extents in the header, more in blocks behind it. */
    static SparseMap readOldGnu(TarHeader header, TarInput input, long realSize, long dataSize) throws IOException {
        SparseMap map = new SparseMap();
        map.addBlock(header, TarHeader.EXTENTS_IN_HEADER, true, input);
        boolean further = header.sparseExtensionFollows();
        while (further) {
            long offset = input.offset();
            int block = input.nextBlock();
            if (block < 0) {
                throw input.endedEarly(TarInput.BLOCK);
            }
            header.moveTo(block, offset);
            map.addBlock(header, TarHeader.EXTENTS_IN_EXTENSION, false, input);
            further = header.furtherSparseExtensionFollows();
        }
        return map.checked(realSize, dataSize, input);
    }

    private void addBlock(TarHeader header, int extents, boolean inHeader, TarInput input) throws CorruptDataException {
        for (int i = 0; i < extents && header.hasSparseExtent(i, inHeader); i++) {
            add(header.sparseExtentOffset(i, inHeader), header.sparseExtentLength(i, inHeader), input);
        }
    }

    /** Versions 0.0 and 0.1: "offset,length,…". */
    static SparseMap parse(CharSequence extents, TarInput input, long realSize, long dataSize)
            throws CorruptDataException {
        SparseMap map = new SparseMap();
        byte[] text = extents.toString().getBytes(StandardCharsets.ISO_8859_1);
        long pendingOffset = -1;
        int from = 0;
        while (from < text.length) {
            int to = from;
            while (to < text.length && text[to] != ',') {
                to++;
            }
            long number = PaxAttributes.decimal("GNU.sparse.map", text, from, to, input, input.offset());
            if (pendingOffset < 0) {
                pendingOffset = number;
                if (number < 0) {
                    throw input.corrupt("an extent of a sparse file has a negative offset");
                }
            } else {
                map.add(pendingOffset, number, input);
                pendingOffset = -1;
            }
            from = to + 1;
        }
        if (pendingOffset >= 0) {
            throw input.corrupt("the map of a sparse file has an offset without a length");
        }
        return map.checked(realSize, dataSize, input);
    }

    /** Version 1.0: decimal lines in front of the data, padded to a block; the first counts the pairs that follow. */
    static SparseMap readVersion1(TarInput input, long realSize, long storedSize) throws IOException {
        Lines lines = new Lines(input);
        long pairs = lines.number();
        if (pairs > MAX_EXTENTS) {
            throw input.corrupt("a sparse file has more than " + MAX_EXTENTS + " extents");
        }
        SparseMap map = new SparseMap();
        for (long i = 0; i < pairs; i++) {
            long offset = lines.number();
            map.add(offset, lines.number(), input);
        }
        return map.checked(realSize, storedSize - lines.bytesRead, input);
    }

    private static final class Lines {

        private final TarInput input;
        private int block;
        private int inBlock = TarInput.BLOCK;
        private long bytesRead;

        Lines(TarInput input) {
            this.input = input;
        }

        long number() throws IOException {
            long value = 0;
            int digits = 0;
            for (byte b = next(); b != '\n'; b = next()) {
                if (b < '0' || b > '9' || ++digits > MAX_DIGITS) {
                    throw input.corrupt("the map of a sparse file has a malformed number");
                }
                value = value * 10 + (b - '0');
            }
            if (digits == 0) {
                throw input.corrupt("the map of a sparse file has an empty line");
            }
            return value;
        }

        private byte next() throws IOException {
            if (inBlock == TarInput.BLOCK) {
                block = input.nextBlock();
                if (block < 0) {
                    throw input.endedEarly(1);
                }
                inBlock = 0;
                bytesRead += TarInput.BLOCK;
            }
            return input.buffer()[block + inBlock++];
        }
    }
}
