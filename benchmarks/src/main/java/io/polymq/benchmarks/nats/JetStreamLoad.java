package io.polymq.benchmarks.nats;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.SplittableRandom;

/**
 * Load on the streams of one NATS server, over one connection. Each run has a stream of its own,
 * which it deletes. One thread.
 */
final class JetStreamLoad implements AutoCloseable {

    private static final String CONNECT =
            "CONNECT {\"verbose\":false,\"pedantic\":false,\"headers\":true,\"no_responders\":true}\r\n";
    private static final int CHUNK = 64 << 10;

    private final Socket socket = new Socket();
    private final InputStream in;
    private final OutputStream out;
    private final String stream = "L" + Long.toString(System.nanoTime(), 36);
    private final ByteArrayOutputStream batch = new ByteArrayOutputStream(CHUNK);
    private String reply = "";
    private String headers = "";
    private byte[] body = new byte[0];

    JetStreamLoad(InetSocketAddress server) throws IOException {
        socket.setTcpNoDelay(true);
        socket.connect(server);
        in = new BufferedInputStream(socket.getInputStream(), CHUNK);
        out = socket.getOutputStream();
        out.write((CONNECT + "SUB _INBOX.l.> 1\r\n").getBytes(StandardCharsets.US_ASCII));
    }

    /** Latencies in milliseconds. */
    record Latency(double median, double p99) {}

    /**
     * Publishes with so many open acknowledgements; messages a second.
     *
     * @param config further settings of the stream, such as {@code "storage":"memory"}
     */
    double publish(int messages, int size, int window, String config) throws IOException {
        create(config);
        byte[] frame = publishOf(stream + ".a", size);
        long begun = System.nanoTime();
        fill(messages, window, number -> frame);
        double seconds = (System.nanoTime() - begun) / 1e9;
        delete();
        return messages / seconds;
    }

    /** Fills a stream, then pulls and acknowledges everything in batches; messages a second. */
    double pull(int messages, int size, int most, String config) throws IOException {
        create(config);
        byte[] frame = publishOf(stream + ".a", size);
        fill(messages, 2_000, number -> frame);
        api(
                "CONSUMER.CREATE." + stream + ".c",
                "{\"stream_name\":\""
                        + stream
                        + "\",\"config\":{\"durable_name\":\"c\",\"ack_policy\":\"explicit\","
                        + "\"max_ack_pending\":20000}}");
        byte[] ask =
                request(
                        "$JS.API.CONSUMER.MSG.NEXT." + stream + ".c",
                        "{\"batch\":" + most + ",\"expires\":30000000000}");
        long begun = System.nanoTime();
        out.write(ask);
        out.write(ask);
        for (int got = 1; got <= messages; got++) {
            next();
            if (headers.startsWith("NATS/1.0 4")) {
                throw new IOException(headers);
            }
            batch.write(("PUB " + reply + " 4\r\n+ACK\r\n").getBytes(StandardCharsets.US_ASCII));
            if (got % most == 0) {
                batch.write(ask);
                flush();
            }
        }
        flush();
        double seconds = (System.nanoTime() - begun) / 1e9;
        delete();
        return messages / seconds;
    }

    /** The last message of one among so many subjects. */
    Latency last(int subjects, int requests) throws IOException {
        create("\"storage\":\"memory\",\"max_msgs_per_subject\":1,\"allow_direct\":true");
        fill(subjects, 2_000, number -> publishOf(stream + ".k" + number, 32));
        SplittableRandom random = new SplittableRandom(4711);
        long[] took = new long[requests];
        for (int i = 0; i < requests; i++) {
            String key = stream + ".k" + random.nextInt(subjects);
            byte[] ask = request("$JS.API.DIRECT.GET." + stream + '.' + key, "");
            long begun = System.nanoTime();
            out.write(ask);
            next();
            took[i] = System.nanoTime() - begun;
            if (!headers.contains(key)) {
                throw new IOException("not the last of " + key + ": " + headers);
            }
        }
        delete();
        Arrays.sort(took);
        return new Latency(took[requests / 2] / 1e6, took[(int) (requests * 0.99)] / 1e6);
    }

    /** What is published under a number. */
    private interface Frames {
        byte[] of(int number);
    }

    private void fill(int messages, int window, Frames frames) throws IOException {
        int sent = 0;
        for (int acknowledged = 0; acknowledged < messages; acknowledged++) {
            while (sent < messages && sent - acknowledged < window) {
                batch.write(frames.of(sent++));
            }
            if (in.available() == 0 || batch.size() > CHUNK / 2) {
                flush();
            }
            next();
            if (body.length > 1 && body[2] == 'e') {
                throw new IOException(new String(body, StandardCharsets.UTF_8));
            }
        }
    }

    private void flush() throws IOException {
        batch.writeTo(out);
        batch.reset();
    }

    private static byte[] publishOf(String subject, int size) {
        return ("PUB " + subject + " _INBOX.l.a " + size + "\r\n" + "x".repeat(size) + "\r\n")
                .getBytes(StandardCharsets.US_ASCII);
    }

    private static byte[] request(String subject, String body) {
        return ("PUB " + subject + " _INBOX.l.r " + body.length() + "\r\n" + body + "\r\n")
                .getBytes(StandardCharsets.US_ASCII);
    }

    private void create(String config) throws IOException {
        api(
                "STREAM.CREATE." + stream,
                "{\"name\":\"" + stream + "\",\"subjects\":[\"" + stream + ".>\"]," + config + '}');
    }

    private void delete() throws IOException {
        api("STREAM.DELETE." + stream, "");
    }

    private void api(String tail, String asked) throws IOException {
        out.write(request("$JS.API." + tail, asked));
        next();
        String answer = new String(body, StandardCharsets.UTF_8);
        if (answer.contains("\"error\"")) {
            throw new IOException(answer);
        }
    }

    /** The next message. */
    private void next() throws IOException {
        for (; ; ) {
            String line = line();
            if (line.startsWith("MSG ") || line.startsWith("HMSG ")) {
                String[] words = line.split(" ");
                boolean headed = line.charAt(0) == 'H';
                int total = Integer.parseInt(words[words.length - 1]);
                int head = headed ? Integer.parseInt(words[words.length - 2]) : 0;
                reply = words.length == (headed ? 6 : 5) ? words[3] : "";
                byte[] all = in.readNBytes(total);
                in.skipNBytes(2);
                headers = new String(all, 0, head, StandardCharsets.ISO_8859_1);
                body = head == 0 ? all : Arrays.copyOfRange(all, head, total);
                return;
            }
            if (line.startsWith("PING")) {
                out.write("PONG\r\n".getBytes(StandardCharsets.US_ASCII));
            } else if (line.startsWith("-ERR")) {
                throw new IOException(line);
            }
        }
    }

    private String line() throws IOException {
        StringBuilder line = new StringBuilder(64);
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
