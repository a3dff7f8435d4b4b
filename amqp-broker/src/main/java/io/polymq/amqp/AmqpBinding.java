package io.polymq.amqp;

import io.netty.buffer.ByteBuf;
import io.polymq.network.Connection;
import io.polymq.network.ProbeResult;
import io.polymq.network.ProtocolBinding;
import io.polymq.network.ProtocolHandler;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** How the network layer meets AMQP. Shared, immutable. */
final class AmqpBinding implements ProtocolBinding {

    static final String NAME = "amqp";

    private static final byte[] MAGIC = "AMQP".getBytes(StandardCharsets.US_ASCII);

    private final AmqpBroker broker;

    AmqpBinding(AmqpBroker broker) {
        this.broker = broker;
    }

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public List<String> alpnNames() {
        return List.of(NAME);
    }

    @Override
    public List<String> webSocketSubprotocols() {
        return List.of(NAME);
    }

    @Override
    public ProbeResult probe(ByteBuf first) {
        int length = Math.min(first.readableBytes(), MAGIC.length);
        for (int i = 0; i < length; i++) {
            if (first.getByte(first.readerIndex() + i) != MAGIC[i]) {
                return ProbeResult.NO;
            }
        }
        return length == MAGIC.length ? ProbeResult.YES : ProbeResult.MORE;
    }

    @Override
    public ProtocolHandler open(Connection connection) {
        return new AmqpPort(broker, connection);
    }
}
