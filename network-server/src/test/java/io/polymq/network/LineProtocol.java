package io.polymq.network;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.util.ByteProcessor;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.zip.CRC32;

/**
 * A protocol of lines for tests. {@code HELLO user} logs in, {@code ECHO text} comes back, {@code
 * SUB} receives what others {@code PUB}, {@code FILL n} is answered with n bytes, {@code TLS}
 * begins TLS, {@code PACK n} has n bytes behind it and is answered with their checksum and whether
 * they came in one piece, {@code WHO} names the certificate, {@code BOOM} fails, {@code BYE} ends.
 */
final class LineProtocol implements ProtocolBinding {

    final Map<Long, LineHandler> open = new ConcurrentHashMap<>();
    final Map<CloseReason.Kind, Integer> closed = new ConcurrentHashMap<>();

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

    @Override
    public ProbeResult probe(ByteBuf first) {
        for (int i = first.readerIndex(); i < first.writerIndex(); i++) {
            byte at = first.getByte(i);
            if (at == ' ' || at == '\n') {
                return ProbeResult.YES;
            }
            if (at < 'A' || at > 'Z') {
                return ProbeResult.NO;
            }
        }
        return ProbeResult.MORE;
    }

    @Override
    public ProtocolHandler open(Connection connection) {
        LineHandler handler = new LineHandler(connection);
        open.put(connection.id(), handler);
        return handler;
    }

    static void say(Connection connection, String line) {
        Outbox out = connection.outbox();
        ByteBuf buffer = out.begin(line.length() * 3 + 1);
        try {
            ByteBufUtil.writeUtf8(buffer, line);
            buffer.writeByte('\n');
        } finally {
            out.end();
        }
    }

    final class LineHandler implements ProtocolHandler {

        final Connection connection;
        volatile boolean subscribed;
        private int unfinished;
        private boolean whole;

        LineHandler(Connection connection) {
            this.connection = connection;
        }

        @Override
        public int unfinishedBytes() {
            return unfinished;
        }

        @Override
        public void readWhole(ByteBuf packet) {
            whole = true;
            read(packet);
            whole = false;
        }

        @Override
        public void read(ByteBuf in) {
            unfinished = 0;
            while (connection.isOpen()) {
                int end = in.forEachByte(ByteProcessor.FIND_LF);
                if (end < 0) {
                    return;
                }
                String line =
                        in.toString(
                                in.readerIndex(), end - in.readerIndex(), StandardCharsets.UTF_8);
                if (line.startsWith("PACK ")) {
                    int length = Integer.parseInt(line.substring(5));
                    if (in.writerIndex() - (end + 1) < length) {
                        unfinished = end + 1 - in.readerIndex() + length;
                        return;
                    }
                    in.readerIndex(end + 1);
                    pack(in.readSlice(length));
                } else {
                    in.readerIndex(end + 1);
                    obey(line);
                }
            }
        }

        private void pack(ByteBuf bytes) {
            CRC32 crc = new CRC32();
            crc.update(ByteBufUtil.getBytes(bytes));
            say(connection, crc.getValue() + (whole && bytes.hasArray() ? " whole" : ""));
        }

        private void obey(String line) {
            int space = line.indexOf(' ');
            String verb = space < 0 ? line : line.substring(0, space);
            String rest = space < 0 ? "" : line.substring(space + 1);
            switch (verb) {
                case "HELLO" -> hello(rest);
                case "ECHO" -> say(connection, rest);
                case "SUB" -> subscribed = true;
                case "PUB" -> publish(rest);
                case "FILL" -> fill(Integer.parseInt(rest));
                case "TLS" -> {
                    say(connection, "GO");
                    if (!connection.startTls()) {
                        say(connection, "NO");
                    }
                }
                case "WHO" -> {
                    PeerCertificate certificate = connection.peerCertificate();
                    say(connection, certificate == null ? "NOBODY" : certificate.commonName());
                }
                case "BOOM" -> throw new IllegalStateException("asked for");
                case "BYE" -> connection.close(CloseReason.of(CloseReason.Kind.CLIENT_REQUEST));
                default -> {
                    say(connection, "WHAT");
                    connection.close(CloseReason.of(CloseReason.Kind.PROTOCOL_ERROR));
                }
            }
        }

        private void hello(String user) {
            if (connection.loggedIn(new Login("default", user, user))) {
                say(connection, "OK");
            } else {
                say(connection, "FULL");
                connection.close(CloseReason.of(CloseReason.Kind.LIMIT_EXCEEDED));
            }
        }

        private void publish(String text) {
            connection.countMessages(1);
            for (LineHandler other : open.values()) {
                if (other.subscribed) {
                    say(other.connection, text);
                }
            }
        }

        private void fill(int bytes) {
            byte[] answer = new byte[bytes];
            java.util.Arrays.fill(answer, (byte) 'x');
            connection.outbox().append(answer, 0, bytes);
        }

        @Override
        public void ending(CloseReason reason) {
            say(connection, "END " + reason.kind());
            connection.close(reason);
        }

        @Override
        public void closed(CloseReason reason) {
            open.remove(connection.id());
            closed.merge(reason.kind(), 1, Integer::sum);
        }
    }
}
