package io.polymq.nats;

import io.polymq.conformance.Answer;
import io.polymq.conformance.Dialect;
import io.polymq.conformance.Environment;
import io.polymq.conformance.Exchange;
import io.polymq.conformance.ProtocolConformance;
import io.polymq.conformance.TestSecurity;
import io.polymq.core.router.TrieRouter;
import io.polymq.network.CloseReason;
import io.polymq.network.ProtocolBinding;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

class NatsConformanceTest extends ProtocolConformance {

    private static final int MAX_PAYLOAD = 1 << 20;

    @Override
    protected ProtocolBinding protocol(Environment environment) {
        NatsSettings settings =
                new NatsSettings(
                        "test",
                        "NTESTSERVER",
                        Math.min(MAX_PAYLOAD, environment.network().maxPacket()),
                        4096,
                        0,
                        Duration.ofMinutes(2),
                        2,
                        environment.network().loginTimeout().plusSeconds(60),
                        false,
                        false,
                        false,
                        true);
        return TestNats.started(
                        new NatsBrokerServerParams(
                                environment.connections(),
                                environment.rateLimiter(),
                                environment.shutdown(),
                                environment.registry(),
                                new TrieRouter(TrieRouter.Limits.DEFAULT, 7),
                                new TestSecurity(
                                        Map.of("ann", "secret"), (action, subject) -> true),
                                settings,
                                List.of(),
                                null,
                                null))
                .binding();
    }

    @Override
    protected Dialect dialect() {
        return new NatsDialect();
    }

    private static final class NatsDialect implements Dialect {

        @Override
        public Exchange hello(String name) {
            return new Exchange(bytes(connect(name, "secret")), behindInfo("+OK\r\n"));
        }

        @Override
        public Optional<Exchange> refusedHello() {
            return Optional.of(
                    new Exchange(
                            bytes(connect("nobody", "guess")),
                            behindInfo("-ERR 'Authorization Violation'\r\n")));
        }

        @Override
        public Exchange ping(int number) {
            return new Exchange(bytes("PING\r\n"), Answer.of(bytes("PONG\r\n")));
        }

        @Override
        public byte[] beginningOfPacket(int size) {
            return bytes("PUB big " + size + "\r\n");
        }

        @Override
        public Optional<byte[]> publishing(int messages) {
            return Optional.of(bytes("PUB news 2\r\nhi\r\n".repeat(messages)));
        }

        @Override
        public boolean isGoodbye(CloseReason.Kind reason, byte[] received) {
            // an error would keep clients from coming back, and this one takes no news
            return received.length == 0;
        }

        private static String connect(String name, String password) {
            return "CONNECT {\"verbose\":true,\"headers\":true,\"name\":\""
                    + name
                    + "\",\"user\":\"ann\",\"pass\":\""
                    + password
                    + "\"}\r\n";
        }

        private static Answer behindInfo(String expected) {
            Answer rest = Answer.of(bytes(expected));
            return received -> {
                String text = new String(received, StandardCharsets.US_ASCII);
                int end = text.indexOf("\r\n");
                if (end < 0) {
                    return Answer.MORE;
                }
                if (!text.startsWith("INFO {")) {
                    throw new AssertionError("INFO must come first, not " + text);
                }
                int more = rest.end(bytes(text.substring(end + 2)));
                return more == Answer.MORE ? Answer.MORE : end + 2 + more;
            };
        }

        private static byte[] bytes(String text) {
            return text.getBytes(StandardCharsets.US_ASCII);
        }
    }
}
