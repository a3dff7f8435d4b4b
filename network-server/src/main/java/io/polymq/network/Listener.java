package io.polymq.network;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelInitializer;
import io.netty.handler.ssl.SslHandler;
import io.polymq.config.NetworkConfig;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What the connections of one listener have in common: its protocols, its transport, its limits,
 * its metrics. Shared zone: immutable.
 */
final class Listener {

    /** The protocol's name while it is not known. */
    static final String UNDETECTED = "auto";

    private final String name;
    private final TransportKind transport;
    private final List<ProtocolBinding> bindings;
    private final NetworkShared shared;
    private final ListenerMetrics metrics;
    private final ChannelOutbox.WriteLimits writeLimits;
    private final BatchWriter plainWriter;
    private final BatchWriter copyingWriter;
    private final BatchWriter webSocketWriter;

    Listener(
            String name,
            TransportKind transport,
            List<ProtocolBinding> bindings,
            NetworkShared shared) {
        this.name = name;
        this.transport = transport;
        this.bindings = List.copyOf(bindings);
        this.shared = shared;
        this.metrics =
                shared.metrics()
                        .forListener(
                                name,
                                bindings.size() == 1 ? bindings.getFirst().name() : UNDETECTED,
                                transport);
        NetworkConfig config = shared.config();
        this.writeLimits =
                new ChannelOutbox.WriteLimits(
                        config.lowWaterBytes(), config.highWaterBytes(), config.maxPendingBytes());
        this.plainWriter = new RawWriter(true, shared.fileReaders(), RawWriter.NONE);
        this.copyingWriter = new RawWriter(false, shared.fileReaders(), RawWriter.NONE);
        this.webSocketWriter = new RawWriter(false, shared.fileReaders(), WebSocketFrames::header);
    }

    String name() {
        return name;
    }

    TransportKind transport() {
        return transport;
    }

    List<ProtocolBinding> bindings() {
        return bindings;
    }

    /** The protocol, where there is only one. */
    @Nullable ProtocolBinding binding() {
        return bindings.size() == 1 ? bindings.getFirst() : null;
    }

    ProtocolBinding onlyBinding() {
        return Objects.requireNonNull(binding(), "several protocols");
    }

    /** The protocol, where nothing has to happen before it begins. */
    @Nullable ProtocolBinding opensAtOnce() {
        return isPlain() ? binding() : null;
    }

    private boolean isPlain() {
        return transport == TransportKind.TCP
                || transport == TransportKind.UNIX
                || transport == TransportKind.QUIC;
    }

    NetworkConfig config() {
        return shared.config();
    }

    ListenerMetrics metrics() {
        return metrics;
    }

    FaultLog faults() {
        return shared.faults();
    }

    ConnectionManager connections() {
        return shared.connections();
    }

    GlobalRateLimiter rateLimiter() {
        return shared.rateLimiter();
    }

    ChannelOutbox.WriteLimits writeLimits() {
        return writeLimits;
    }

    BatchWriter writerFor(TransportKind kind) {
        return switch (kind) {
            case TCP, UNIX -> plainWriter;
            case TLS, QUIC -> copyingWriter;
            case WEBSOCKET, WEBSOCKET_TLS -> webSocketWriter;
        };
    }

    boolean hasTls() {
        return shared.tls() != null;
    }

    SslHandler newSslHandler(Channel channel) {
        TlsContexts tls = Objects.requireNonNull(shared.tls(), "no certificate is configured");
        List<String> alpnNames =
                transport == TransportKind.WEBSOCKET_TLS
                        ? List.of("http/1.1")
                        : bindings.stream()
                                .flatMap(binding -> binding.alpnNames().stream())
                                .distinct()
                                .toList();
        SslHandler handler = tls.forAlpn(alpnNames).newHandler(channel.alloc());
        handler.setHandshakeTimeoutMillis(config().loginTimeout().toMillis());
        return handler;
    }

    SocketAddress localOf(Channel channel) {
        SocketAddress local = channel.localAddress();
        return local == null ? channel.parent().localAddress() : local;
    }

    /** Unix-domain clients have no address of their own: they are at the server's. */
    SocketAddress remoteOf(Channel channel) {
        SocketAddress remote = channel.remoteAddress();
        return remote == null ? new InetSocketAddress(0) : remote;
    }

    /** What is put into the pipeline of each accepted channel. */
    ChannelHandler newChannels() {
        return new ChannelInitializer<Channel>() {
            @Override
            protected void initChannel(Channel channel) {
                accept(channel);
            }
        };
    }

    private void accept(Channel channel) {
        ConnectionManager connections = shared.connections();
        ConnectionManager.Refusal refusal = connections.enter(remoteOf(channel));
        if (refusal != null) {
            metrics.refused(NetworkMetrics.label(refusal));
            channel.unsafe().closeForcibly();
            return;
        }
        ChannelConnection connection =
                new ChannelConnection(
                        connections.nextId(), this, channel, shared.loops().of(channel));
        metrics.accepted();
        connections.opened(connection);
        channel.pipeline().addLast("bytes", connection.inbound());
        if (opensAtOnce() == null) {
            channel.pipeline().addBefore("bytes", "opening", new Opening(connection));
        }
    }
}
