package io.polymq.kafka.quota;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.metrics.MetricConfig;
import org.apache.kafka.common.metrics.stats.Rate;
import org.apache.kafka.common.metrics.stats.TokenBucket;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Rates, and how long one waits for them, against Kafka's own. */
class RateWindowTest {

    private static final MetricConfig ELEVEN_SECONDS =
            new MetricConfig().samples(11).timeWindow(1, TimeUnit.SECONDS);

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5})
    void waitsAsLongAsKafkaSays(long seed) {
        Random random = new Random(seed);
        Rate kafka = new Rate();
        RateWindow ours = new RateWindow();
        double limit = 1_000;
        long now = 1_000_000;
        for (int i = 0; i < 2_000; i++) {
            now += random.nextInt(10) == 0 ? random.nextInt(15_000) : random.nextInt(400);
            double amount = random.nextInt(2_000);
            kafka.record(ELEVEN_SECONDS, amount, now);
            double rate = kafka.measure(ELEVEN_SECONDS, now);
            long window = kafka.windowSize(ELEVEN_SECONDS, now);
            long expected = rate > limit ? Math.round((rate - limit) / limit * window) : 0;
            assertThat(ours.add(amount, limit, now)).as("step %d", i).isEqualTo(expected);
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void theBucketForMutationsIsKafkas(long seed) {
        Random random = new Random(seed);
        double perSecond = 5;
        MetricConfig config =
                new MetricConfig()
                        .samples(11)
                        .timeWindow(1, TimeUnit.SECONDS)
                        .quota(org.apache.kafka.common.metrics.Quota.upperBound(perSecond));
        TokenBucket kafka = new TokenBucket();
        MutationBucket ours = new MutationBucket();
        long now = 1_000_000;
        for (int i = 0; i < 500; i++) {
            now += random.nextInt(1_500);
            double tokens = kafka.measure(config, now);
            long expected = tokens >= 0 ? 0 : Math.round(-tokens / perSecond * 1000);
            assertThat(ours.closedFor(perSecond, now)).as("step %d", i).isEqualTo(expected);
            if (expected == 0) {
                int amount = random.nextInt(30);
                kafka.record(config, amount, now);
                ours.take(amount, perSecond, now);
            }
        }
    }
}
