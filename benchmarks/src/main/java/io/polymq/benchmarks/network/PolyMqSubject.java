package io.polymq.benchmarks.network;

import io.netty.buffer.ByteBuf;
import io.polymq.config.LimitsConfig;
import io.polymq.config.LoopConfig;
import io.polymq.config.NetworkConfig;
import io.polymq.config.TransportPorts;
import io.polymq.network.CloseReason;
import io.polymq.network.Connection;
import io.polymq.network.ConnectionManager;
import io.polymq.network.GlobalRateLimiter;
import io.polymq.network.NetworkServer;
import io.polymq.network.NetworkServerParams;
import io.polymq.network.Outbox;
import io.polymq.network.ProbeResult;
import io.polymq.network.ProtocolBinding;
import io.polymq.network.ProtocolHandler;
import io.polymq.network.ShutdownBroadcast;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.net.SocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;

/** Echo or fan-out as a protocol of the network server. */
final class PolyMqSubject implements Subject {

    private final ShutdownBroadcast shutdown =
            new ShutdownBroadcast(Duration.ofSeconds(3), System::nanoTime);
    private final NetworkServer server;
    private final SocketAddress address;

    PolyMqSubject(Wire wire, boolean fansOut, Keys keys, Path folder) throws Exception {
        NetworkConfig config = config(wire == Wire.UNIX ? folder : null);
        server =
                new NetworkServer(
                        new NetworkServerParams(
                                config,
                                keys.config(),
                                new ConnectionManager(config),
                                new GlobalRateLimiter(LimitsConfig.DEFAULT, System::nanoTime),
                                shutdown,
                                new PrometheusRegistry(),
                                InstantSource.system(),
                                System::nanoTime));
        address =
                server.listen(new Bench(fansOut), ports(wire), new LoopConfig(1, 1, 65_536))
                        .getFirst()
                        .address();
    }

    private static TransportPorts ports(Wire wire) {
        return new TransportPorts(
                wire == Wire.TCP ? 0 : null,
                wire == Wire.TLS ? 0 : null,
                wire == Wire.WEBSOCKET ? 0 : null,
                wire == Wire.WEBSOCKET_TLS ? 0 : null,
                wire == Wire.QUIC ? 0 : null);
    }

    private static NetworkConfig config(@org.jspecify.annotations.Nullable Path unixFolder) {
        NetworkConfig base = NetworkConfig.DEFAULT;
        return new NetworkConfig(
                base.bind(),
                base.transport(),
                null,
                unixFolder == null ? null : unixFolder.toString(),
                base.proxyProtocol(),
                base.allowedOrigins(),
                base.silentClientWait(),
                base.maxConnections(),
                base.maxConnectionsPerIp(),
                base.maxConnectionsPerUser(),
                base.maxConnectionsPerTenant(),
                base.acceptRate(),
                Duration.ofMinutes(10),
                Duration.ofMinutes(10),
                base.maxPacketBeforeLogin(),
                base.maxPacket(),
                base.maxPendingBytes(),
                base.highWaterBytes(),
                base.lowWaterBytes(),
                Duration.ofMillis(200));
    }

    @Override
    public SocketAddress address() {
        return address;
    }

    @Override
    public String threadPrefix() {
        return "bench-loop";
    }

    @Override
    public void close() {
        shutdown.begin("measured").toCompletableFuture().join();
        server.close();
    }

    private static final class Bench implements ProtocolBinding {

        private final boolean fansOut;
        private final List<Connection> subscribers = new ArrayList<>();

        Bench(boolean fansOut) {
            this.fansOut = fansOut;
        }

        @Override
        public String name() {
            return "bench";
        }

        @Override
        public List<String> alpnNames() {
            return List.of("bench");
        }

        @Override
        public List<String> webSocketSubprotocols() {
            return List.of();
        }

        @Override
        public ProbeResult probe(ByteBuf first) {
            return ProbeResult.YES;
        }

        @Override
        public ProtocolHandler open(Connection connection) {
            return new ProtocolHandler() {
                @Override
                public void read(ByteBuf in) {
                    if (fansOut) {
                        fanOut(connection, in);
                    } else {
                        echo(connection, in);
                    }
                }

                @Override
                public void ending(CloseReason reason) {
                    connection.close(reason);
                }

                @Override
                public void closed(CloseReason reason) {
                    subscribers.remove(connection);
                }
            };
        }

        private static void echo(Connection connection, ByteBuf in) {
            int length = in.readableBytes();
            Outbox outbox = connection.outbox();
            outbox.begin(length).writeBytes(in, length);
            outbox.end();
        }

        private void fanOut(Connection connection, ByteBuf in) {
            while (in.readableBytes() >= MESSAGE_BYTES) {
                int start = in.readerIndex();
                if (in.getByte(start) == SUBSCRIBE) {
                    subscribers.add(connection);
                } else {
                    for (int i = 0; i < subscribers.size(); i++) {
                        Outbox outbox = subscribers.get(i).outbox();
                        outbox.begin(MESSAGE_BYTES).writeBytes(in, start, MESSAGE_BYTES);
                        outbox.end();
                    }
                }
                in.skipBytes(MESSAGE_BYTES);
            }
        }
    }
}
