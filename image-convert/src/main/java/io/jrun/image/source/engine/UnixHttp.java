package io.jrun.image.source.engine;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.jrun.error.Failure;
import io.jrun.error.TransferException;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;

/**
 * One GET over one connection to a UNIX-domain socket. The engine may think for as long as it wants before it answers: an
 * image is packed first. Source: RFC 9112, sections 3, 4, 6 and 7.1.
 */
final class UnixHttp {

    /** Engines send a dozen short lines. */
    private static final int MAX_HEAD_SIZE = 64 << 10;

    /**
     * An answer whose body the caller closes, and with it the connection.
     *
     * @param headers by name in lower case
     */
    record Answer(int status, Map<String, String> headers, InputStream body) {}

    private UnixHttp() {}

    /**
     * Asks and reads the head of the answer.
     *
     * @param target path and query, already encoded
     * @throws IOException the plain one when nobody listens at the socket
     */
    static Answer get(Path socket, String target) throws IOException {
        SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
        try {
            channel.connect(UnixDomainSocketAddress.of(socket));
            String request =
                    "GET " + target + " HTTP/1.1\r\nHost: localhost\r\nUser-Agent: jrun\r\nConnection: close\r\n\r\n";
            ByteBuffer bytes = ByteBuffer.wrap(request.getBytes(ISO_8859_1));
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
            return read(new BufferedInputStream(Channels.newInputStream(channel), 1 << 18), target);
        } catch (IOException | RuntimeException e) {
            channel.close();
            throw e;
        }
    }

    private static Answer read(InputStream in, String target) throws IOException {
        Head head = new Head(in, target);
        String[] status = head.line().split(" ", 3);
        if (status.length < 2 || !status[0].startsWith("HTTP/1.") || !status[1].matches("[1-5][0-9][0-9]")) {
            throw broken(target, "it does not answer in HTTP");
        }
        Map<String, String> headers = new HashMap<>();
        for (String line = head.line(); !line.isEmpty(); line = head.line()) {
            int colon = line.indexOf(':');
            if (colon > 0) {
                headers.put(
                        line.substring(0, colon).toLowerCase(Locale.ROOT),
                        line.substring(colon + 1).strip());
            }
        }
        boolean chunked = headers.getOrDefault("transfer-encoding", "").equalsIgnoreCase("chunked");
        InputStream body = chunked ? new ChunkedBody(in, target) : new PlainBody(in, target, length(headers, target));
        return new Answer(Integer.parseInt(status[1]), headers, body);
    }

    /** The largest number where the end of the connection is the end of the body. */
    private static long length(Map<String, String> headers, String target) throws TransferException {
        String text = headers.getOrDefault("content-length", "");
        if (text.isEmpty()) {
            return Long.MAX_VALUE;
        }
        if (!text.matches("[0-9]{1,18}")) {
            throw broken(target, "its Content-Length is no number");
        }
        return Long.parseLong(text);
    }

    static TransferException broken(String target, String why) {
        return new TransferException(Failure.of("get " + target + " from the engine", why)
                .hint("look into the engine's own log, and try again"));
    }

    /** Lines that end in CR LF, or in LF. */
    private static final class Head {

        private final InputStream in;
        private final String target;
        private int left = MAX_HEAD_SIZE;

        Head(InputStream in, String target) {
            this.in = in;
            this.target = target;
        }

        String line() throws IOException {
            StringBuilder line = new StringBuilder();
            for (int b = in.read(); b != '\n'; b = in.read()) {
                if (b < 0) {
                    throw broken(target, "it hung up before it had answered");
                }
                if (--left < 0) {
                    throw broken(target, "the head of its answer has no end");
                }
                line.append((char) b);
            }
            int end = line.length() - 1;
            return end >= 0 && line.charAt(end) == '\r' ? line.substring(0, end) : line.toString();
        }
    }

    /** A body that closes the connection with itself, and whose end must be announced. */
    private abstract static class Body extends InputStream {

        final InputStream in;
        final String target;

        Body(InputStream in, String target) {
            this.in = in;
            this.target = target;
        }

        @Override
        public final int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
        }

        @Override
        public abstract int read(byte[] bytes, int offset, int length) throws IOException;

        final int readSome(byte[] bytes, int offset, int length) throws IOException {
            try {
                return in.read(bytes, offset, length);
            } catch (java.nio.channels.ClosedByInterruptException e) {
                InterruptedIOException interrupted = new InterruptedIOException("interrupted while asking the engine");
                interrupted.initCause(e);
                throw interrupted;
            }
        }

        @Override
        public final void close() throws IOException {
            in.close();
        }
    }

    private static final class PlainBody extends Body {

        private final boolean announced;
        private long left;

        /** @param length {@code Long.MAX_VALUE} where the connection's end is the body's */
        PlainBody(InputStream in, String target, long length) {
            super(in, target);
            this.left = length;
            this.announced = length != Long.MAX_VALUE;
        }

        @Override
        public int read(byte[] bytes, int offset, int length) throws IOException {
            if (left == 0) {
                return -1;
            }
            int count = readSome(bytes, offset, (int) Math.min(left, length));
            if (count < 0 && announced) {
                throw broken(target, "it hung up in the middle of its answer");
            }
            left -= Math.max(count, 0);
            return count;
        }
    }

    /** Chunks of {@code SIZE CRLF BYTES CRLF}, the last of size 0; sizes in hex. */
    private static final class ChunkedBody extends Body {

        private static final int MAX_SIZE_LINE = 256;

        private long left;
        private boolean first = true;
        private boolean ended;

        ChunkedBody(InputStream in, String target) {
            super(in, target);
        }

        @Override
        public int read(byte[] bytes, int offset, int length) throws IOException {
            if (length == 0) {
                return 0;
            }
            if (left == 0 && !ended) {
                beginChunk();
            }
            if (ended) {
                return -1;
            }
            int count = readSome(bytes, offset, (int) Math.min(left, length));
            if (count < 0) {
                throw broken(target, "it hung up in the middle of its answer");
            }
            left -= count;
            return count;
        }

        private void beginChunk() throws IOException {
            if (!first && !line().isEmpty()) {
                throw broken(target, "a chunk of its answer is longer than it says");
            }
            first = false;
            String size = line().split(";", 2)[0].strip();
            if (!size.matches("[0-9a-fA-F]{1,15}")) {
                throw broken(target, "a chunk of its answer has no size");
            }
            left = Long.parseLong(size, 16);
            ended = left == 0;
        }

        private String line() throws IOException {
            StringBuilder line = new StringBuilder();
            for (int b = in.read(); b != '\n'; b = in.read()) {
                if (b < 0 || line.length() == MAX_SIZE_LINE) {
                    throw broken(target, "it hung up in the middle of its answer");
                }
                if (b != '\r') {
                    line.append((char) b);
                }
            }
            return line.toString();
        }
    }
}
