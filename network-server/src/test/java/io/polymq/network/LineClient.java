package io.polymq.network;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;

/** A blocking client of the line protocol over any socket. */
final class LineClient implements AutoCloseable {

    private final Socket socket;

    LineClient(Socket socket) throws IOException {
        this.socket = socket;
        socket.setSoTimeout(10_000);
        socket.setTcpNoDelay(true);
    }

    static LineClient to(InetSocketAddress address) throws IOException {
        return new LineClient(new Socket(address.getAddress(), address.getPort()));
    }

    Socket socket() {
        return socket;
    }

    void send(String text) throws IOException {
        socket.getOutputStream().write(text.getBytes(StandardCharsets.UTF_8));
        socket.getOutputStream().flush();
    }

    String ask(String line) throws IOException {
        send(line + "\n");
        return read();
    }

    /** The next line, null when the server has closed. */
    String read() throws IOException {
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        InputStream in = socket.getInputStream();
        for (int next = in.read(); next >= 0; next = in.read()) {
            if (next == '\n') {
                return line.toString(StandardCharsets.UTF_8);
            }
            line.write(next);
        }
        return null;
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
