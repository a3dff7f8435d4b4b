package io.polymq.nats;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;

/** Speaks NATS over a plain socket, byte by byte as a test says. */
final class WireClient implements AutoCloseable {

    private static final int PATIENCE_MILLIS = 10_000;

    private final Socket socket = new Socket();
    private final InputStream in;
    private final StringBuilder received = new StringBuilder();

    WireClient(InetSocketAddress address) throws IOException {
        socket.connect(address, PATIENCE_MILLIS);
        socket.setSoTimeout(PATIENCE_MILLIS);
        in = socket.getInputStream();
    }

    static WireClient connected(InetSocketAddress address, String options) throws IOException {
        WireClient client = new WireClient(address);
        client.line();
        client.send(
                "CONNECT {\"verbose\":false,\"pedantic\":false,\"headers\":true,\"no_responders\":true"
                        + options
                        + "}\r\n");
        client.untilPong();
        return client;
    }

    WireClient send(String text) throws IOException {
        socket.getOutputStream().write(text.getBytes(StandardCharsets.ISO_8859_1));
        return this;
    }

    /** The next line, without its end. */
    String line() throws IOException {
        for (; ; ) {
            int end = received.indexOf("\r\n");
            if (end >= 0) {
                String line = received.substring(0, end);
                received.delete(0, end + 2);
                return line;
            }
            if (!more()) {
                throw new IOException("closed after: " + received);
            }
        }
    }

    /** Everything that comes before the answer to a PING. */
    String untilPong() throws IOException {
        send("PING\r\n");
        for (; ; ) {
            int end = received.indexOf("PONG\r\n");
            if (end >= 0) {
                String before = received.substring(0, end);
                received.delete(0, end + 6);
                return before;
            }
            if (!more()) {
                throw new IOException("closed after: " + received);
            }
        }
    }

    /** Everything up to the end of the line in which a text has come. */
    String until(String text) throws IOException {
        for (; ; ) {
            int at = received.indexOf(text);
            int end = at < 0 ? -1 : received.indexOf("\r\n", at);
            if (end >= 0) {
                String all = received.substring(0, end + 2);
                received.delete(0, end + 2);
                return all;
            }
            if (!more()) {
                throw new IOException("closed after: " + received);
            }
        }
    }

    /** What comes for these bytes before a PING behind them is answered, or until the end. */
    String answer(String bytes) {
        try {
            send(bytes);
            return untilPong();
        } catch (IOException ended) {
            String last = received + "<closed>";
            received.setLength(0);
            return last;
        }
    }

    /** Everything until the server closes. */
    String untilClosed() throws IOException {
        while (more()) {
            continue;
        }
        return received.toString();
    }

    /** Everything until the link ends, in whatever way. */
    String untilEnd() {
        try {
            return untilClosed();
        } catch (IOException reset) {
            return received.toString();
        }
    }

    private boolean more() throws IOException {
        byte[] bytes = new byte[65_536];
        int count = in.read(bytes);
        if (count > 0) {
            received.append(new String(bytes, 0, count, StandardCharsets.ISO_8859_1));
        }
        return count > 0;
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
