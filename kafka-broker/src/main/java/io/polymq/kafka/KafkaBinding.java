package io.polymq.kafka;

import io.netty.buffer.ByteBuf;
import io.polymq.codec.kafka.RequestDecoder;
import io.polymq.core.security.Credentials;
import io.polymq.core.security.Principal;
import io.polymq.core.security.Security;
import io.polymq.network.CloseReason;
import io.polymq.network.CloseReason.Kind;
import io.polymq.network.Connection;
import io.polymq.network.Login;
import io.polymq.network.PeerCertificate;
import io.polymq.network.ProbeResult;
import io.polymq.network.ProtocolBinding;
import io.polymq.network.ProtocolHandler;
import io.polymq.network.TransportKind;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** Kafka as the network layer knows it. Shared. */
final class KafkaBinding implements ProtocolBinding {

    private static final int LENGTH_BYTES = 4;
    private static final int PROBED_BYTES = 8;
    private static final int HIGHEST_KEY = 100;
    private static final int HIGHEST_VERSION = 100;
    private static final Duration IDLE = Duration.ofMinutes(10);

    private final RequestDecoder decoder;
    private final Routes routes;
    private final KafkaMetrics metrics;
    private final Security security;

    KafkaBinding(RequestDecoder decoder, Routes routes, KafkaMetrics metrics, Security security) {
        this.decoder = decoder;
        this.routes = routes;
        this.metrics = metrics;
        this.security = security;
    }

    @Override
    public String name() {
        return "kafka";
    }

    @Override
    public List<String> alpnNames() {
        return List.of("kafka");
    }

    @Override
    public List<String> webSocketSubprotocols() {
        return List.of("kafka");
    }

    /** A length that begins with a zero, then a small key and a small version. */
    @Override
    public ProbeResult probe(ByteBuf first) {
        int at = first.readerIndex();
        if (!first.isReadable()) {
            return ProbeResult.MORE;
        }
        if (first.getByte(at) != 0) {
            return ProbeResult.NO;
        }
        if (first.readableBytes() < PROBED_BYTES) {
            return ProbeResult.MORE;
        }
        int key = first.getShort(at + LENGTH_BYTES);
        int version = first.getShort(at + LENGTH_BYTES + 2);
        return first.getInt(at) >= PROBED_BYTES
                        && key >= 0
                        && key <= HIGHEST_KEY
                        && version >= 0
                        && version <= HIGHEST_VERSION
                ? ProbeResult.YES
                : ProbeResult.NO;
    }

    @Override
    public ProtocolHandler open(Connection connection) {
        PeerCertificate certificate = connection.peerCertificate();
        Credentials.Peer peer =
                new Credentials.Peer(
                        "kafka",
                        connection.remote(),
                        "",
                        certificate == null ? null : certificate.certificate());
        connection.idleTimeout(IDLE);
        metrics.opened();
        KafkaConnection handler = new KafkaConnection(connection, decoder, routes, metrics);
        connection.pauseReading();
        CompletableFuture<Security.AuthResult> result =
                security.authenticate(new Credentials.None(peer)).toCompletableFuture();
        result.whenComplete(
                (outcome, failure) -> {
                    Runnable next = () -> known(connection, handler, peer, outcome);
                    if (connection.loop().inEventLoop()) {
                        next.run();
                    } else {
                        connection.loop().execute(next);
                    }
                });
        return handler;
    }

    private static void known(
            Connection connection,
            KafkaConnection handler,
            Credentials.Peer peer,
            Security.AuthResult outcome) {
        if (!(outcome instanceof Security.AuthResult.Accepted(Principal principal))) {
            connection.close(CloseReason.of(Kind.NOT_AUTHENTICATED));
            return;
        }
        if (!connection.loggedIn(new Login(principal.tenant(), principal.user(), ""))) {
            connection.close(CloseReason.of(Kind.LIMIT_EXCEEDED));
            return;
        }
        TransportKind transport = connection.transport();
        handler.serve(
                new Client(
                        connection.id(),
                        principal,
                        peer,
                        connection.listener(),
                        inet(connection.local()),
                        inet(connection.remote()),
                        transport == TransportKind.TLS
                                || transport == TransportKind.WEBSOCKET_TLS
                                || transport == TransportKind.QUIC,
                        connection.loop()));
        connection.resumeReading();
    }

    private static InetSocketAddress inet(SocketAddress address) {
        return address instanceof InetSocketAddress inet
                ? inet
                : new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
    }
}
