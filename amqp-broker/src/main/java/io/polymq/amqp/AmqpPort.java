package io.polymq.amqp;

import io.netty.buffer.ByteBuf;
import io.polymq.network.CloseReason;
import io.polymq.network.Connection;
import io.polymq.network.ProtocolHandler;
import org.jspecify.annotations.Nullable;

/**
 * A client of which only the port is known: waits for the protocol header and hands the connection
 * to the dialect that it names. A client that speaks none of them is told what is spoken here.
 * Connection zone.
 */
final class AmqpPort implements ProtocolHandler {

    private static final int HEADER_BYTES = 8;
    private static final byte[] OURS = {'A', 'M', 'Q', 'P', 0, 0, 9, 1};

    private final AmqpBroker broker;
    private final Connection connection;
    private @Nullable ProtocolHandler dialect;
    private boolean ended;

    AmqpPort(AmqpBroker broker, Connection connection) {
        this.broker = broker;
        this.connection = connection;
    }

    @Override
    public void read(ByteBuf in) {
        if (dialect != null) {
            dialect.read(in);
        } else if (ended) {
            in.skipBytes(in.readableBytes());
        } else {
            begin(in);
        }
    }

    private void begin(ByteBuf in) {
        int start = in.readerIndex();
        int length = Math.min(in.readableBytes(), HEADER_BYTES);
        for (int i = 0; i < Math.min(length, 4); i++) {
            if (in.getByte(start + i) != OURS[i]) {
                refuse(in);
                return;
            }
        }
        if (length < HEADER_BYTES) {
            return;
        }
        int protocol = in.getUnsignedByte(start + 4);
        int major = in.getUnsignedByte(start + 5);
        int minor = in.getUnsignedByte(start + 6);
        int revision = in.getUnsignedByte(start + 7);
        if (protocol == 0 && major == 0 && minor == 9 && revision == 1
                || isVersion09(protocol, major, minor, revision)) {
            in.skipBytes(HEADER_BYTES);
            AmqpConnection classic = new AmqpConnection(broker, connection);
            dialect = classic;
            classic.begin();
            classic.read(in);
            return;
        }
        for (AmqpDialect other : broker.dialects()) {
            if (other.takes(protocol, major, minor, revision)) {
                ProtocolHandler handler = other.open(connection);
                dialect = handler;
                handler.read(in);
                return;
            }
        }
        refuse(in);
    }

    /** What Qpid's older clients send for 0-9, which RabbitMQ takes for 0-9-1 as well. */
    private static boolean isVersion09(int protocol, int major, int minor, int revision) {
        return protocol == 1 && major == 1 && minor == 0 && revision == 9;
    }

    private void refuse(ByteBuf in) {
        ended = true;
        in.skipBytes(in.readableBytes());
        connection.outbox().append(OURS, 0, OURS.length);
        connection.close(
                new CloseReason(
                        CloseReason.Kind.PROTOCOL_ERROR, "no AMQP protocol that is spoken here"));
    }

    @Override
    public void readComplete() {
        if (dialect != null) {
            dialect.readComplete();
        }
    }

    @Override
    public void writable(boolean writable) {
        if (dialect != null) {
            dialect.writable(writable);
        }
    }

    @Override
    public void ending(CloseReason reason) {
        if (dialect != null) {
            dialect.ending(reason);
        } else {
            ended = true;
            connection.close(reason);
        }
    }

    @Override
    public void inputEnded(Connection same) {
        if (dialect != null) {
            dialect.inputEnded(same);
        } else {
            same.close(CloseReason.of(CloseReason.Kind.PEER_CLOSED));
        }
    }

    @Override
    public void closed(CloseReason reason) {
        ended = true;
        if (dialect != null) {
            dialect.closed(reason);
        }
    }
}
