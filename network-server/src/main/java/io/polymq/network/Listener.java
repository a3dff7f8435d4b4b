package io.polymq.network;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelInitializer;
import io.netty.handler.codec.quic.QuicStreamChannel;
import io.netty.handler.ssl.SslHandler;
import io.polymq.config.NetworkConfig;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What the connections of one listener have in common: its protocols, its transport, its limits,
 * its metrics. Shared zone: immutable.
 */
final class Listener {

    /** The protocol's name while it is not known. */
    static final String UNDETECTED = "auto";

    /** A connection that was gone before it could be asked. */
    private static final SocketAddress NOWHERE = InetSocketAddress.createUnresolved("unknown", 0);

    private static final List<String> HTTP_ALPN = List.of("http/1.1");

    private final String name;
    private final TransportKind transport;
    private final List<ProtocolBinding> bindings;
    private final NetworkShared shared;
    private final ListenerMetrics metrics;
    private final AllowedOrigins origins;
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
        this.origins = new AllowedOrigins(config.allowedOrigins());
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
        return isPlain() && !isProxied() ? binding() : null;
    }

    /** Whether connections begin with a PROXY header, or may do so. */
    boolean isProxied() {
        return transport != TransportKind.QUIC && !config().proxyProtocol().equals("off");
    }

    boolean isProxyRequired() {
        return isProxied() && config().proxyProtocol().equals("required");
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

    AllowedOrigins origins() {
        return origins;
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

    /** The broker is shutting down: nobody new is let in. */
    boolean isDraining() {
        return shared.shutdown().hasBegun();
    }

    boolean needsTls() {
        return transport == TransportKind.TLS
                || transport == TransportKind.WEBSOCKET_TLS
                || transport == TransportKind.QUIC;
    }

    boolean hasTls() {
        return shared.tls() != null;
    }

    SslHandler newSslHandler(Channel channel) {
        TlsContexts tls = Objects.requireNonNull(shared.tls(), "no certificate is configured");
        SslHandler handler = tls.forAlpn(alpnNames()).newHandler(channel.alloc());
        handler.setHandshakeTimeoutMillis(config().loginTimeout().toMillis());
        return handler;
    }

    /** What a TLS handshake may choose between. */
    List<String> alpnNames() {
        if (transport == TransportKind.WEBSOCKET_TLS) {
            return HTTP_ALPN;
        }
        Stream<String> names = bindings.stream().flatMap(one -> one.alpnNames().stream());
        if (bindings.size() > 1) {
            names = Stream.concat(names, HTTP_ALPN.stream());
        }
        return names.distinct().toList();
    }

    SocketAddress localOf(Channel channel) {
        if (channel instanceof QuicStreamChannel stream) {
            return known(stream.parent().localSocketAddress(), channel);
        }
        return known(channel.localAddress(), channel);
    }

    SocketAddress remoteOf(Channel channel) {
        if (channel instanceof QuicStreamChannel stream) {
            return known(stream.parent().remoteSocketAddress(), channel);
        }
        return known(channel.remoteAddress(), channel);
    }

    /** Unix-domain clients have no address of their own: they are at the server's. */
    private static SocketAddress known(@Nullable SocketAddress address, Channel channel) {
        if (address != null) {
            return address;
        }
        SocketAddress server = channel.parent().localAddress();
        return server == null ? NOWHERE : server;
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
        // What was accepted while the listener closed would miss its end.
        if (isDraining() || !connections.enter()) {
            metrics.refused(isDraining() ? "shutdown" : "total");
            channel.unsafe().closeForcibly();
            return;
        }
        ChannelConnection connection =
                new ChannelConnection(
                        connections.nextId(), this, channel, shared.loops().of(channel));
        // Behind a balancer the address is known when its header has come.
        if (!isProxied() && !connection.countAddress()) {
            connections.leave();
            metrics.refused("address");
            channel.unsafe().closeForcibly();
            return;
        }
        if (channel instanceof QuicStreamChannel stream) {
            connection.peerCertificate(
                    Certificates.ofPeer(
                            Objects.requireNonNull(stream.parent().sslEngine()).getSession()));
        } else {
            channel.config().setRecvByteBufAllocator(new ReadSizes(connection.inbound()::wanted));
        }
        connection.startClock();
        metrics.accepted();
        connections.opened(connection);
        channel.pipeline().addLast("bytes", connection.inbound());
        if (opensAtOnce() == null) {
            channel.pipeline().addBefore("bytes", "opening", new Opening(connection));
        }
    }
}
