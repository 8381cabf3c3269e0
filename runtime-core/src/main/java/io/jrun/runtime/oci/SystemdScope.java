package io.jrun.runtime.oci;

import io.jrun.error.Failure;
import io.jrun.error.FileFailure;
import io.jrun.error.HostUnsupportedException;
import io.jrun.error.JrunException;
import io.jrun.runtime.plan.BusMessages;
import java.io.EOFException;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * A transient scope that systemd makes of a process, asked for over a message bus. systemd gives the scope's group to its
 * user and removes it when the last process in it has ended.
 *
 * <p>Source: D-Bus specification 0.43, "Message Format"; org.freedesktop.systemd1(5).
 *
 * @param bus the socket
 * @param unit with ".scope"
 * @param slice empty for the usual one
 */
record SystemdScope(Path bus, String unit, Optional<String> slice) {

    private static final int MILLIS = 25_000; // as systemd's own programs wait
    private static final int HEAD = 16;
    private static final int TYPE = 1;
    private static final int BODY_LENGTH = 4;
    private static final int FIELDS_LENGTH = 12;
    private static final int ERROR = 3;
    private static final int LONGEST = 1 << 20;

    /** The process is in the scope afterwards; answers the path of its group in the hierarchy, from "/" on. */
    String make(long process) throws JrunException {
        try (SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
                Selector selector = Selector.open()) {
            channel.connect(UnixDomainSocketAddress.of(bus));
            channel.configureBlocking(false);
            channel.register(selector, SelectionKey.OP_READ);
            send(channel, BusMessages.handshake());
            String answer = StandardCharsets.US_ASCII
                    .decode(receive(channel, selector, BusMessages.HANDSHAKE_ANSWER))
                    .toString();
            if (!answer.startsWith("DATA\r\nOK")) {
                throw failure("its bus does not know you (EACCES)");
            }
            send(channel, BusMessages.startScope(unit, slice, Math.toIntExact(process)));
            return awaitMove(channel, selector, process);
        } catch (IOException e) {
            if (e instanceof JrunException told) {
                throw told;
            }
            throw new HostUnsupportedException(failure(FileFailure.cause(e)).failure(), e);
        }
    }

    /** Each message may be the one behind the move, which shows in proc(5); an error ends the conversation. */
    private String awaitMove(SocketChannel channel, Selector selector, long process) throws IOException {
        Optional<String> group = Optional.empty();
        while (group.isEmpty()) {
            ByteBuffer head = receive(channel, selector, HEAD);
            int fields = (bounded(head.getInt(FIELDS_LENGTH)) + 7) & ~7;
            receive(channel, selector, fields);
            ByteBuffer body = receive(channel, selector, bounded(head.getInt(BODY_LENGTH)));
            if (head.get(TYPE) == ERROR) {
                throw failure(text(body));
            }
            group = groupOf(process);
        }
        return group.get();
    }

    private Optional<String> groupOf(long process) throws IOException {
        for (String line : Files.readAllLines(Path.of("/proc/" + process + "/cgroup"))) {
            if (line.startsWith("0::") && line.endsWith("/" + unit)) {
                return Optional.of(line.substring("0::".length()));
            }
        }
        return Optional.empty();
    }

    private static void send(SocketChannel channel, byte[] message) throws IOException {
        ByteBuffer rest = ByteBuffer.wrap(message);
        while (rest.hasRemaining()) {
            channel.write(rest);
        }
    }

    private ByteBuffer receive(SocketChannel channel, Selector selector, int length) throws IOException {
        ByteBuffer part = ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
        while (part.hasRemaining()) {
            int count = channel.read(part);
            if (count < 0) {
                throw new EOFException("it broke off");
            }
            if (count == 0 && selector.select(MILLIS) == 0) {
                throw failure("it did not answer within " + MILLIS / 1000 + " seconds (ETIMEDOUT)");
            }
            selector.selectedKeys().clear();
        }
        return part.flip();
    }

    private int bounded(int length) throws JrunException {
        if (length < 0 || length > LONGEST) {
            throw failure("its answer is too long");
        }
        return length;
    }

    /** A string of a message: its length, then its bytes. */
    private static String text(ByteBuffer body) {
        int length = body.remaining() < Integer.BYTES ? 0 : body.getInt(0);
        boolean whole = length > 0 && length <= body.remaining() - Integer.BYTES;
        return whole
                ? StandardCharsets.UTF_8
                        .decode(body.slice(Integer.BYTES, length))
                        .toString()
                : "it refuses";
    }

    private HostUnsupportedException failure(String why) {
        return new HostUnsupportedException(Failure.of("make the scope " + unit + " over " + bus, why)
                .hint("log in over PAM or: loginctl enable-linger; or take linux.resources out of config.json"));
    }
}
