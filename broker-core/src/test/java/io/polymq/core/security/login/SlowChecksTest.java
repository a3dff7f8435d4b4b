package io.polymq.core.security.login;

import static org.assertj.core.api.Assertions.assertThat;

import io.polymq.core.security.Security.Reason;
import io.polymq.core.security.login.Authenticator.Verdict;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

class SlowChecksTest {

    private static Verdict verdict(CompletionStage<Verdict> stage) {
        return stage.toCompletableFuture().orTimeout(20, TimeUnit.SECONDS).join();
    }

    @Test
    void soManyRunSoManyWaitAndTheRestIsRefused() {
        AtomicInteger atOnce = new AtomicInteger();
        AtomicInteger most = new AtomicInteger();
        CountDownLatch release = new CountDownLatch(1);
        try (SlowChecks checks = new SlowChecks("test", 2, 3, Duration.ofSeconds(20))) {
            List<CompletionStage<Verdict>> stages = new ArrayList<>();
            for (int i = 0; i < 8; i++) {
                stages.add(
                        checks.run(
                                () -> {
                                    most.accumulateAndGet(atOnce.incrementAndGet(), Math::max);
                                    release.await();
                                    atOnce.decrementAndGet();
                                    return Verdict.ABSTAIN;
                                }));
            }
            release.countDown();
            List<Verdict> verdicts = stages.stream().map(SlowChecksTest::verdict).toList();
            assertThat(verdicts.subList(0, 5)).containsOnly(Verdict.ABSTAIN);
            assertThat(verdicts.subList(5, 8))
                    .allSatisfy(
                            v ->
                                    assertThat(((Verdict.Refuse) v).reason())
                                            .isEqualTo(Reason.UNAVAILABLE));
            assertThat(most).hasValue(2);
        }
    }

    @Test
    void whatTakesTooLongOrBreaksIsUnavailable() {
        CountDownLatch never = new CountDownLatch(1);
        try (SlowChecks checks = new SlowChecks("test", 2, 3, Duration.ofMillis(100))) {
            Verdict late =
                    verdict(
                            checks.run(
                                    () -> {
                                        never.await();
                                        return Verdict.ABSTAIN;
                                    }));
            assertThat(((Verdict.Refuse) late).reason()).isEqualTo(Reason.UNAVAILABLE);
            Verdict broken =
                    verdict(
                            checks.run(
                                    () -> {
                                        throw new IllegalStateException("a secret detail");
                                    }));
            assertThat(((Verdict.Refuse) broken).detail()).doesNotContain("secret");
        }
    }

    @Test
    void rememberedLoginsAreBoundedInNumberAndTime() {
        AtomicReference<Instant> now = new AtomicReference<>(Instant.EPOCH);
        RememberedLogins<String> remembered =
                new RememberedLogins<>(100, Duration.ofSeconds(10), now::get, new SecureRandom());
        String first = remembered.hash(new byte[] {1}, "user");
        assertThat(first)
                .isEqualTo(remembered.hash(new byte[] {1}, "user"))
                .isNotEqualTo(remembered.hash(new byte[] {1}, "use", "r"))
                .isNotEqualTo(remembered.hash(new byte[] {2}, "user"));
        remembered.remember(first, "x");
        assertThat(remembered.find(first)).isEqualTo("x");
        now.set(Instant.EPOCH.plusSeconds(11));
        assertThat(remembered.find(first)).isNull();
        for (int i = 0; i < 500; i++) {
            remembered.remember("h" + i, "x");
        }
        assertThat(remembered.size()).isEqualTo(100);
        assertThat(remembered.find("h499")).isEqualTo("x");
        assertThat(remembered.find("h1")).isNull();
    }
}
