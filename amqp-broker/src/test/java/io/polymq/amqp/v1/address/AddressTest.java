package io.polymq.amqp.v1.address;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AddressTest {

    private static Address of(String text) {
        return Address.target(text, Set.of());
    }

    @Test
    void formatV2IsPercentEncoded() {
        assertThat(of("/queues/orders")).isEqualTo(new Address.Queue("orders", false));
        assertThat(of("/queues/a%2Fb%20c%25")).isEqualTo(new Address.Queue("a/b c%", false));
        assertThat(of("/queues/%E2%82%AC")).isEqualTo(new Address.Queue("€", false));
        assertThat(of("/exchanges/amq.direct/a%2Fb"))
                .isEqualTo(new Address.Exchange("amq.direct", "a/b"));
        assertThat(of("/exchanges/e/")).isEqualTo(new Address.Exchange("e", ""));
        assertThat(of("/exchanges/e")).isEqualTo(new Address.Exchange("e", null));
    }

    @Test
    void formatV1IsUnderstoodAsWell() {
        assertThat(of("/queue/q")).isEqualTo(new Address.Queue("q", true));
        assertThat(of("/amq/queue/q")).isEqualTo(new Address.Queue("q", false));
        assertThat(of("/exchange/e/k")).isEqualTo(new Address.Exchange("e", "k"));
        assertThat(of("/exchange/e")).isEqualTo(new Address.Exchange("e", null));
        assertThat(of("/topic/a.b")).isEqualTo(new Address.Exchange("amq.topic", "a.b"));
        assertThat(of("q")).isEqualTo(new Address.Queue("q", true));
    }

    @Test
    void aBareNameIsATopicWhenTheClientSaysSo() {
        assertThat(Address.source("prices", Set.of("topic")))
                .isEqualTo(new Address.Exchange("amq.topic", "prices"));
        assertThat(Address.target("prices", Set.of("queue")))
                .isEqualTo(new Address.Queue("prices", true));
        assertThat(Address.target("t", Set.of("temporary-topic")))
                .isEqualTo(new Address.Exchange("amq.topic", "t"));
    }

    @Test
    void noTargetIsTheAnonymousOne() {
        assertThat(Address.target(null, Set.of())).isEqualTo(new Address.Anonymous());
        assertThatThrownBy(() -> Address.source(null, Set.of()))
                .isInstanceOf(AddressException.class);
    }

    @Test
    void aSourceOfAnExchangeAlwaysHasAKey() {
        assertThat(Address.source("/exchanges/amq.fanout", Set.of()))
                .isEqualTo(new Address.Exchange("amq.fanout", ""));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "/",
                "/queues",
                "/queues/",
                "/queues/a/b",
                "/queues/%zz",
                "/queues/%f",
                "/queues/%FF",
                "/exchanges",
                "/exchanges/",
                "/exchanges//k",
                "/exchanges/e/k/x",
                "/amq/topic/x",
                "/nothing/x",
                "//"
            })
    void whatMeansNothingIsRefused(String text) {
        assertThatThrownBy(() -> of(text)).isInstanceOf(AddressException.class);
    }

    @Test
    void namesHaveAnEnd() {
        assertThat(of("/queues/" + "a".repeat(255))).isInstanceOf(Address.Queue.class);
        assertThatThrownBy(() -> of("/queues/" + "a".repeat(256)))
                .isInstanceOf(AddressException.class);
        assertThatThrownBy(() -> of("/queues/" + "é".repeat(128)))
                .isInstanceOf(AddressException.class);
    }

    @Test
    void writtenAddressesAreReadBack() {
        for (Address address :
                new Address[] {
                    new Address.Queue("ö/ %&=?#", false),
                    new Address.Exchange("x y", "#.*/%"),
                    new Address.Exchange("x", null),
                    new Address.Exchange("x", ""),
                    new Address.Management()
                }) {
            assertThat(of(address.text())).isEqualTo(address);
        }
    }
}
