package io.polymq.conformance;

import io.netty.buffer.ByteBuf;
import io.netty.util.ByteProcessor;
import io.polymq.network.CloseReason;
import io.polymq.network.Connection;
import io.polymq.network.Login;
import io.polymq.network.Outbox;
import io.polymq.network.ProbeResult;
import io.polymq.network.ProtocolBinding;
import io.polymq.network.ProtocolHandler;
import io.prometheus.metrics.core.metrics.Counter;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * A toy protocol of lines, the example of docs/adding-a-protocol.md. {@code HELLO name} logs in and
 * is answered {@code OK} or {@code NO}; {@code PING n} is answered {@code PONG n}; {@code SUB}
 * subscribes to what anybody says with {@code PUB text}.
 */
final class LineBroker implements ProtocolBinding {

    private final Counter lines;
    private final Set<Line> subscribers = ConcurrentHashMap.newKeySet();

    LineBroker(Environment environment) {
        lines =
                Counter.builder()
                        .name("polymq_line_lines")
                        .help("Lines that clients have sent")
                        .register(environment.registry());
    }

    @Override
    public String name() {
        return "line";
    }

    @Override
    public List<String> alpnNames() {
        return List.of("line");
    }

    @Override
    public List<String> webSocketSubprotocols() {
        return List.of("line");
    }

    /** A client's first line says hello. */
    @Override
    public ProbeResult probe(ByteBuf first) {
        byte[] hello = "HELLO ".getBytes(StandardCharsets.US_ASCII);
        int present = Math.min(first.readableBytes(), hello.length);
        for (int i = 0; i < present; i++) {
            if (first.getByte(first.readerIndex() + i) != hello[i]) {
                return ProbeResult.NO;
            }
        }
        return present == hello.length ? ProbeResult.YES : ProbeResult.MORE;
    }

    @Override
    public ProtocolHandler open(Connection connection) {
        return new Line(connection);
    }

    /** One client. */
    private final class Line implements ProtocolHandler {

        private final Connection connection;

        Line(Connection connection) {
            this.connection = connection;
        }

        @Override
        public void read(ByteBuf in) {
            while (connection.isOpen()) {
                int end = in.forEachByte(ByteProcessor.FIND_LF);
                if (end < 0) {
                    return;
                }
                String line =
                        in.toString(
                                in.readerIndex(), end - in.readerIndex(), StandardCharsets.UTF_8);
                in.readerIndex(end + 1);
                lines.inc();
                obey(line);
            }
        }

        private void obey(String line) {
            int space = line.indexOf(' ');
            String verb = space < 0 ? line : line.substring(0, space);
            String rest = space < 0 ? "" : line.substring(space + 1);
            if (verb.equals("HELLO") && connection.login() == null) {
                hello(rest);
            } else if (connection.login() == null) {
                refuse("who are you", CloseReason.Kind.NOT_AUTHENTICATED);
            } else {
                switch (verb) {
                    case "PING" -> say("PONG " + rest);
                    case "SUB" -> subscribers.add(this);
                    case "PUB" -> publish(rest);
                    default -> refuse("what is " + verb, CloseReason.Kind.PROTOCOL_ERROR);
                }
            }
        }

        private void hello(String name) {
            if (name.equals("nobody")) {
                refuse("not you", CloseReason.Kind.NOT_AUTHENTICATED);
            } else if (connection.loggedIn(new Login("default", name, name))) {
                say("OK");
            } else {
                refuse("too many", CloseReason.Kind.LIMIT_EXCEEDED);
            }
        }

        private void publish(String text) {
            connection.countMessages(1);
            subscribers.forEach(subscriber -> subscriber.say("MSG " + text));
        }

        private void refuse(String why, CloseReason.Kind kind) {
            say("NO " + why);
            connection.close(new CloseReason(kind, why));
        }

        private void say(String line) {
            byte[] bytes = (line + "\n").getBytes(StandardCharsets.UTF_8);
            Outbox outbox = connection.outbox();
            outbox.append(bytes, 0, bytes.length);
        }

        /** A client that does not read its answers may not ask more. */
        @Override
        public void writable(boolean writable) {
            if (writable) {
                connection.resumeReading();
            } else {
                connection.pauseReading();
            }
        }

        @Override
        public void ending(CloseReason reason) {
            say("BYE " + reason.kind());
            connection.close(reason);
        }

        @Override
        public void closed(CloseReason reason) {
            subscribers.remove(this);
        }
    }
}
