package io.polymq.meta;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.grpc.ManagedChannel;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class ClientPoolTest {

    @Test
    void everybodySharesOneChannelPerPeer() {
        try (ClientPool pool = new ClientPool(ClientPool.Settings.PLAIN)) {
            ManagedChannel channel = pool.channel("127.0.0.1:1");
            assertThat(pool.channel("127.0.0.1:1")).isSameAs(channel);
            assertThat(pool.channel("127.0.0.1:2")).isNotSameAs(channel);
            assertThat(pool.size()).isEqualTo(2);
        }
    }

    @Test
    void peersAreBounded() {
        ClientPool.Settings two =
                new ClientPool.Settings(
                        null,
                        Duration.ofSeconds(1),
                        Duration.ofSeconds(6),
                        Duration.ofSeconds(1),
                        1 << 20,
                        2);
        try (ClientPool pool = new ClientPool(two)) {
            pool.channel("127.0.0.1:1");
            pool.channel("127.0.0.1:2");
            assertThatThrownBy(() -> pool.channel("127.0.0.1:3"))
                    .isInstanceOf(MetadataException.class)
                    .hasMessageContaining("2 peers");
            assertThat(pool.channel("127.0.0.1:1").isShutdown()).isFalse();
        }
    }

    @Test
    void closingEndsTheChannels() {
        ClientPool pool = new ClientPool(ClientPool.Settings.PLAIN);
        ManagedChannel channel = pool.channel("127.0.0.1:1");
        pool.close();
        pool.close();
        assertThat(channel.isTerminated()).isTrue();
        assertThatThrownBy(() -> pool.channel("127.0.0.1:1")).isInstanceOf(MetadataException.class);
    }

    @Test
    void unreadableCertificatesAreOneSentence() {
        ClientPool.Tls missing = new ClientPool.Tls(Path.of("/nowhere/ca.pem"), null, null);
        assertThatThrownBy(() -> new ClientPool(ClientPool.Settings.PLAIN.withTls(missing)))
                .isInstanceOf(MetadataException.class)
                .hasMessageContaining("/nowhere/ca.pem");
    }
}
