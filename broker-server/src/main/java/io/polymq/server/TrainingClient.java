package io.polymq.server;

import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;

/**
 * A NATS client of the few words that a training needs: what first clients ask of a broker, so that
 * a cold one has the classes for it at hand. One thread.
 */
final class TrainingClient implements AutoCloseable {

    private static final int PATIENCE_MILLIS = 10_000;
    private static final int PUBLISHES = 20_000;
    private static final int WINDOW = 100;
    private static final String INBOX = "_INBOX.training";

    private final Socket socket;
    private final DataInputStream in;
    private final OutputStream out;

    TrainingClient(InetSocketAddress address) throws IOException {
        socket = new Socket(address.getAddress(), address.getPort());
        socket.setSoTimeout(PATIENCE_MILLIS);
        in = new DataInputStream(new BufferedInputStream(socket.getInputStream()));
        out = socket.getOutputStream();
    }

    /** Publishes and subscribes, makes a stream, reads it in each way, and takes it away again. */
    void talk() throws IOException {
        line();
        send(
                "CONNECT {\"verbose\":false,\"pedantic\":false,\"headers\":true,\"no_responders\":true,"
                        + "\"protocol\":1,\"echo\":true}\r\nPING\r\n");
        send("SUB " + INBOX + ".> 1\r\nSUB talk 2\r\nSUB talk.* group 3\r\n");
        send("PUB talk 2\r\nhi\r\nHPUB talk.a 18 20\r\nNATS/1.0\r\na: b\r\n\r\nhi\r\n");
        ask("nobody", "");
        ask("$JS.API.INFO", "");
        ask(
                "$JS.API.STREAM.CREATE.T",
                "{\"name\":\"T\",\"subjects\":[\"t.>\"],\"allow_direct\":true}");
        ask("$JS.API.STREAM.INFO.T", "");
        for (int i = 0; i < PUBLISHES / WINDOW; i++) {
            send(publish("t.a", "one").repeat(WINDOW));
            for (int answers = 0; answers < WINDOW; answers++) {
                answer();
            }
        }
        ask("$JS.API.STREAM.MSG.GET.T", "{\"last_by_subj\":\"t.a\"}");
        ask("$JS.API.DIRECT.GET.T.t.a", "");
        ask(
                "$JS.API.CONSUMER.CREATE.T.C.t.a",
                "{\"stream_name\":\"T\",\"config\":{\"durable_name\":\"C\",\"name\":\"C\",\"ack_policy\":"
                        + "\"explicit\",\"filter_subject\":\"t.a\"}}");
        ask("$JS.API.CONSUMER.INFO.T.C", "");
        String delivered =
                ask("$JS.API.CONSUMER.MSG.NEXT.T.C", "{\"batch\":1,\"expires\":1000000000}");
        ask(delivered.split(" ")[3], "+ACK");
        send("SUB " + INBOX + "push 4\r\n");
        ask(
                "$JS.API.CONSUMER.CREATE.T",
                "{\"stream_name\":\"T\",\"config\":{\"deliver_subject\":\""
                        + INBOX
                        + "push\",\"ack_policy\":\"none\",\"deliver_policy\":\"last\",\"idle_heartbeat\":1000000000,"
                        + "\"flow_control\":true}}");
        ask("$JS.API.STREAM.LIST", "");
        ask("$JS.API.STREAM.NAMES", "");
        ask("$JS.API.CONSUMER.DELETE.T.C", "");
        ask("$JS.API.STREAM.PURGE.T", "");
        ask("$JS.API.STREAM.DELETE.T", "");
    }

    /** The head of the answer to it. */
    private String ask(String subject, String body) throws IOException {
        send(publish(subject, body));
        return answer();
    }

    private static String publish(String subject, String body) {
        return "PUB " + subject + ' ' + INBOX + ".a " + body.length() + "\r\n" + body + "\r\n";
    }

    /** Of the next answer. */
    private String answer() throws IOException {
        while (true) {
            String head = line();
            boolean delivery = head.startsWith("MSG") || head.startsWith("HMSG");
            if (delivery) {
                in.skipNBytes(Integer.parseInt(head.substring(head.lastIndexOf(' ') + 1)) + 2L);
            }
            if (delivery && head.split(" ")[2].equals("1")) {
                return head;
            }
        }
    }

    private void send(String text) throws IOException {
        out.write(text.getBytes(StandardCharsets.US_ASCII));
    }

    private String line() throws IOException {
        StringBuilder line = new StringBuilder();
        for (int b = in.readUnsignedByte(); b != '\n'; b = in.readUnsignedByte()) {
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
