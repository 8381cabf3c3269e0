package io.jrun.judge;

import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Passes bytes between clients and a server on this machine, and may break one connection on its way. As a SOCKS server it
 * asks the client where to go, and knows names that nobody else does. Source: RFC 1928.
 */
final class Relay implements AutoCloseable {

    private static final int VERSION = 5;
    private static final int NAME = 3;

    private final ServerSocket listener;
    private final Way way;
    private final AtomicLong bytesToCut;
    private final Runnable cut;

    /** Finds the server for a client. */
    private interface Way {
        Socket open(Socket client) throws IOException;
    }

    private Relay(Way way, long bytesToCut, Runnable cut) throws IOException {
        this.listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        this.way = way;
        this.bytesToCut = new AtomicLong(bytesToCut);
        this.cut = cut;
        inBackground(this::accept);
    }

    /** Breaks the connection over which that byte of all answers together came, once, behind {@code cut}. */
    static Relay cutting(int port, long afterBytes, Runnable cut) throws IOException {
        return new Relay(client -> new Socket(InetAddress.getLoopbackAddress(), port), afterBytes, cut);
    }

    /** @param asked takes HOST:PORT of each connection that is asked for by name */
    static Relay socks(Map<String, InetAddress> names, Queue<String> asked) throws IOException {
        return new Relay(client -> askedFor(client, names, asked), Long.MAX_VALUE, () -> {});
    }

    int port() {
        return listener.getLocalPort();
    }

    private static void inBackground(Runnable work) {
        Thread thread = new Thread(work, "relay");
        thread.setDaemon(true);
        thread.start();
    }

    private void accept() {
        try {
            while (true) {
                Socket client = listener.accept();
                inBackground(() -> serve(client));
            }
        } catch (IOException closed) {
            return;
        }
    }

    private void serve(Socket accepted) {
        try (Socket client = accepted;
                Socket server = way.open(client)) {
            OutputStream up = server.getOutputStream();
            InputStream from = client.getInputStream();
            inBackground(() -> passUp(from, up));
            passDown(server.getInputStream(), client.getOutputStream());
        } catch (IOException broken) {
            return;
        }
    }

    private static void passUp(InputStream from, OutputStream to) {
        try {
            from.transferTo(to);
        } catch (IOException closed) {
            return;
        }
    }

    private void passDown(InputStream from, OutputStream to) throws IOException {
        byte[] buffer = new byte[16 * 1024];
        int read = from.read(buffer);
        while (read >= 0) {
            to.write(buffer, 0, read);
            to.flush();
            long left = bytesToCut.addAndGet(-read);
            if (left <= 0 && left + read > 0) {
                cut.run();
                return;
            }
            read = from.read(buffer);
        }
    }

    private static Socket askedFor(Socket client, Map<String, InetAddress> names, Queue<String> asked)
            throws IOException {
        DataInputStream in = new DataInputStream(client.getInputStream());
        OutputStream out = client.getOutputStream();
        in.readUnsignedByte();
        in.skipNBytes(in.readUnsignedByte());
        out.write(new byte[] {VERSION, 0});
        in.skipNBytes(3);
        if (in.readUnsignedByte() != NAME) {
            throw new IOException("an address instead of a name");
        }
        String name = new String(in.readNBytes(in.readUnsignedByte()), StandardCharsets.US_ASCII);
        int port = in.readUnsignedShort();
        asked.add(name + ":" + port);
        Socket server = new Socket(names.get(name), port);
        out.write(new byte[] {VERSION, 0, 0, 1, 0, 0, 0, 0, 0, 0});
        return server;
    }

    static Queue<String> nobodyYet() {
        return new ConcurrentLinkedQueue<>();
    }

    @Override
    public void close() throws IOException {
        listener.close();
    }
}
