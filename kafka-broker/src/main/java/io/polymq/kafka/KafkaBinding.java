package io.polymq.kafka;

import io.netty.buffer.ByteBuf;
import io.polymq.codec.kafka.RequestDecoder;
import io.polymq.core.security.Credentials;
import io.polymq.core.security.Security;
import io.polymq.kafka.quota.Quotas;
import io.polymq.kafka.security.SaslDialogs;
import io.polymq.network.CloseReason;
import io.polymq.network.CloseReason.Kind;
import io.polymq.network.Connection;
import io.polymq.network.PeerCertificate;
import io.polymq.network.ProbeResult;
import io.polymq.network.ProtocolBinding;
import io.polymq.network.ProtocolHandler;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.TimeUnit;

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
    private final SaslDialogs dialogs;
    private final Duration reauthenticateAfter;
    private final InstantSource clock;
    private final Quotas quotas;

    KafkaBinding(
            RequestDecoder decoder,
            Routes routes,
            KafkaMetrics metrics,
            Security security,
            SaslDialogs dialogs,
            Duration reauthenticateAfter,
            InstantSource clock,
            Quotas quotas) {
        this.decoder = decoder;
        this.routes = routes;
        this.metrics = metrics;
        this.security = security;
        this.dialogs = dialogs;
        this.reauthenticateAfter = reauthenticateAfter;
        this.clock = clock;
        this.quotas = quotas;
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
        Authentication authentication =
                new Authentication(connection, security, dialogs, reauthenticateAfter, clock, peer);
        long wait = tooEarly(connection);
        if (wait > 0) {
            connection.pauseReading();
            connection
                    .loop()
                    .schedule(
                            () -> connection.close(CloseReason.of(Kind.LIMIT_EXCEEDED)),
                            wait,
                            TimeUnit.MILLISECONDS);
        } else {
            authentication.begin();
        }
        return new KafkaConnection(
                connection,
                authentication,
                new Throttle(connection, quotas),
                decoder,
                routes,
                metrics);
    }

    /** A connection over its address's quota is held for a while, then closed (KIP-612). */
    private long tooEarly(Connection connection) {
        return quotas.isActive() && connection.remote() instanceof InetSocketAddress inet
                ? quotas.connected(inet.getAddress())
                : 0;
    }
}
