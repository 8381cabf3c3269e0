package io.jrun.image.blob;

import io.jrun.posix.HostLibrary;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Optional;
import java.util.zip.DataFormatException;
import java.util.zip.Deflater;
import jnr.ffi.Pointer;
import jnr.ffi.Runtime;

/**
 * Intel's ISA-L, which unpacks markedly faster than zlib, where the host has it. Only these members of its
 * {@code struct inflate_state} are touched, which lie where they lie since version 2 of its interface:
 *
 * <pre>
 *   offset  size  field
 *        0     8  next_out        address of the output
 *        8     4  avail_out       room left there
 *       16     8  next_in         address of the input
 *       32     4  avail_in        input left there
 *       36     4  read_in_length  bits taken from the input and not decoded yet
 *    21160     4  block_state     {@link #BLOCK_FINISH} when the last block has ended and was handed out
 * </pre>
 *
 * The layout is tried once on a known stream; a library that answers differently is not used. Source: igzip_lib.h of
 * ISA-L 2.30.
 */
final class IsalInflater implements RawInflater {

    /** The library's functions. */
    public interface Library {
        void isal_inflate_init(Pointer state);

        void isal_inflate_reset(Pointer state);

        int isal_inflate(Pointer state);
    }

    private static final String SONAME = "libisal.so.2";

    private static final int NEXT_OUT = 0;
    private static final int AVAIL_OUT = 8;
    private static final int NEXT_IN = 16;
    private static final int AVAIL_IN = 32;
    private static final int READ_IN_LENGTH = 36;
    private static final int BLOCK_STATE = 21160;
    private static final int BLOCK_FINISH = 5;

    /** The structure has 87,368 bytes; the rest is room should a later version of the library add to its end. */
    private static final int STATE_SIZE = 1 << 18;

    private static final int BUFFER_SIZE = 1 << 18;

    private final Library library;
    private final ByteBuffer stateMemory = ByteBuffer.allocateDirect(STATE_SIZE).order(ByteOrder.nativeOrder());
    private final ByteBuffer input = ByteBuffer.allocateDirect(BUFFER_SIZE);
    private final ByteBuffer output = ByteBuffer.allocateDirect(BUFFER_SIZE);
    private final Pointer state;
    private final long inputAddress;
    private final long outputAddress;

    private byte[] pending = new byte[0];
    private int pendingOffset;
    private int pendingLength;

    /** Whether all that the input so far can give has been handed out; the library keeps some back when room is short. */
    private boolean drained = true;

    private IsalInflater(Library library) {
        this.library = library;
        Runtime runtime = Runtime.getRuntime(library);
        this.state = Pointer.wrap(runtime, stateMemory);
        this.inputAddress = Pointer.wrap(runtime, input).address();
        this.outputAddress = Pointer.wrap(runtime, output).address();
        library.isal_inflate_init(state);
        output.limit(0);
    }

    /** Empty where the library is missing or not the one we know. */
    static Optional<IsalInflater> open() {
        return Loaded.LIBRARY.map(IsalInflater::new);
    }

    /** Loads and tries the library once, on first use. */
    private static final class Loaded {

        static final Optional<Library> LIBRARY = HostLibrary.load(Library.class, SONAME, Loaded::answersAsKnown);

        private static boolean answersAsKnown(Library library) {
            byte[] text = new byte[100_000];
            for (int i = 0; i < text.length; i++) {
                text[i] = (byte) ((i * i / 128) & 0xff);
            }
            Deflater deflater = new Deflater(6, true);
            deflater.setInput(text);
            deflater.finish();
            byte[] packed = new byte[text.length * 2];
            int length = deflater.deflate(packed);
            deflater.end();
            int trailer = 11;
            byte[] found = new byte[text.length + 1];
            try (IsalInflater inflater = new IsalInflater(library)) {
                inflater.setInput(packed, 0, length + trailer);
                int count = 0;
                int step;
                while ((step = inflater.inflate(found, count, found.length - count)) > 0) {
                    count += step;
                }
                return count == text.length
                        && Arrays.equals(text, Arrays.copyOf(found, count))
                        && inflater.isFinished()
                        && inflater.unreadInput() == trailer;
            } catch (DataFormatException otherLayout) {
                return false;
            }
        }
    }

    @Override
    public void setInput(byte[] bytes, int offset, int length) {
        pending = bytes;
        pendingOffset = offset;
        pendingLength = length;
        feed();
    }

    /** Moves what fits into native memory, once the library has taken what was there. */
    private void feed() {
        if (stateInt(AVAIL_IN) == 0 && pendingLength > 0) {
            int length = Math.min(pendingLength, BUFFER_SIZE);
            input.clear();
            input.put(pending, pendingOffset, length);
            pendingOffset += length;
            pendingLength -= length;
            stateMemory.putLong(NEXT_IN, inputAddress);
            stateMemory.putInt(AVAIL_IN, length);
        }
    }

    @Override
    public int inflate(byte[] bytes, int offset, int length) throws DataFormatException {
        while (!output.hasRemaining() && !blocksHaveEnded()) {
            feed();
            if (drained && stateInt(AVAIL_IN) == 0) {
                return 0;
            }
            refill();
        }
        int count = Math.min(length, output.remaining());
        output.get(bytes, offset, count);
        return count;
    }

    private void refill() throws DataFormatException {
        stateMemory.putLong(NEXT_OUT, outputAddress);
        stateMemory.putInt(AVAIL_OUT, BUFFER_SIZE);
        int result = library.isal_inflate(state);
        if (result < 0) {
            throw new DataFormatException("no DEFLATE data (ISA-L " + result + ")");
        }
        int room = stateInt(AVAIL_OUT);
        drained = room > 0;
        output.clear().limit(BUFFER_SIZE - room);
    }

    private int stateInt(int offset) {
        return stateMemory.getInt(offset);
    }

    private boolean blocksHaveEnded() {
        return stateInt(BLOCK_STATE) == BLOCK_FINISH;
    }

    @Override
    public boolean needsInput() {
        return !output.hasRemaining() && !blocksHaveEnded() && stateInt(AVAIL_IN) == 0 && pendingLength == 0;
    }

    @Override
    public boolean isFinished() {
        return !output.hasRemaining() && blocksHaveEnded();
    }

    @Override
    public int unreadInput() {
        return pendingLength + stateInt(AVAIL_IN) + stateInt(READ_IN_LENGTH) / Byte.SIZE;
    }

    @Override
    public void reset() {
        library.isal_inflate_reset(state);
        stateMemory.putInt(AVAIL_IN, 0);
        pendingLength = 0;
        drained = true;
        output.limit(0);
    }

    /** Nothing to free: all memory belongs to buffers. */
    @Override
    public void close() {
        pending = new byte[0];
    }
}
