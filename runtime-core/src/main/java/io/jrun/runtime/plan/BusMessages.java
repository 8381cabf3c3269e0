package io.jrun.runtime.plan;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;

/**
 * What is said on a message bus, as bytes: who speaks, and that systemd may make a transient scope of a process.
 *
 * <p>Source: D-Bus specification 0.43, "Message Format" and "Authentication Protocol"; org.freedesktop.systemd1(5).
 */
public final class BusMessages {

    /** EXTERNAL with the identity that the kernel tells the bus; the answers come in one order, so all is said at once. */
    static final byte[] HANDSHAKE = "\0AUTH EXTERNAL\r\nDATA\r\nBEGIN\r\n".getBytes(StandardCharsets.US_ASCII);

    /** "DATA", then "OK" and an identity of 32 digits, each with a line end. */
    public static final int HANDSHAKE_ANSWER = 6 + 3 + 32 + 2;

    /** As long as the name of every scope has to be. */
    static final int NAME_LENGTH = 32;

    private static final String BUS = "org.freedesktop.DBus";
    private static final String SYSTEMD = "org.freedesktop.systemd1";
    private static final String MANAGER = SYSTEMD + ".Manager";
    private static final String MANAGER_PATH = "/org/freedesktop/systemd1";
    private static final String NAME = "x".repeat(NAME_LENGTH);
    private static final int CALL = 1;
    private static final int EXPECTS_REPLY = 0;
    private static final int NO_REPLY_EXPECTED = 1;

    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

    private BusMessages() {}

    /**
     * All messages of a start in three pieces: between the first and the second stands the scope's name, between the
     * second and the third the process ID as 32 bits.
     */
    static byte[][] startScope() {
        Request request = request(NAME, Optional.empty());
        byte[] whole = request.bytes().toByteArray();
        return new byte[][] {
            piece(whole, 0, request.name()),
            piece(whole, request.name() + NAME_LENGTH, request.process()),
            piece(whole, request.process() + 4, whole.length)
        };
    }

    /** The first words of a conversation. */
    public static byte[] handshake() {
        return HANDSHAKE.clone();
    }

    /**
     * All messages behind the handshake.
     *
     * @param name of the scope, ASCII
     * @param slice that it is to be in; empty for the usual one
     */
    public static byte[] startScope(String name, Optional<String> slice, int process) {
        Request request = request(name, slice);
        byte[] whole = request.bytes().toByteArray();
        putNumber(whole, request.process(), process);
        return whole;
    }

    /** Where the name and the process ID stand in the messages. */
    private record Request(ByteArrayOutputStream bytes, int name, int process) {}

    private static Request request(String name, Optional<String> slice) {
        BusMessages body = new BusMessages();
        body.string(name).string("fail");
        int length = body.openArray(8);
        slice.ifPresent(each -> body.property("Slice", "s").string(each));
        body.property("Description", "s").string("jrun container");
        body.property("CollectMode", "s").string("inactive-or-failed");
        body.property("Delegate", "b").number(1);
        body.property("PIDs", "au").number(4);
        int process = body.bytes.size();
        byte[] tail = body.number(0).bytes.toByteArray();
        putNumber(tail, length, tail.length - length - 4 - padding(length + 4, 8));
        body.openArray(8); // no auxiliary units; even an empty array is padded
        byte[] call = body.bytes.toByteArray();
        System.arraycopy(tail, 0, call, 0, tail.length);

        ByteArrayOutputStream all = new ByteArrayOutputStream();
        call(all, 1, NO_REPLY_EXPECTED, BUS, "/org/freedesktop/DBus", BUS, "Hello", "", new byte[0]);
        String match = "type='signal',interface='" + MANAGER + "',member='JobRemoved'";
        byte[] rule = new BusMessages().string(match).bytes.toByteArray();
        call(all, 2, NO_REPLY_EXPECTED, BUS, "/org/freedesktop/DBus", BUS, "AddMatch", "s", rule);
        call(all, 3, NO_REPLY_EXPECTED, SYSTEMD, MANAGER_PATH, MANAGER, "Subscribe", "", new byte[0]);
        call(all, 4, EXPECTS_REPLY, SYSTEMD, MANAGER_PATH, MANAGER, "StartTransientUnit", "ssa(sv)a(sa(sv))", call);
        int start = all.size() - call.length;
        return new Request(all, start + 4, start + process);
    }

    private static byte[] piece(byte[] whole, int from, int to) {
        return Arrays.copyOfRange(whole, from, to);
    }

    /** Places in a message are counted from its first byte. */
    private static void call(
            ByteArrayOutputStream to,
            int serial,
            int flags,
            String destination,
            String path,
            String interfaceName,
            String member,
            String signature,
            byte[] body) {
        BusMessages fields = new BusMessages();
        fields.field(1, "o").string(path);
        fields.field(2, "s").string(interfaceName);
        fields.field(3, "s").string(member);
        fields.field(6, "s").string(destination);
        if (!signature.isEmpty()) {
            fields.field(8, "g").signature(signature);
        }
        BusMessages message = new BusMessages();
        message.bytes.write('l');
        message.bytes.write(CALL);
        message.bytes.write(flags);
        message.bytes.write(1);
        message.number(body.length).number(serial).number(fields.bytes.size());
        message.bytes.writeBytes(fields.bytes.toByteArray());
        message.align(8);
        to.writeBytes(message.bytes.toByteArray());
        to.writeBytes(body);
    }

    private BusMessages field(int code, String type) {
        align(8);
        bytes.write(code);
        return signature(type);
    }

    private BusMessages property(String name, String type) {
        align(8);
        return string(name).signature(type);
    }

    private int openArray(int alignment) {
        align(4);
        int at = bytes.size();
        number(0);
        align(alignment);
        return at;
    }

    private BusMessages string(String text) {
        byte[] content = text.getBytes(StandardCharsets.US_ASCII);
        number(content.length);
        bytes.writeBytes(content);
        bytes.write(0);
        return this;
    }

    private BusMessages signature(String text) {
        bytes.write(text.length());
        bytes.writeBytes(text.getBytes(StandardCharsets.US_ASCII));
        bytes.write(0);
        return this;
    }

    private BusMessages number(int value) {
        align(4);
        bytes.writeBytes(LittleEndian.ints(value));
        return this;
    }

    private void align(int boundary) {
        for (int rest = padding(bytes.size(), boundary); rest > 0; rest--) {
            bytes.write(0);
        }
    }

    private static int padding(int size, int boundary) {
        return -size & (boundary - 1);
    }

    private static void putNumber(byte[] in, int offset, int value) {
        LittleEndian.view(in).putInt(offset, value);
    }
}
