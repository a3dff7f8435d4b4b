package io.polymq.nats;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** A client of JetStream with nothing between a test and the protocol. One thread. */
public final class JetStreamClient implements AutoCloseable {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int PATIENCE_MILLIS = 10_000;

    /** What came to an inbox. */
    public record Delivery(
            String subject, String sid, String reply, String headers, byte[] payload) {

        public String text() {
            return new String(payload, StandardCharsets.UTF_8);
        }

        /** The code of a status message, 0 for others. */
        public int status() {
            return headers.startsWith("NATS/1.0 ") ? Integer.parseInt(headers.substring(9, 12)) : 0;
        }

        public String header(String name) {
            for (String line : headers.split("\r\n")) {
                if (line.startsWith(name + ": ")) {
                    return line.substring(name.length() + 2);
                }
            }
            return "";
        }
    }

    private final Socket socket = new Socket();
    private final DataInputStream in;
    private final List<Delivery> waiting = new ArrayList<>();
    private int sids = 1;

    public JetStreamClient(InetSocketAddress address) throws IOException {
        this(address, "");
    }

    /** Whose name and password are the same; nobody's when it is empty. */
    public JetStreamClient(InetSocketAddress address, String user) throws IOException {
        socket.connect(address, PATIENCE_MILLIS);
        socket.setSoTimeout(PATIENCE_MILLIS);
        socket.setTcpNoDelay(true);
        in = new DataInputStream(new java.io.BufferedInputStream(socket.getInputStream()));
        write(
                "CONNECT {\"verbose\":false,\"pedantic\":false,\"headers\":true,"
                        + "\"no_responders\":true"
                        + (user.isEmpty()
                                ? ""
                                : ",\"user\":\"" + user + "\",\"pass\":\"" + user + '"')
                        + "}\r\nSUB _INBOX.main.> 1\r\n");
        flush();
    }

    private void write(String text) {
        try {
            socket.getOutputStream().write(text.getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Everything that was sent has been read by the server. */
    public void flush() {
        write("PING\r\n");
        while (!read().equals("PONG")) {
            continue;
        }
    }

    /** Another subscription; its sid. */
    public String subscribe(String subject) {
        String sid = Integer.toString(++sids);
        write("SUB " + subject + ' ' + sid + "\r\n");
        flush();
        return sid;
    }

    public void unsubscribe(String sid) {
        write("UNSUB " + sid + "\r\n");
        flush();
    }

    public void publish(String subject, String reply, String headers, String payload) {
        byte[] body = payload.getBytes(StandardCharsets.UTF_8);
        if (headers.isEmpty()) {
            write("PUB " + subject + ' ' + reply + ' ' + body.length + "\r\n" + payload + "\r\n");
            return;
        }
        String block = "NATS/1.0\r\n" + headers + "\r\n";
        int size = block.getBytes(StandardCharsets.UTF_8).length;
        write(
                "HPUB "
                        + subject
                        + ' '
                        + reply
                        + ' '
                        + size
                        + ' '
                        + (size + body.length)
                        + "\r\n"
                        + block
                        + payload
                        + "\r\n");
    }

    /** A request; its first answer. */
    public Delivery request(String subject, String headers, String payload) {
        String inbox = "_INBOX.main." + ++sids;
        publish(subject, inbox, headers, payload);
        return next(inbox);
    }

    public JsonNode api(String subject, String body) {
        return json(request("$JS.API." + subject, "", body));
    }

    /** A publish that is acknowledged; headers as lines with their ends. */
    public JsonNode put(String subject, String payload, String... headers) {
        StringBuilder block = new StringBuilder();
        for (String header : headers) {
            block.append(header).append("\r\n");
        }
        return json(request(subject, block.toString(), payload));
    }

    /** A request with bytes; its first answer. */
    public Delivery request(String subject, byte[] payload) {
        String inbox = "_INBOX.main." + ++sids;
        write("PUB " + subject + ' ' + inbox + ' ' + payload.length + "\r\n");
        try {
            socket.getOutputStream().write(payload);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        write("\r\n");
        return next(inbox);
    }

    public static JsonNode json(Delivery delivery) {
        try {
            return JSON.readTree(delivery.payload());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A pull request; everything up to its last message or its end. */
    public List<Delivery> pull(String stream, String consumer, int batch, String more) {
        String inbox = "_INBOX.main." + ++sids;
        publish(
                "$JS.API.CONSUMER.MSG.NEXT." + stream + '.' + consumer,
                inbox,
                "",
                "{\"batch\":" + batch + more + '}');
        List<Delivery> got = new ArrayList<>();
        int messages = 0;
        while (messages < batch) {
            Delivery next = nextOf("1");
            if (next.status() == 100) {
                continue;
            }
            got.add(next);
            if (next.status() >= 400) {
                break;
            }
            messages++;
        }
        return got;
    }

    /** What is there, at once. */
    public List<String> texts(String stream, String consumer, int batch) {
        return pull(stream, consumer, batch, ",\"no_wait\":true").stream()
                .filter(d -> d.status() == 0)
                .map(Delivery::text)
                .toList();
    }

    /** Answers a delivery and waits until that is safe. */
    public void ack(Delivery delivery, String how) {
        request(delivery.reply(), "", how);
    }

    /** The next message to an inbox. */
    public Delivery next(String subject) {
        return take(d -> d.subject().equals(subject));
    }

    /** The next message of a subscription. */
    public Delivery nextOf(String sid) {
        return take(d -> d.sid().equals(sid));
    }

    private Delivery take(java.util.function.Predicate<Delivery> wanted) {
        while (true) {
            for (int i = 0; i < waiting.size(); i++) {
                if (wanted.test(waiting.get(i))) {
                    return waiting.remove(i);
                }
            }
            read();
        }
    }

    /** One line of the server; messages are put aside. */
    private String read() {
        try {
            String line = line();
            String[] parts = line.split(" ");
            if (parts[0].equals("MSG") || parts[0].equals("HMSG")) {
                boolean withHeaders = parts[0].equals("HMSG");
                int sizes = withHeaders ? 2 : 1;
                int total = Integer.parseInt(parts[parts.length - 1]);
                int head = withHeaders ? Integer.parseInt(parts[parts.length - 2]) : 0;
                String reply = parts.length - sizes > 3 ? parts[3] : "";
                byte[] body = new byte[total];
                in.readFully(body);
                in.skipBytes(2);
                waiting.add(
                        new Delivery(
                                parts[1],
                                parts[2],
                                reply,
                                new String(body, 0, head, StandardCharsets.UTF_8),
                                java.util.Arrays.copyOfRange(body, head, total)));
            } else if (parts[0].equals("PING")) {
                write("PONG\r\n");
            } else if (parts[0].equals("-ERR")) {
                throw new IllegalStateException(line);
            }
            return line;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private String line() throws IOException {
        StringBuilder line = new StringBuilder();
        for (int b = in.read(); b != '\n'; b = in.read()) {
            if (b < 0) {
                throw new IOException("closed");
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
