package io.polymq.amqp.v1;

import io.polymq.amqp.AmqpBroker;
import io.polymq.amqp.AmqpDialect;
import io.polymq.network.Connection;
import io.polymq.network.ProtocolHandler;

/** AMQP 1.0 on AMQP's port, with and without its security layer. Shared. */
public final class V1Dialect implements AmqpDialect {

    private final AmqpBroker broker;
    private final Containers containers = new Containers();

    public V1Dialect(AmqpBroker broker) {
        this.broker = broker;
    }

    /** Other versions of it are answered with the header of the one that is spoken here. */
    @Override
    public boolean takes(int protocolId, int major, int minor, int revision) {
        return major == 1;
    }

    @Override
    public ProtocolHandler open(Connection connection) {
        return new V1Connection(broker, containers, connection);
    }
}
