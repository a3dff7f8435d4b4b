package io.polymq.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.polymq.config.LimitsConfig;
import io.polymq.config.LoopConfig;
import io.polymq.config.RateConfig;
import io.polymq.config.TransportPorts;
import java.io.InputStream;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class LimitsTest {

    private static LineClient connect(TestNetwork network) throws Exception {
        return LineClient.to(network.address(TransportKind.TCP));
    }

    @Test
    void connectionsInTotalAndPerAddress() throws Exception {
        for (boolean perAddress : new boolean[] {true, false}) {
            Settings settings = new Settings();
            if (perAddress) {
                settings.maxConnectionsPerIp = 2;
            } else {
                settings.maxConnections = 2;
            }
            try (TestNetwork network = new TestNetwork(settings.build(), null);
                    LineClient one = connect(network)) {
                assertThat(one.ask("ECHO a")).isEqualTo("a");
                try (LineClient two = connect(network);
                        LineClient three = connect(network)) {
                    assertThat(two.ask("ECHO b")).isEqualTo("b");
                    assertThat(three.read()).isNull();
                }
                Await.until("the second is gone", () -> network.connections.count() == 1);
                try (LineClient four = connect(network)) {
                    assertThat(four.ask("ECHO d")).isEqualTo("d");
                }
            }
        }
    }

    @Test
    void connectionsPerUser() throws Exception {
        Settings settings = new Settings();
        settings.maxConnectionsPerUser = 1;
        try (TestNetwork network = new TestNetwork(settings.build(), null);
                LineClient one = connect(network);
                LineClient two = connect(network);
                LineClient three = connect(network)) {
            assertThat(one.ask("HELLO ann")).isEqualTo("OK");
            assertThat(two.ask("HELLO ann")).isEqualTo("FULL");
            assertThat(three.ask("HELLO ben")).isEqualTo("OK");
            assertThat(network.connections.countByUser("default", "ann")).isEqualTo(1);
            assertThat(network.connections.countByTenant("default")).isEqualTo(2);
            assertThat(network.connections.countByProtocol("line")).isGreaterThanOrEqualTo(2);
        }
    }

    @Test
    void timeToTheFirstByteAndToLogin() throws Exception {
        Settings settings = new Settings();
        settings.firstByteTimeout = Duration.ofMillis(150);
        settings.loginTimeout = Duration.ofMillis(1_500);
        try (TestNetwork network = new TestNetwork(settings.build(), null);
                LineClient silent = connect(network);
                LineClient talking = connect(network);
                LineClient loggedIn = connect(network)) {
            assertThat(loggedIn.ask("HELLO ann")).isEqualTo("OK");
            assertThat(talking.ask("ECHO a")).isEqualTo("a");
            assertThat(silent.read()).isEqualTo("END LOGIN_TIMEOUT");
            assertThat(silent.read()).isNull();
            assertThat(talking.ask("ECHO b")).isEqualTo("b");
            assertThat(talking.read()).isEqualTo("END LOGIN_TIMEOUT");
            assertThat(loggedIn.ask("ECHO still here")).isEqualTo("still here");
        }
    }

    @Test
    void idleConnectionsEnd() throws Exception {
        try (TestNetwork network = TestNetwork.plain();
                LineClient client = connect(network)) {
            assertThat(client.ask("HELLO ann")).isEqualTo("OK");
            Connection connection = network.connections.all().iterator().next();
            connection.loop().execute(() -> connection.idleTimeout(Duration.ofMillis(120)));
            assertThat(client.read()).isEqualTo("END IDLE");
        }
    }

    @Test
    void packetsBeforeAndAfterLogin() throws Exception {
        Settings settings = new Settings();
        settings.maxPacketBeforeLogin = 1000;
        settings.maxPacket = 100_000;
        try (TestNetwork network = new TestNetwork(settings.build(), null);
                LineClient stranger = connect(network);
                LineClient known = connect(network)) {
            stranger.send("ECHO " + "x".repeat(1000));
            assertThat(stranger.read()).isEqualTo("END TOO_LARGE");
            assertThat(stranger.read()).isNull();
            assertThat(known.ask("HELLO ann")).isEqualTo("OK");
            assertThat(known.ask("ECHO " + "x".repeat(90_000))).hasSize(90_000);
            known.send("ECHO " + "x".repeat(100_000));
            assertThat(known.read()).isEqualTo("END TOO_LARGE");
        }
    }

    @Test
    void aSlowReaderIsEndedWhenTooMuchIsPending() throws Exception {
        Settings settings = new Settings();
        settings.maxPendingBytes = 1 << 20;
        settings.highWaterBytes = 1 << 18;
        settings.lowWaterBytes = 1 << 16;
        try (TestNetwork network = new TestNetwork(settings.build(), null);
                LineClient slow = connect(network);
                LineClient good = connect(network)) {
            for (int i = 0; i < 40; i++) {
                slow.send("FILL 1000000\n");
            }
            Await.until(
                    "the slow reader is ended",
                    () -> network.protocol.closed.containsKey(CloseReason.Kind.SLOW_CONSUMER));
            assertThat(good.ask("ECHO fine")).isEqualTo("fine");
        }
    }

    @Test
    void acceptingSlowsDownToTheRate() throws Exception {
        Settings settings = new Settings();
        settings.acceptRate = 20;
        try (TestNetwork network = new TestNetwork(settings.build(), null)) {
            long start = System.nanoTime();
            for (int i = 0; i < 20; i++) {
                try (LineClient client = connect(network)) {
                    assertThat(client.ask("ECHO a")).isEqualTo("a");
                }
            }
            // A quarter of a second's worth is accepted at once.
            assertThat(System.nanoTime() - start).isGreaterThan(TimeUnit.MILLISECONDS.toNanos(400));
        }
    }

    @Test
    void aClientOverItsRateIsLeftUnreadForAWhileAndReloadingLiftsIt() throws Exception {
        try (TestNetwork network = TestNetwork.plain();
                LineClient client = connect(network)) {
            assertThat(client.ask("HELLO ann")).isEqualTo("OK");
            network.rateLimiter.reload(
                    new LimitsConfig(
                            RateConfig.UNLIMITED,
                            RateConfig.UNLIMITED,
                            new RateConfig(0, 10, 0),
                            RateConfig.UNLIMITED));
            long start = System.nanoTime();
            client.send("PUB x\n".repeat(10));
            // The first question may be read together with what goes over the limit.
            assertThat(client.ask("ECHO a")).isEqualTo("a");
            assertThat(client.ask("ECHO a")).isEqualTo("a");
            assertThat(System.nanoTime() - start).isGreaterThan(TimeUnit.MILLISECONDS.toNanos(500));
            network.rateLimiter.reload(LimitsConfig.DEFAULT);
            client.send("PUB x\n".repeat(10_000));
            long free = System.nanoTime();
            assertThat(client.ask("ECHO b")).isEqualTo("b");
            assertThat(System.nanoTime() - free).isLessThan(TimeUnit.SECONDS.toNanos(5));
        }
    }

    @Test
    void readingPausesAndResumes() throws Exception {
        try (TestNetwork network = TestNetwork.plain();
                LineClient client = connect(network)) {
            assertThat(client.ask("ECHO a")).isEqualTo("a");
            Connection connection = network.connections.all().iterator().next();
            connection.loop().submit(connection::pauseReading).sync();
            client.send("ECHO b\n");
            client.socket().setSoTimeout(200);
            InputStream in = client.socket().getInputStream();
            assertThatThrownBy(in::read).isInstanceOf(java.net.SocketTimeoutException.class);
            connection.resumeReading();
            client.socket().setSoTimeout(10_000);
            assertThat(client.read()).isEqualTo("b");
        }
    }

    @Test
    void aPortInUseIsOneSentence() {
        try (TestNetwork network = TestNetwork.plain();
                TestNetwork other = TestNetwork.plain()) {
            int port = network.address(TransportKind.TCP).getPort();
            assertThatThrownBy(
                            () ->
                                    other.server.listen(
                                            other.protocol,
                                            new TransportPorts(port, null, null, null, null),
                                            LoopConfig.DEFAULT))
                    .isInstanceOf(NetworkException.class)
                    .hasMessageContaining("cannot listen on")
                    .hasMessageContaining(Integer.toString(port));
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }
}
