package io.polymq.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import io.polymq.config.LimitsConfig;
import io.polymq.config.NetworkConfig;
import io.polymq.config.RateConfig;
import io.polymq.config.TransportPorts;
import io.polymq.network.CloseReason;
import io.polymq.network.Connection;
import io.polymq.network.PeerCertificate;
import io.polymq.network.ProtocolBinding;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * What a protocol must pass. A protocol's module extends this class, gives a fresh binding for each
 * test and a few bytes of its client's side:
 *
 * <pre>{@code
 * class MqttConformanceTest extends ProtocolConformance {
 *     protected ProtocolBinding protocol(Environment environment) { ... }
 *     protected Dialect dialect() { ... }
 * }
 * }</pre>
 */
@Timeout(120)
public abstract class ProtocolConformance {

    private static final TransportPorts EVERY_PORT = new TransportPorts(0, 0, 0, 0, 0);
    private static final long SEED = 20_261_121;
    private static final int GARBAGE_ROUNDS = 100;

    private static @Nullable Certificates certificates;

    @TempDir private @Nullable Path folder;

    /** The protocol over fresh state. */
    protected abstract ProtocolBinding protocol(Environment environment);

    /** The protocol's bytes. */
    protected abstract Dialect dialect();

    @BeforeAll
    static void makeCertificates() {
        certificates = new Certificates();
    }

    private Site site(Limits limits) {
        return site(limits.build(), EVERY_PORT);
    }

    private Site site(NetworkConfig config, TransportPorts ports) {
        return new Site(config, ports, Objects.requireNonNull(certificates), this::protocol);
    }

    private Client loggedIn(Site site, Route route, String name) {
        Client client = site.connect(route);
        client.exchange(dialect().hello(name));
        return client;
    }

    private Client loggedIn(Site site, String name) {
        return loggedIn(site, Route.TCP, name);
    }

    private void ping(Client client) {
        for (int number = 0; number < 3; number++) {
            client.exchange(dialect().ping(number));
        }
    }

    private static void awaitNobody(Site site) {
        Await.until("nobody is connected", () -> site.connections().count() == 0);
    }

    // Serving.

