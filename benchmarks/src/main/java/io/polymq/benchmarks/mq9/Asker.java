package io.polymq.benchmarks.mq9;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;

/**
 * A NATS client that asks and counts answers; each question has a number that comes back in the
 * reply's subject. One thread.
 */
final class Asker implements AutoCloseable {

    private final Socket socket;
    private final InputStream in;
    private final OutputStream out;
    private final String inbox = "r" + Long.toString(System.nanoTime(), 36);
    private String answer = "";

    Asker(String host, int port) throws IOException {
        socket = new Socket(host, port);
        socket.setTcpNoDelay(true);
        in = new BufferedInputStream(socket.getInputStream(), 1 << 16);
        out = new BufferedOutputStream(socket.getOutputStream(), 1 << 16);
        write("CONNECT {\"verbose\":false,\"headers\":true}\r\nSUB " + inbox + ".* 1\r\n");
        flush();
    }

    private void write(String text) throws IOException {
        out.write(text.getBytes(StandardCharsets.US_ASCII));
    }

    void ask(String subject, byte[] body, int number) throws IOException {
        write("PUB " + subject + ' ' + inbox + '.' + number + ' ' + body.length + "\r\n");
        out.write(body);
        write("\r\n");
    }

    void flush() throws IOException {
        out.flush();
    }

    /** The number of the next answer; {@link #answer} has what it says. */
    int next() throws IOException {
        for (; ; ) {
            String line = line();
            if (line.startsWith("MSG " + inbox)) {
                String[] parts = line.split(" ");
                int length = Integer.parseInt(parts[parts.length - 1]);
                answer = new String(in.readNBytes(length), StandardCharsets.UTF_8);
                in.skipNBytes(2);
                return Integer.parseInt(parts[1].substring(inbox.length() + 1));
            }
            if (line.equals("PING")) {
                write("PONG\r\n");
                flush();
            } else if (line.startsWith("-ERR")) {
                throw new IOException(line);
            }
        }
    }

    String answer() {
        return answer;
    }

    /** Asks and waits. */
    String once(String subject, String body) throws IOException {
        ask(subject, body.getBytes(StandardCharsets.UTF_8), 0);
        flush();
        int number = next();
        if (number != 0) {
            throw new IOException("an answer to " + number + " came first: " + answer);
        }
        return answer;
    }

    boolean hasMore() throws IOException {
        return in.available() > 0;
    }

    private String line() throws IOException {
        StringBuilder line = new StringBuilder();
        for (int b = in.read(); b != '\n'; b = in.read()) {
            if (b < 0) {
                throw new IOException("closed after " + line);
            }
            if (b != '\r') {
                line.append((char) b);
            }
        }
        return line.toString();
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
