package io.jrun.cli.look;

import io.jrun.cli.console.Console;
import io.jrun.error.Failure;
import io.jrun.error.FileFailure;
import io.jrun.error.StorageException;
import io.jrun.image.tree.ByteText;
import io.jrun.json.Json;
import io.jrun.json.JsonValue;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;

/**
 * Standard output of results that are many or large. Names are raw bytes, but on a terminal, which they could steer,
 * they are escaped.
 */
final class ResultStream extends OutputStream {

    /** The reader of standard output has closed it, as {@code head} does: not worth a message. */
    static final class ReaderGone extends IOException {
        private static final long serialVersionUID = 1L;

        private ReaderGone(IOException cause) {
            super(cause);
        }
    }

    private final OutputStream out;
    private final boolean terminal;
    private long items;

    ResultStream(Console console) {
        this(console.out(), console.showsResultsOnTerminal());
    }

    ResultStream(OutputStream out, boolean terminal) {
        this.out = new BufferedOutputStream(out, 64 * 1024);
        this.terminal = terminal;
    }

    void text(String text) throws IOException {
        write(text.getBytes(StandardCharsets.UTF_8));
    }

    void name(byte[] name) throws IOException {
        if (terminal) {
            text(ByteText.escape(name));
        } else {
            write(name);
        }
    }

    /** One item of the array that the whole output is; {@link #endItems} closes it. */
    void item(JsonValue item) throws IOException {
        text(items++ == 0 ? "[\n" : ",\n");
        write(Json.toBytes(item));
    }

    void endItems() throws IOException {
        text(items == 0 ? "[]\n" : "\n]\n");
    }

    /** To the end of the stream, which stays open. */
    void copy(InputStream in) throws IOException {
        byte[] some = new byte[256 * 1024];
        for (int length = in.read(some); length >= 0; length = in.read(some)) {
            write(some, 0, length);
        }
    }

    @Override
    public void write(int value) throws IOException {
        write(new byte[] {(byte) value}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int from, int length) throws IOException {
        try {
            out.write(bytes, from, length);
        } catch (IOException e) {
            throw failed(e);
        }
    }

    @Override
    public void flush() throws IOException {
        try {
            out.flush();
        } catch (IOException e) {
            throw failed(e);
        }
    }

    /** strerror(3)'s text of EPIPE is all that the JDK tells. */
    private static IOException failed(IOException e) {
        return "Broken pipe".equals(e.getMessage())
                ? new ReaderGone(e)
                : new StorageException(Failure.of("write the result to standard output", FileFailure.cause(e)), e);
    }
}