    @ParameterizedTest
    @EnumSource(Route.class)
    void isServedOn(Route route) {
        Assumptions.assumeTrue(dialect().isDetectable() || !route.isDetected() || route.saysAlpn());
        Limits limits = new Limits();
        limits.unixSocketDir = Objects.requireNonNull(folder).toString();
        try (Site site = site(limits)) {
            try (Client client = loggedIn(site, route, "client")) {
                ping(client);
                assertThat(site.connections().countByProtocol(site.binding().name())).isEqualTo(1);
                assertThat(site.connections().all())
                        .allMatch(one -> one.transport() == route.transport());
            }
            awaitNobody(site);
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = Route.class,
            names = {"TCP", "TLS", "WEBSOCKET", "AUTO"})
    void bytesMayComeOneByOne(Route route) {
        Assumptions.assumeTrue(dialect().isDetectable() || !route.isDetected());
        try (Site site = site(new Limits());
                Client client = site.connect(route)) {
            Exchange hello = dialect().hello("slow-writer");
            client.sendByteByByte(hello.request());
            client.expect(hello.answer());
            Exchange ping = dialect().ping(0);
            client.sendByteByByte(ping.request());
            client.expect(ping.answer());
        }
    }

    @Test
    void questionsMayBeAskedWithoutWaiting() {
        try (Site site = site(new Limits());
                Client client = loggedIn(site, "client")) {
            for (int number = 0; number < 1000; number++) {
                client.send(dialect().ping(number).request());
            }
            for (int number = 0; number < 1000; number++) {
                client.expect(dialect().ping(number).answer());
            }
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = Route.class,
            names = {"TCP", "QUIC"})
    void aHalfClosedClientGetsItsAnswersAndThenTheEnd(Route route) {
        try (Site site = site(new Limits())) {
            try (Client client = loggedIn(site, route, "client")) {
                Exchange ping = dialect().ping(0);
                client.send(ping.request());
                client.shutOutput();
                client.expect(ping.answer());
                client.rest();
            }
            awaitNobody(site);
        }
    }

    // Who it is.

    @ParameterizedTest
    @EnumSource(
            value = Route.class,
            names = {"TLS", "WEBSOCKET_TLS", "QUIC", "AUTO_ALPN"})
    void aClientCertificateNamesTheConnection(Route route) {
        try (Site site = site(new Limits());
                Client client = loggedIn(site, route, "client")) {
            assertThat(site.connections().all())
                    .singleElement()
                    .extracting(Connection::peerCertificate)
                    .isNotNull()
                    .extracting(PeerCertificate::commonName)
                    .isEqualTo(Certificates.CLIENT);
            ping(client);
        }
    }

    @Test
    void aRefusedLoginIsNotALogin() {
        Assumptions.assumeTrue(dialect().refusedHello().isPresent());
        try (Site site = site(new Limits());
                Client client = site.connect()) {
            client.exchange(dialect().refusedHello().orElseThrow());
            Await.until(
                    "it is gone or not logged in",
                    () -> site.connections().all().stream().allMatch(one -> one.login() == null));
            try (Client good = loggedIn(site, "client")) {
                ping(good);
            }
        }
    }

    // Limits.

    @Test
    void connectionsAreLimitedInTotalAndPerAddress() {
        Limits total = new Limits();
        total.maxConnections = 2;
        Limits perAddress = new Limits();
        perAddress.maxConnectionsPerIp = 2;
        for (Limits limits : List.of(total, perAddress)) {
            try (Site site = site(limits);
                    Client one = loggedIn(site, "one")) {
                try (Client two = loggedIn(site, "two");
                        Client three = site.connect()) {
                    assertThat(three.rest()).isEmpty();
                    ping(one);
                    ping(two);
                }
                Await.until("the second is gone", () -> site.connections().count() == 1);
                try (Client four = loggedIn(site, "four")) {
                    ping(four);
                }
            }
        }
    }

    @Test
    void acceptingIsLimitedToItsRate() {
        Limits limits = new Limits();
        limits.acceptRate = 20;
        try (Site site = site(limits)) {
            long start = System.nanoTime();
            for (int i = 0; i < 20; i++) {
                try (Client client = loggedIn(site, "client-" + i)) {
                    ping(client);
                }
            }
            assertThat(System.nanoTime() - start).isGreaterThan(TimeUnit.MILLISECONDS.toNanos(400));
        }
    }

    @Test
    void whoSaysNothingAndWhoDoesNotLogInIsEnded() {
        Limits limits = new Limits();
        limits.firstByteTimeout = Duration.ofMillis(200);
        limits.loginTimeout = Duration.ofMillis(500);
        try (Site site = site(limits);
                Client good = loggedIn(site, "client");
                Client silent = site.connect();
                Client slow = site.connect()) {
            byte[] hello = dialect().hello("slow").request();
            slow.send(Arrays.copyOf(hello, hello.length - 1));
            silent.rest();
            slow.rest();
            Await.until("only one is left", () -> site.connections().count() == 1);
            ping(good);
        }
    }

    @Test
    void packetsAreLimitedBeforeLoginAndAfter() {
        Limits limits = new Limits();
        limits.maxPacketBeforeLogin = 8 << 10;
        limits.maxPacket = 1 << 20;
        try (Site site = site(limits);
                Client good = loggedIn(site, "good");
                Client known = loggedIn(site, "known");
                Client stranger = site.connect()) {
            oversize(stranger, 64 << 10);
            oversize(known, 4 << 20);
            Await.until("only one is left", () -> site.connections().count() == 1);
            ping(good);
        }
    }

    /** Announces a packet and sends as much of it until the broker has had enough. */
    private void oversize(Client client, int size) {
        client.send(dialect().beginningOfPacket(size));
        byte[] filling = new byte[4096];
        Arrays.fill(filling, (byte) 'x');
        for (int sent = 0; sent < 2 * size && !client.hasEnded(); sent += filling.length) {
            client.send(filling);
        }
        client.rest();
    }

    @Test
    void aSlowReaderHoldsUpNobodyAndNoMemory() {
        Limits limits = new Limits();
        limits.maxPendingBytes = 1 << 20;
        limits.highWaterBytes = 256 << 10;
        limits.lowWaterBytes = 64 << 10;
        try (Site site = site(limits);
                Client good = loggedIn(site, "good");
                Client slow = loggedIn(site, "slow")) {
            slow.stopReading();
            long slack = limits.maxPendingBytes;
            for (int i = 0; i < 16; i++) {
                slow.send(dialect().demanding(1 << 20));
                ping(good);
                assertThat(site.connections().all())
                        .allMatch(
                                one ->
                                        one.outbox().pendingBytes()
                                                <= limits.maxPendingBytes + slack);
            }
            slow.readOn();
            ping(good);
        }
    }

    @Test
    void aClientOverItsRateIsSlowedDown() {
        Assumptions.assumeTrue(dialect().publishing(1).isPresent());
        try (Site site = site(new Limits());
                Client fast = loggedIn(site, "fast")) {
            site.rateLimiter()
                    .reload(
                            new LimitsConfig(
                                    RateConfig.UNLIMITED,
                                    RateConfig.UNLIMITED,
                                    new RateConfig(0, 100, 0),
                                    RateConfig.UNLIMITED));
            long start = System.nanoTime();
            fast.send(dialect().publishing(100).orElseThrow());
            fast.send(dialect().publishing(1).orElseThrow());
            Await.until(
                    "it was held up", () -> counter(site, "polymq_network_throttled_reads") > 0);
            try (Client other = loggedIn(site, "other")) {
                ping(other);
            }
            assertThat(System.nanoTime() - start).isLessThan(TimeUnit.SECONDS.toNanos(20));
        }
    }

    // Bad input.

    @Test
    void garbageEndsItsOwnConnectionOnly() {
        Random random = new Random(SEED);
        try (Site site = site(new Limits());
                Client good = loggedIn(site, "good")) {
            for (int round = 0; round < GARBAGE_ROUNDS; round++) {
                byte[] garbage = new byte[1 + random.nextInt(2000)];
                random.nextBytes(garbage);
                try (Client bad = round % 2 == 0 ? site.connect() : loggedIn(site, "bad")) {
                    bad.send(garbage);
                    bad.shutOutput();
                    bad.rest();
                }
            }
            ping(good);
            Await.until("only one is left", () -> site.connections().count() == 1);
        }
    }

    @Test
    void packetsThatBreakOffEndTheirOwnConnectionOnly() {
        byte[] hello = dialect().hello("cut").request();
        byte[] ping = dialect().ping(0).request();
        byte[] all = Arrays.copyOf(hello, hello.length + ping.length);
        System.arraycopy(ping, 0, all, hello.length, ping.length);
        try (Site site = site(new Limits());
                Client good = loggedIn(site, "good")) {
            for (int length = 0; length < all.length; length++) {
                try (Client cut = site.connect()) {
                    cut.send(Arrays.copyOf(all, length));
                    cut.shutOutput();
                    cut.rest();
                }
            }
            ping(good);
            Await.until("only one is left", () -> site.connections().count() == 1);
        }
    }

    @Test
    void damagedPacketsEndTheirOwnConnectionOnly() {
        Random random = new Random(SEED);
        byte[] hello = dialect().hello("damaged").request();
        try (Site site = site(new Limits());
                Client good = loggedIn(site, "good")) {
            for (int round = 0; round < GARBAGE_ROUNDS; round++) {
                byte[] damaged = hello.clone();
                for (int i = 0; i <= random.nextInt(3); i++) {
                    damaged[random.nextInt(damaged.length)] = (byte) random.nextInt();
                }
                try (Client bad = site.connect()) {
                    bad.send(damaged);
                    bad.shutOutput();
                    bad.rest();
                }
            }
            ping(good);
            Await.until("only one is left", () -> site.connections().count() == 1);
        }
    }

    @Test
    void tlsOnThePlainPortAndPlainBytesOnTheTlsPortAreClosed() {
        byte[] hello = {0x16, 3, 1, 0, 5, 1, 0, 0, 1, 0};
        try (Site site = site(new Limits());
                Client mistaken = site.connect()) {
            mistaken.send(hello);
            mistaken.rest();
            awaitNobody(site);
            try (Client good = loggedIn(site, "good")) {
                ping(good);
            }
        }
    }

    // Life.

    @ParameterizedTest
    @EnumSource(
            value = Route.class,
            names = {"TCP", "TLS", "WEBSOCKET", "QUIC"})
    void aKickReachesTheClient(Route route) {
        try (Site site = site(new Limits());
                Client good = loggedIn(site, "good");
                Client kicked = loggedIn(site, route, "kicked")) {
            long id =
                    site.connections().all().stream()
                            .mapToLong(one -> one.id())
                            .max()
                            .orElseThrow();
            assertThat(site.connections().kick(id, "conformance")).isTrue();
            byte[] goodbye = kicked.rest();
            assertThat(dialect().isGoodbye(CloseReason.Kind.KICKED, goodbye))
                    .as("a goodbye: " + Arrays.toString(goodbye))
                    .isTrue();
            ping(good);
            kicked.close();
            Await.until("it is gone", () -> !site.connections().kick(id, "again"));
        }
    }

    @Test
    void stopsUnderLoadInTimeAndEveryClientIsToldSo() {
        Site site = site(new Limits());
        List<Client> clients = new ArrayList<>();
        for (Route route : List.of(Route.TCP, Route.TLS, Route.WEBSOCKET, Route.QUIC)) {
            for (int i = 0; i < 5; i++) {
                Client client = loggedIn(site, route, route + "-" + i);
                client.send(dialect().demanding(64 << 10));
                clients.add(client);
            }
        }
        long start = System.nanoTime();
        CompletableFuture<Void> stopped = site.beginShutdown();
        clients.forEach(Client::rest);
        stopped.join();
        assertThat(System.nanoTime() - start).isLessThan(Site.SHUTDOWN_WITHIN.toNanos());
        assertThat(site.connections().count()).isZero();
        clients.forEach(Client::close);
        site.close();
    }

    @Test
    void startsAgainOnTheSamePortAfterItHasStopped() {
        TransportPorts tcp = new TransportPorts(0, null, null, null, null);
        for (int round = 0; round < 2; round++) {
            try (Site site = site(new Limits().build(), tcp)) {
                int port = ((InetSocketAddress) site.address(Route.TCP)).getPort();
                tcp = new TransportPorts(port, null, null, null, null);
                try (Client client = loggedIn(site, "client")) {
                    ping(client);
                }
            }
        }
    }

    @Test
    void connectionsAndBytesAreCounted() {
        try (Site site = site(new Limits());
                Client client = loggedIn(site, "client")) {
            ping(client);
            assertThat(counter(site, "polymq_network_accepted_connections")).isEqualTo(1);
            assertThat(counter(site, "polymq_network_received_bytes"))
                    .isGreaterThanOrEqualTo(
                            dialect().hello("client").request().length
                                    + dialect().ping(0).request().length);
            assertThat(counter(site, "polymq_network_sent_bytes")).isPositive();
            assertThat(site.registry().scrape().stream())
                    .as("the protocol has metrics of its own")
                    .anyMatch(
                            one ->
                                    one.getMetadata()
                                            .getPrometheusName()
                                            .startsWith("polymq_" + site.binding().name()));
        }
    }

    private static double counter(Site site, String name) {
        return Metrics.sum(site.registry(), name);
    }
}
