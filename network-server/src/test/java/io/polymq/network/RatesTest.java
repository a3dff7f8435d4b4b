package io.polymq.network;

import static org.assertj.core.api.Assertions.assertThat;

import io.polymq.config.LimitsConfig;
import io.polymq.config.RateConfig;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class RatesTest {

    private static final RateConfig TEN = new RateConfig(10, 10, 10);
    private final AtomicLong now = new AtomicLong();

    @Test
    void aBucketHoldsItsRateOverTime() {
        TokenBucket bucket = new TokenBucket(0);
        long time = 0;
        for (int i = 0; i < 1000; i++) {
            time += bucket.take(3, 100, time);
        }
        assertThat(TimeUnit.NANOSECONDS.toMillis(time)).isBetween(29_000L, 30_000L);
    }

    @Test
    void aBucketLetsABurstThroughAndThenAsksToWait() {
        TokenBucket bucket = new TokenBucket(0);
        assertThat(bucket.take(25, 100, 0)).isZero();
        assertThat(bucket.take(1, 100, 0)).isEqualTo(TimeUnit.MILLISECONDS.toNanos(10));
        assertThat(bucket.take(0, 100, 0)).isZero();
        assertThat(bucket.take(1_000_000, 0, 0)).as("no limit").isZero();
    }

    @Test
    void tryingTakesNothingWhenItWouldHaveToWait() {
        TokenBucket bucket = new TokenBucket(0);
        assertThat(bucket.tryTake(1, 0)).isTrue();
        assertThat(bucket.tryTake(1, 0)).isFalse();
        assertThat(bucket.tryTake(1, TimeUnit.SECONDS.toNanos(1))).isTrue();
    }

    private static LimitsConfig perUser(RateConfig rate) {
        return new LimitsConfig(
                RateConfig.UNLIMITED, RateConfig.UNLIMITED, rate, RateConfig.UNLIMITED);
    }

    private static Login user(String name) {
        return new Login("default", name, "");
    }

    @Test
    void usersAreHeldToTheirRateOneByOne() {
        GlobalRateLimiter limiter = new GlobalRateLimiter(perUser(TEN), now::get);
        RateHandle ann = limiter.login(user("ann"));
        RateHandle ben = limiter.login(user("ben"));
        assertThat(limiter.take(ann, 100, 0, 0)).isGreaterThan(TimeUnit.SECONDS.toNanos(9));
        assertThat(limiter.take(ben, 1, 0, 0)).isZero();
        assertThat(limiter.take(ben, 0, 100, 0)).isGreaterThan(TimeUnit.SECONDS.toNanos(9));
    }

    @Test
    void reconnectingClearsNoDebt() {
        GlobalRateLimiter limiter = new GlobalRateLimiter(perUser(TEN), now::get);
        RateHandle first = limiter.login(user("ann"));
        limiter.take(first, 1000, 0, 0);
        limiter.release(first);
        RateHandle second = limiter.login(user("ann"));
        assertThat(limiter.take(second, 1, 0, 0)).isGreaterThan(TimeUnit.SECONDS.toNanos(90));
    }

    @Test
    void loginsAreHeldToTheirRate() {
        GlobalRateLimiter limiter = new GlobalRateLimiter(perUser(TEN), now::get);
        int let = 0;
        for (int i = 0; i < 100; i++) {
            if (limiter.login(user("ann")) != null) {
                let++;
            }
        }
        assertThat(let).isEqualTo(2);
    }

    @Test
    void reloadingReachesHandlesThatAreHeld() {
        GlobalRateLimiter limiter = new GlobalRateLimiter(LimitsConfig.DEFAULT, now::get);
        RateHandle ann = limiter.login(user("ann"));
        assertThat(limiter.take(ann, 1000, 1000, 0)).isZero();
        limiter.reload(perUser(TEN));
        assertThat(limiter.take(ann, 1000, 0, 0)).isPositive();
        limiter.reload(LimitsConfig.DEFAULT);
        assertThat(limiter.take(ann, 1000, 1000, 0)).isZero();
    }

    @Test
    void whoIsGoneIsForgottenBeforeTooManyAreKept() {
        GlobalRateLimiter limiter = new GlobalRateLimiter(perUser(TEN), now::get);
        RateHandle stays = limiter.login(user("stays"));
        for (int i = 0; i < 200_000; i++) {
            RateHandle handle = limiter.login(user("user-" + i));
            limiter.take(handle, 1000, 0, 0);
            limiter.release(handle);
        }
        assertThat(limiter.tracked()).isLessThan(70_000);
        limiter.take(stays, 100, 0, 0);
        assertThat(limiter.take(limiter.login(user("stays")), 1, 0, 0)).isPositive();
    }
}
