package io.polymq.core.router;

import static org.assertj.core.api.Assertions.assertThat;

import io.polymq.core.message.Message;
import io.polymq.core.subject.Filter;
import io.polymq.core.subject.RandomSubjects;
import io.polymq.core.subject.Subject;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The router against a model that keeps a list and asks each filter. */
class RouterSimulationTest {

    private record Known(
            int id, Filter filter, String group, boolean wide, long owner, boolean noLocal) {}

    @Test
    void aHundredThousandStepsAgreeWithTheModel() {
        run(100_000, 11, new TrieRouter.Limits(64, 64, 2_000));
    }

    @Test
    @Tag("long")
    void aMillionStepsAgreeWithTheModel() {
        for (int seed = 0; seed < 4; seed++) {
            run(250_000, seed, new TrieRouter.Limits(64, 16 << seed * 2, 500L << seed * 3));
        }
    }

    private void run(int steps, long seed, TrieRouter.Limits limits) {
        Random random = new Random(seed);
        TrieRouter router = new TrieRouter(limits, seed);
        Router.Space space = router.space("t");
        RouteCache[] caches = {router.newCache(), router.newCache()};
        List<Known> model = new ArrayList<>();
        Map<Integer, Router.Subscription> open = new HashMap<>();
        List<Integer> got = new ArrayList<>();
        int next = 0;
        for (int step = 0; step < steps; step++) {
            int choice = random.nextInt(10);
            if (choice < 2 || model.isEmpty()) {
                Filter filter = RandomSubjects.filter(random);
                boolean grouped = random.nextInt(3) == 0;
                boolean wide = random.nextBoolean();
                Known known =
                        new Known(
                                next++,
                                filter,
                                grouped ? (wide ? "w" : "n") + random.nextInt(3) : null,
                                wide,
                                1 + random.nextInt(4),
                                random.nextInt(4) == 0);
                model.add(known);
                Router.Strategy[] all = Router.Strategy.values();
                Router.Group group =
                        grouped
                                ? new Router.Group(
                                        known.group(), wide, all[random.nextInt(all.length)])
                                : null;
                open.put(
                        known.id(),
                        space.subscribe(filter, group, known.noLocal(), new Recorder(known, got)));
            } else if (choice < 4 && (model.size() > 60 || random.nextInt(4) == 0)) {
                Known gone = model.remove(random.nextInt(model.size()));
                open.remove(gone.id()).close();
            } else {
                Subject subject = RandomSubjects.subject(random);
                long publisher = random.nextInt(5);
                got.clear();
                Message message =
                        new Message().begin(subject, new byte[0], 0, 0).publisher(publisher);
                int taken = space.publish(caches[random.nextInt(2)], message);
                check(model, subject, publisher, got, taken);
            }
            assertThat(space.size()).isEqualTo(model.size());
        }
        Set<Filter> listed = new HashSet<>();
        space.forEach(s -> listed.add(s.filter()));
        Set<Filter> expected = new HashSet<>();
        model.forEach(known -> expected.add(known.filter()));
        assertThat(listed).isEqualTo(expected);
        open.values().forEach(Router.Subscription::close);
        assertThat(space.size()).isZero();
        space.forEach(s -> assertThat(s).isNull());
    }

    private static void check(
            List<Known> model, Subject subject, long publisher, List<Integer> got, int taken) {
        Set<Integer> plain = new HashSet<>();
        Map<String, Set<Integer>> shares = new HashMap<>();
        for (Known known : model) {
            if (known.filter().matches(subject)
                    && !(known.noLocal() && publisher != 0 && known.owner() == publisher)) {
                if (known.group() == null) {
                    plain.add(known.id());
                } else {
                    String share =
                            known.wide() ? known.group() : known.group() + " " + known.filter();
                    share += known.wide() ? "" : known.filter().skipsReserved();
                    shares.computeIfAbsent(share, s -> new HashSet<>()).add(known.id());
                }
            }
        }
        assertThat(got)
                .doesNotHaveDuplicates()
                .hasSize(taken)
                .hasSize(plain.size() + shares.size());
        assertThat(got).containsAll(plain);
        for (Set<Integer> members : shares.values()) {
            assertThat(got.stream().filter(members::contains).count()).isEqualTo(1);
        }
    }

    private record Recorder(Known known, List<Integer> got) implements Sink {
        @Override
        public boolean deliver(Message message) {
            return got.add(known.id());
        }

        @Override
        public long owner() {
            return known.owner();
        }
    }
}
