package io.polymq.core.router;

import static org.assertj.core.api.Assertions.assertThat;

import io.polymq.core.message.Message;
import io.polymq.core.subject.Filter;
import io.polymq.core.subject.Subject;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class RouterConcurrencyTest {

    @Test
    void aSubscriptionIsSeenByEveryPublishThatBeginsAfterItAndChurnHidesNoOther() throws Exception {
        TrieRouter router = new TrieRouter(new TrieRouter.Limits(64, 64, 10_000), 5);
        Router.Space space = router.space("t");
        AtomicBoolean running = new AtomicBoolean(true);
        List<AtomicInteger> standing = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            AtomicInteger count = new AtomicInteger();
            standing.add(count);
            space.subscribe(
                    Filter.exactly(Subject.ofDotted("s." + i)),
                    null,
                    false,
                    message -> message.publisher() != 0 || count.incrementAndGet() > 0);
        }
        try (ExecutorService threads = Executors.newFixedThreadPool(4)) {
            List<Future<Integer>> results = new ArrayList<>();
            for (int churner = 0; churner < 2; churner++) {
                int number = churner;
                results.add(threads.submit(() -> churn(router, number, running)));
            }
            List<Callable<Integer>> publishers = new ArrayList<>();
            for (int publisher = 0; publisher < 2; publisher++) {
                publishers.add(() -> publish(router, 200_000));
            }
            int published = 0;
            for (Future<Integer> done : threads.invokeAll(publishers)) {
                published += done.get();
            }
            running.set(false);
            for (Future<Integer> result : results) {
                assertThat(result.get()).isPositive();
            }
            assertThat(standing.stream().mapToInt(AtomicInteger::get).sum()).isEqualTo(published);
        }
        assertThat(space.size()).isEqualTo(8);
        assertThat(router.failures()).isZero();
    }

    private static int publish(TrieRouter router, int count) {
        RouteCache cache = router.newCache();
        Message message = new Message();
        Subject[] subjects = new Subject[8];
        for (int i = 0; i < subjects.length; i++) {
            subjects[i] = Subject.ofDotted("s." + i);
        }
        for (int i = 0; i < count; i++) {
            message.begin(subjects[i & 7], new byte[0], 0, 0);
            router.space("t").publish(cache, message);
        }
        return count;
    }

    private static int churn(TrieRouter router, int number, AtomicBoolean running) {
        Router.Space space = router.space("t");
        RouteCache cache = router.newCache();
        Random random = new Random(number);
        int rounds = 0;
        while (running.get()) {
            String level =
                    switch (random.nextInt(3)) {
                        case 0 -> "s." + random.nextInt(8);
                        case 1 -> "inbox." + number + "." + random.nextInt(10_000);
                        default -> "s.x" + random.nextInt(500);
                    };
            Subject subject = Subject.ofDotted(level);
            AtomicInteger got = new AtomicInteger();
            Router.Group group =
                    random.nextBoolean()
                            ? null
                            : new Router.Group("g" + number, true, Router.Strategy.ROUND_ROBIN);
            try (Router.Subscription _ =
                    space.subscribe(
                            Filter.exactly(subject),
                            group,
                            false,
                            message ->
                                    message.publisher() != -1 - number
                                            || got.incrementAndGet() > 0)) {
                space.publish(
                        cache,
                        new Message().begin(subject, new byte[0], 0, 0).publisher(-1 - number));
                if (got.get() != 1) {
                    throw new AssertionError("missed on " + subject + " in round " + rounds);
                }
            }
            rounds++;
        }
        return rounds;
    }
}
