package io.polymq.core.router;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.polymq.core.message.Message;
import io.polymq.core.subject.Dialect;
import io.polymq.core.subject.Filter;
import io.polymq.core.subject.InvalidSubjectException;
import io.polymq.core.subject.Subject;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class RouterTest {

    private final TrieRouter router = new TrieRouter(TrieRouter.Limits.DEFAULT, 42);
    private final Router.Space space = router.space("t");
    private final RouteCache cache = router.newCache();

    @Test
    void everyMatchingSubscriberGetsTheMessageOnce() {
        List<String> seen = new ArrayList<>();
        for (String filter : List.of("a/b", "a/+", "a/#", "#", "+/+", "a/b/#", "b/#", "+")) {
            subscribe(filter, recorder(filter, seen));
        }
        assertThat(publish("a.b")).isEqualTo(6);
        assertThat(seen).containsExactlyInAnyOrder("a/b", "a/+", "a/#", "#", "+/+", "a/b/#");
    }

    /** What is captured, by whom, before and after the topic itself is there. */
    @Test
    void whoStandsInForATopicLeavesASubjectToTheTopicThatIsCalledLikeIt() {
        List<String> seen = new ArrayList<>();
        space.subscribe(filter("box/#"), null, false, new Keeper("", Long.MAX_VALUE, seen));
        space.subscribe(filter("#"), null, false, new Keeper("everything", 1, seen));
        assertThat(space.publish(cache, message("box.a"))).isEqualTo(2);
        assertThat(seen).containsExactly("everything", "");
        Router.Subscription topic =
                space.subscribe(filter("box/a"), null, false, new Keeper("box.a", 2, seen));
        seen.clear();
        assertThat(space.publish(cache, message("box.a"))).isEqualTo(2);
        assertThat(seen).containsExactly("everything", "box.a");
        seen.clear();
        assertThat(space.publish(cache, message("box.b"))).isEqualTo(2);
        assertThat(seen).containsExactly("everything", "");
        topic.close();
        seen.clear();
        assertThat(space.publish(cache, message("box.a"))).isEqualTo(2);
        assertThat(seen).containsExactly("everything", "");
    }

    private record Keeper(String topic, long rank, List<String> seen) implements Capture {
        @Override
        public boolean isStandIn() {
            return topic.isEmpty();
        }

        @Override
        public boolean deliver(Message message) {
            seen.add(topic);
            return true;
        }

        @Override
        public int capture(Message message, Fanout live) {
            deliver(message);
            return 1 + live.deliver(message);
        }
    }

    @Test
    void aClosedSubscriptionGetsNothingMore() {
        List<String> seen = new ArrayList<>();
        Router.Subscription one = subscribe("a", recorder("one", seen));
        subscribe("a", recorder("two", seen));
        publish("a");
        one.close();
        one.close();
        publish("a");
        assertThat(seen).containsExactlyInAnyOrder("one", "two", "two");
        assertThat(space.size()).isEqualTo(1);
    }

    @Test
    void tenantsDoNotMeet() {
        List<String> seen = new ArrayList<>();
        subscribe("#", recorder("t", seen));
        assertThat(router.space("other").publish(cache, message("a"))).isZero();
        assertThat(publish("a")).isEqualTo(1);
        assertThat(router.space("other").publish(cache, message("a"))).isZero();
        assertThat(router.space("t")).isSameAs(space);
    }

    @Test
    void leadingWildcardsOfMqttDoNotSeeReservedSubjects() throws InvalidSubjectException {
        List<String> seen = new ArrayList<>();
        subscribe("#", recorder("#", seen));
        subscribe("+/x", recorder("+/x", seen));
        subscribe("$SYS/#", recorder("$SYS/#", seen));
        space.subscribe(Dialect.NATS.parse(">"), null, false, recorder(">", seen));
        publish("$SYS.x");
        assertThat(seen).containsExactlyInAnyOrder("$SYS/#", ">");
    }

    @Test
    void noLocalLeavesOutThePublishersOwnSubscription() {
        List<String> seen = new ArrayList<>();
        Filter filter = Filter.exactly(Subject.ofDotted("a"));
        space.subscribe(filter, null, true, owned(7, "own", seen));
        space.subscribe(filter, null, false, owned(7, "echo", seen));
        space.subscribe(filter, null, true, owned(8, "other", seen));
        space.publish(cache, message("a").publisher(7));
        assertThat(seen).containsExactlyInAnyOrder("echo", "other");
    }

    @Test
    void aThrowingSinkHarmsOnlyItself() {
        List<String> seen = new ArrayList<>();
        subscribe("a", recorder("before", seen));
        subscribe(
                "a",
                message -> {
                    throw new IllegalStateException("broken");
                });
        subscribe("a", recorder("behind", seen));
        assertThat(publish("a")).isEqualTo(2);
        assertThat(seen).containsExactlyInAnyOrder("before", "behind");
        assertThat(router.failures()).isEqualTo(1);
    }

    @ParameterizedTest
    @EnumSource(Router.Strategy.class)
    void oneMemberOfAGroupGetsEachMessageWhateverTheStrategy(Router.Strategy strategy) {
        Map<String, Integer> counts = new HashMap<>();
        for (String member : List.of("x", "y", "z")) {
            share("a/+", "g", false, strategy, counter(member, counts));
        }
        for (int i = 0; i < 300; i++) {
            assertThat(space.publish(cache, message("a." + i % 20).publisher(1 + i % 30)))
                    .isEqualTo(1);
        }
        assertThat(counts.values().stream().mapToInt(i -> i).sum()).isEqualTo(300);
        if (strategy == Router.Strategy.STICKY) {
            assertThat(counts).hasSize(1);
        } else {
            assertThat(counts).hasSize(3);
        }
    }

    @ParameterizedTest
    @EnumSource(Router.Strategy.class)
    void whatAMemberRefusesGoesToAnother(Router.Strategy strategy) {
        Map<String, Integer> counts = new HashMap<>();
        share("a", "g", false, strategy, message -> false);
        share(
                "a",
                "g",
                false,
                strategy,
                message -> {
                    throw new IllegalStateException("broken");
                });
        share("a", "g", false, strategy, counter("good", counts));
        for (int i = 0; i < 50; i++) {
            assertThat(publish("a")).isEqualTo(1);
        }
        assertThat(counts).containsEntry("good", 50);
    }

    @Test
    void aGroupOfWhichAllRefuseTakesNothing() {
        share("a", "g", false, Router.Strategy.ROUND_ROBIN, message -> false);
        share("a", "g", false, Router.Strategy.ROUND_ROBIN, message -> false);
        assertThat(publish("a")).isZero();
    }

    @Test
    void roundRobinIsEven() {
        Map<String, Integer> counts = new HashMap<>();
        for (String member : List.of("x", "y", "z")) {
            share("a", "g", false, Router.Strategy.ROUND_ROBIN, counter(member, counts));
        }
        for (int i = 0; i < 300; i++) {
            publish("a");
        }
        assertThat(counts).containsEntry("x", 100).containsEntry("y", 100).containsEntry("z", 100);
    }

    @Test
    void theIdlestMemberIsPreferred() {
        Map<String, Integer> counts = new HashMap<>();
        for (int load : List.of(5, 1, 9)) {
            Sink counter = counter("load " + load, counts);
            share(
                    "a",
                    "g",
                    false,
                    Router.Strategy.LEAST_IN_FLIGHT,
                    new Sink() {
                        @Override
                        public boolean deliver(Message message) {
                            return counter.deliver(message);
                        }

                        @Override
                        public int inFlight() {
                            return load;
                        }
                    });
        }
        for (int i = 0; i < 10; i++) {
            publish("a");
        }
        assertThat(counts).containsExactly(Map.entry("load 1", 10));
    }

    @Test
    void theSamePublisherOrSubjectMeetsTheSameMember() {
        Map<String, Integer> counts = new HashMap<>();
        for (int i = 0; i < 5; i++) {
            share("a", "p", false, Router.Strategy.HASH_PUBLISHER, counter("p" + i, counts));
            share("a", "s", false, Router.Strategy.HASH_SUBJECT, counter("s" + i, counts));
        }
        for (int i = 0; i < 40; i++) {
            space.publish(cache, message("a").publisher(3));
        }
        assertThat(counts).hasSize(2).containsValue(40);
    }

    @Test
    void aGroupAcrossFiltersGetsAMessageOnceAndAGroupPerFilterOncePerFilter() {
        Map<String, Integer> counts = new HashMap<>();
        share("a/b", "wide", true, Router.Strategy.ROUND_ROBIN, counter("wide 1", counts));
        share("a/#", "wide", true, Router.Strategy.ROUND_ROBIN, counter("wide 2", counts));
        share("a/b", "narrow", false, Router.Strategy.ROUND_ROBIN, counter("narrow 1", counts));
        share("a/#", "narrow", false, Router.Strategy.ROUND_ROBIN, counter("narrow 2", counts));
        for (int i = 0; i < 10; i++) {
            assertThat(publish("a.b")).isEqualTo(3);
        }
        assertThat(counts)
                .containsEntry("wide 1", 5)
                .containsEntry("wide 2", 5)
                .containsEntry("narrow 1", 10)
                .containsEntry("narrow 2", 10);
    }

    @Test
    void aGroupEndsWithItsLastMemberAndMayBeginAnew() {
        Map<String, Integer> counts = new HashMap<>();
        Router.Subscription member =
                share("a", "g", true, Router.Strategy.STICKY, counter("old", counts));
        publish("a");
        member.close();
        assertThat(publish("a")).isZero();
        share("a", "g", true, Router.Strategy.STICKY, counter("new", counts));
        publish("a");
        assertThat(counts).containsEntry("old", 1).containsEntry("new", 1);
    }

    @Test
    void subscriptionsAreListedWithTheirFilters() throws InvalidSubjectException {
        Sink sink = message -> true;
        List<Filter> filters = new ArrayList<>();
        for (String text : List.of("a/b", "+/b/#", "#", "/", "a/\1/\4x")) {
            filters.add(Dialect.MQTT.parse(text));
        }
        filters.add(Dialect.NATS.parse("a.>"));
        filters.add(Filter.EMPTY);
        filters.forEach(filter -> space.subscribe(filter, null, false, sink));
        share("q/+", "g", true, Router.Strategy.RANDOM, sink);
        List<Filter> listed = new ArrayList<>();
        space.forEach(subscription -> listed.add(subscription.filter()));
        filters.add(Dialect.MQTT.parse("q/+"));
        assertThat(listed).containsExactlyInAnyOrderElementsOf(filters);
        assertThat(space.size()).isEqualTo(8);
    }

    @Test
    void interestIsSeenAsItComesAndGoes() {
        assertThat(space.hasInterest(cache, Subject.ofDotted("a.b"))).isFalse();
        Router.Subscription subscription = subscribe("a/#", message -> true);
        assertThat(space.hasInterest(cache, Subject.ofDotted("a.b"))).isTrue();
        subscription.close();
        assertThat(space.hasInterest(cache, Subject.ofDotted("a.b"))).isFalse();
    }

    @Test
    void filtersDeeperThanTheLimitAreRefusedAndLeaveNothing() {
        Filter deep = filter("+" + "/x".repeat(1_024));
        assertThatThrownBy(() -> space.subscribe(deep, null, false, message -> true))
                .isInstanceOf(IllegalArgumentException.class);
        assertThat(space.size()).isZero();
        assertThat(deep.levelCount()).isGreaterThan(router.maxLevels());
    }

    @Test
    void exactFiltersMayBeAsDeepAsTheyLike() {
        String deep = "x" + "/x".repeat(32_000);
        subscribe(deep, message -> true);
        assertThat(publish(deep.replace('/', '.'))).isEqualTo(1);
    }

    @Test
    void subjectsOfManyThousandLevelsAreMatched() {
        subscribe("x/#", message -> true);
        subscribe("+/+/#", message -> true);
        assertThat(publish("x" + ".x".repeat(32_000))).isEqualTo(2);
    }

    @Test
    void aSinkMayPublishAndSubscribeWhileItIsCalled() {
        List<String> seen = new ArrayList<>();
        subscribe(
                "a",
                message -> {
                    space.publish(cache, message("b"));
                    subscribe("a", recorder("late", seen));
                    return true;
                });
        subscribe("b", recorder("b", seen));
        assertThat(publish("a")).isEqualTo(1);
        assertThat(seen).containsExactly("b");
        publish("a");
        assertThat(seen).containsExactly("b", "b", "late");
    }

    private Router.Subscription subscribe(String mqtt, Sink sink) {
        return space.subscribe(filter(mqtt), null, false, sink);
    }

    private Router.Subscription share(
            String mqtt, String group, boolean wide, Router.Strategy strategy, Sink sink) {
        return space.subscribe(filter(mqtt), new Router.Group(group, wide, strategy), false, sink);
    }

    private int publish(String subject) {
        return space.publish(cache, message(subject));
    }

    private static Filter filter(String mqtt) {
        try {
            return Dialect.MQTT.parse(mqtt);
        } catch (InvalidSubjectException bad) {
            throw new IllegalArgumentException(bad);
        }
    }

    private static Message message(String subject) {
        return new Message().begin(Subject.ofDotted(subject), new byte[0], 0, 0);
    }

    private static Sink recorder(String name, List<String> seen) {
        return message -> seen.add(name);
    }

    private static Sink counter(String name, Map<String, Integer> counts) {
        return message -> counts.merge(name, 1, Integer::sum) > 0;
    }

    private static Sink owned(long owner, String name, List<String> seen) {
        return new Sink() {
            @Override
            public boolean deliver(Message message) {
                return seen.add(name);
            }

            @Override
            public long owner() {
                return owner;
            }
        };
    }
}
