package io.polymq.network;

import io.polymq.config.LimitsConfig;
import io.polymq.config.RateConfig;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Threads;
import org.openjdk.jmh.annotations.Warmup;

/** What a batch of reads pays for the rate limits. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 3, time = 1)
@Fork(1)
public class LimiterBenchmark {

    private static final RateConfig WIDE =
            new RateConfig(0, 1_000_000_000_000L, 1_000_000_000_000L);
    private static final Login LOGIN = new Login("default", "user", "client");

    private final GlobalRateLimiter unlimited =
            new GlobalRateLimiter(LimitsConfig.DEFAULT, System::nanoTime);
    private final GlobalRateLimiter limited =
            new GlobalRateLimiter(new LimitsConfig(WIDE, WIDE, WIDE, WIDE), System::nanoTime);
    private final RateHandle none = Objects.requireNonNull(unlimited.login(LOGIN));
    private final RateHandle all = Objects.requireNonNull(limited.login(LOGIN));

    @Benchmark
    public long noLimits() {
        return unlimited.take(none, 10, 1280, System.nanoTime());
    }

    @Benchmark
    public long limitsOnEveryLevel() {
        return limited.take(all, 10, 1280, System.nanoTime());
    }

    @Benchmark
    @Threads(2)
    public long limitsOnEveryLevelFromTwoThreads() {
        return limited.take(all, 10, 1280, System.nanoTime());
    }
}
