package io.polymq.amqp.management;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class RatesTest {

    @Test
    void ratesAreThoseSinceOneLastAsked() {
        AtomicLong now = new AtomicLong(1_000);
        Rates rates = new Rates(() -> Instant.ofEpochMilli(now.get()));
        Object queue = new Object();
        assertThat(rate(rates, queue, 10)).isZero();
        now.addAndGet(500);
        assertThat(rate(rates, queue, 20)).isZero();
        now.addAndGet(4_500);
        assertThat(rate(rates, queue, 60)).isEqualTo(10.0);
        now.addAndGet(2_000);
        assertThat(rate(rates, queue, 100)).isEqualTo(20.0);
        now.addAndGet(100);
        assertThat(rate(rates, queue, 200)).isEqualTo(140 * 1000.0 / 2_100);
        assertThat(rate(rates, new Object(), 200)).isZero();
    }

    private static double rate(Rates rates, Object of, long count) {
        Object details = rates.with(of, Map.of("publish", count)).get("publish_details");
        return (Double) ((Map<?, ?>) details).get("rate");
    }
}
