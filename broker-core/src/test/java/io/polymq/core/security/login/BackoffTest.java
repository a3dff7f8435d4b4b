package io.polymq.core.security.login;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

class BackoffTest {

    private static final SocketAddress HERE = new InetSocketAddress("10.0.0.1", 1);
    private final AtomicReference<Instant> now = new AtomicReference<>(Instant.EPOCH);
    private final Backoff backoff =
            new Backoff(3, Duration.ofSeconds(1), Duration.ofSeconds(10), now::get);

    private void failed(int times, SocketAddress from) {
        for (int i = 0; i < times; i++) {
            backoff.failed(from);
        }
    }

    @Test
    void pausesDoubleUpToTheLongest() {
        failed(2, HERE);
        assertThat(backoff.pause(HERE)).isZero();
        failed(1, HERE);
        assertThat(backoff.pause(HERE)).isEqualTo(Duration.ofSeconds(1));
        failed(1, HERE);
        assertThat(backoff.pause(HERE)).isEqualTo(Duration.ofSeconds(2));
        failed(100, HERE);
        assertThat(backoff.pause(HERE)).isEqualTo(Duration.ofSeconds(10));
        now.updateAndGet(t -> t.plusSeconds(4));
        assertThat(backoff.pause(HERE)).isEqualTo(Duration.ofSeconds(6));
    }

    @Test
    void successAndQuietForgive() {
        failed(5, HERE);
        backoff.succeeded(HERE);
        assertThat(backoff.pause(HERE)).isZero();
        failed(2, HERE);
        now.updateAndGet(t -> t.plusSeconds(11));
        failed(1, HERE);
        assertThat(backoff.pause(HERE)).isZero();
    }

    @Test
    void addressesAreApartAndNeighboursInIpv6AreOne() {
        failed(5, HERE);
        assertThat(backoff.pause(new InetSocketAddress("10.0.0.2", 1))).isZero();
        failed(5, new InetSocketAddress("2001:db8::1", 1));
        assertThat(backoff.pause(new InetSocketAddress("2001:db8::ffff", 9))).isPositive();
        assertThat(backoff.pause(new InetSocketAddress("2001:db8:0:1::1", 9))).isZero();
    }

    @Test
    void clientsWithoutAnAddressNeverWait() {
        SocketAddress unix = UnixDomainSocketAddress.of(Path.of("/tmp/s"));
        failed(50, unix);
        assertThat(backoff.pause(unix)).isZero();
    }

    @Test
    void itCanBeSwitchedOff() {
        Backoff off = new Backoff(0, Duration.ofSeconds(1), Duration.ofSeconds(2), now::get);
        for (int i = 0; i < 50; i++) {
            off.failed(HERE);
        }
        assertThat(off.pause(HERE)).isZero();
    }
}
