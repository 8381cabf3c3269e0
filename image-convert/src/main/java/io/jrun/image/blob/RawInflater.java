package io.jrun.image.blob;

import java.util.zip.DataFormatException;

/** Unpacks one raw DEFLATE stream after the other. Source: RFC 1951. Every kind gives identical bytes. */
interface RawInflater extends AutoCloseable {

    /** As many consumed bytes as {@link #unreadInput} may hand back beyond the current input. */
    int MAX_PUSH_BACK = 8;

    /** Gives the next input, when {@link #needsInput}; the array must not change until it is consumed. */
    void setInput(byte[] bytes, int offset, int length);

    /** Unpacks at most {@code length} bytes; 0 when input is needed or the stream is finished. */
    int inflate(byte[] bytes, int offset, int length) throws DataFormatException;

    boolean needsInput();

    /** Whether the last block has ended and all of it was handed out. */
    boolean isFinished();

    /** How many bytes at the end of all input so far lie behind the finished stream. */
    int unreadInput();

    /** Makes ready for the next stream; input that was not read is dropped. */
    void reset();

    @Override
    void close();
}
