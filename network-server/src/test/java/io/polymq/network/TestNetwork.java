package io.polymq.network;

import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.X509Bundle;
import io.polymq.config.LimitsConfig;
import io.polymq.config.LoopConfig;
import io.polymq.config.NetworkConfig;
import io.polymq.config.TlsConfig;
import io.polymq.config.TransportPorts;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A network server with the line protocol on every transport, for one test. */
final class TestNetwork implements AutoCloseable {

    static final TransportPorts ALL_PORTS = new TransportPorts(0, 0, 0, 0, null);

    final LineProtocol protocol = new LineProtocol();
    final PrometheusRegistry registry = new PrometheusRegistry();
    final ConnectionManager connections;
    final GlobalRateLimiter rateLimiter;
    final ShutdownBroadcast shutdown;
    final NetworkServer server;
    final List<BoundAddress> bound = new ArrayList<>();

    TestNetwork(NetworkConfig config, @Nullable TlsConfig tls) {
        connections = new ConnectionManager(config);
        rateLimiter = new GlobalRateLimiter(LimitsConfig.DEFAULT, System::nanoTime);
        shutdown = new ShutdownBroadcast(Duration.ofSeconds(5), System::nanoTime);
        server =
                new NetworkServer(
                        new NetworkServerParams(
                                config,
                                tls,
                                connections,
                                rateLimiter,
                                shutdown,
                                registry,
                                InstantSource.system(),
                                System::nanoTime));
        bound.addAll(
                server.listen(
                        protocol,
                        tls == null ? new TransportPorts(0, null, 0, null, null) : ALL_PORTS,
                        LoopConfig.DEFAULT));
    }

    static TestNetwork plain() {
        return new TestNetwork(NetworkConfig.DEFAULT, null);
    }

    InetSocketAddress address(TransportKind kind) {
        return bound.stream()
                .filter(one -> one.transport() == kind)
                .map(one -> (InetSocketAddress) one.address())
                .findFirst()
                .orElseThrow();
    }

    static X509Bundle authority() throws Exception {
        return new CertificateBuilder()
                .subject("CN=polymq-test-ca")
                .setIsCertificateAuthority(true)
                .ecp256()
                .buildSelfSigned();
    }

    static X509Bundle issued(X509Bundle authority, String name) throws Exception {
        return new CertificateBuilder()
                .subject("CN=" + name)
                .addSanDnsName("localhost")
                .ecp256()
                .buildIssuedBy(authority);
    }

    static TlsConfig tls(X509Bundle server, @Nullable X509Bundle clientAuthority) throws Exception {
        return new TlsConfig(
                server.toTempCertChainPem().toPath(),
                server.toTempPrivateKeyPem().toPath(),
                null,
                clientAuthority == null ? null : clientAuthority.toTempRootCertPem().toPath(),
                null,
                clientAuthority == null ? "none" : "optional",
                List.of("TLSv1.3", "TLSv1.2"));
    }

    @Override
    public void close() throws Exception {
        shutdown.begin("test over").toCompletableFuture().get(10, TimeUnit.SECONDS);
        server.close();
    }
}
