package io.polymq.conformance;

import io.polymq.core.local.LocalBroker;
import io.polymq.network.CloseReason;
import io.polymq.network.ProtocolBinding;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;

class LineConformanceTest extends ProtocolConformance {

    private static final LocalBroker CORE = LocalBroker.inMemory();

    @AfterAll
    static void closeCore() {
        CORE.close();
    }

    @Override
    protected ProtocolBinding protocol(Environment environment) {
        return new LineBroker(
                new LineBrokerParams(
                        CORE.router(), CORE.topics(), CORE.queues(), environment.registry()));
    }

    @Override
    protected Dialect dialect() {
        return new LineDialect();
    }

    private static final class LineDialect implements Dialect {

        @Override
        public Exchange hello(String name) {
            return exchange("HELLO " + name + "\n", "OK\n");
        }

        @Override
        public Optional<Exchange> refusedHello() {
            return Optional.of(exchange("HELLO nobody\n", "NO not you\n"));
        }

        @Override
        public Exchange ping(int number) {
            return exchange("PING " + number + "\n", "PONG " + number + "\n");
        }

        @Override
        public byte[] beginningOfPacket(int size) {
            return bytes("PING ");
        }

        @Override
        public Optional<byte[]> publishing(int messages) {
            return Optional.of(bytes("PUB news extra\n".repeat(messages)));
        }

        @Override
        public boolean isGoodbye(CloseReason.Kind reason, byte[] received) {
            return new String(received, StandardCharsets.UTF_8).endsWith("BYE " + reason + "\n");
        }

        private static Exchange exchange(String request, String answer) {
            return new Exchange(bytes(request), Answer.of(bytes(answer)));
        }

        private static byte[] bytes(String text) {
            return text.getBytes(StandardCharsets.UTF_8);
        }
    }
}
