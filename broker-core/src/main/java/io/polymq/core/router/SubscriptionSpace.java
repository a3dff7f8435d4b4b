package io.polymq.core.router;

import io.polymq.core.message.KeptMessage;
import io.polymq.core.message.Message;
import io.polymq.core.subject.Filter;
import io.polymq.core.subject.Subject;
import io.polymq.core.trace.MessageTracer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One tenant's subscriptions. Shared: publishing takes no lock; subscribing takes a short one,
 * which publishers never meet.
 */
final class SubscriptionSpace implements Router.Space {

    private static final Logger LOG = LoggerFactory.getLogger(SubscriptionSpace.class);
    private static final Member[] NO_MEMBERS = new Member[0];
    private static final Route.Share[] NO_SHARES = new Route.Share[0];

    private record GroupPlace(Filter filter, String group) {}

    private final String tenant;
    private final long id;
    private final Generations generations;
    private final LongAdder failures;
    private final AtomicReference<@Nullable PublishGuard> guard;
    private final AtomicReference<SubscriptionEvents> events;
    private final MessageTracer tracer;
    private final SubjectTrie<SubjectTrie.Entry> trie;
    private final ReentrantLock lock = new ReentrantLock();
    private final Map<GroupPlace, GroupEntry> groupEntries = new HashMap<>();
    private final Map<String, SharedGroup> wideGroups = new HashMap<>();
    private volatile long size;
    private volatile long liveSize;

    SubscriptionSpace(
            String tenant,
            long id,
            LevelHash hashes,
            int maxLevels,
            Generations generations,
            LongAdder failures,
            AtomicReference<@Nullable PublishGuard> guard,
            AtomicReference<SubscriptionEvents> events,
            MessageTracer tracer) {
        this.guard = guard;
        this.events = events;
        this.tracer = tracer;
        this.tenant = tenant;
        this.id = id;
        this.generations = generations;
        this.failures = failures;
        this.trie = new SubjectTrie<>(hashes, maxLevels);
    }

    private SubscriptionEvents heard() {
        return Objects.requireNonNull(events.get());
    }

    @Override
    public String tenant() {
        return tenant;
    }

    @Override
    public Router.Subscription subscribe(
            Filter filter, Router.@Nullable Group group, boolean noLocal, Sink sink) {
        Member member;
        lock.lock();
        try {
            if (group == null) {
                member = new Member(this, noLocal, sink);
                trie.add(filter, member);
            } else {
                member = join(filter, group, noLocal, sink);
            }
            size++;
            liveSize += sink instanceof Capture ? 0 : 1;
        } finally {
            lock.unlock();
        }
        generations.moved(id, filter);
        if (!(sink instanceof Capture)) {
            heard().subscribed(tenant, filter, sink.owner());
        }
        return member;
    }

    private Member join(Filter filter, Router.Group group, boolean noLocal, Sink sink) {
        GroupPlace place = new GroupPlace(filter, group.name());
        GroupEntry entry = groupEntries.get(place);
        if (entry == null) {
            SharedGroup known = group.acrossFilters() ? wideGroups.get(group.name()) : null;
            SharedGroup shared = known == null ? new SharedGroup(group) : known;
            entry = new GroupEntry(shared);
            trie.add(filter, entry);
            groupEntries.put(place, entry);
            if (group.acrossFilters()) {
                wideGroups.put(group.name(), shared);
            }
            shared.places++;
        }
        Member member = new Member(this, noLocal, sink);
        member.groupEntry = entry;
        entry.members().add(member);
        return member;
    }

    void unsubscribe(Member member) {
        Filter filter;
        Sink sink;
        lock.lock();
        try {
            if (!member.isOpen()) {
                return;
            }
            filter = member.filter();
            sink = member.sink();
            liveSize -= sink instanceof Capture ? 0 : 1;
            member.letGo();
            GroupEntry entry = member.groupEntry;
            if (entry == null) {
                trie.remove(member);
            } else {
                leave(entry, filter, member);
            }
            size--;
        } finally {
            lock.unlock();
        }
        generations.moved(id, filter);
        if (!(sink instanceof Capture)) {
            heard().unsubscribed(tenant, filter, sink.owner());
        }
    }

    private void leave(GroupEntry entry, Filter filter, Member member) {
        entry.members().remove(member);
        if (entry.members().live() > 0) {
            return;
        }
        trie.remove(entry);
        SharedGroup shared = entry.group();
        groupEntries.remove(new GroupPlace(filter, shared.spec().name()));
        shared.places--;
        if (shared.places == 0 && shared.spec().acrossFilters()) {
            wideGroups.remove(shared.spec().name());
        }
    }

    @Override
    public @Nullable String refusal(Message message) {
        PublishGuard asked = guard.get();
        return asked == null ? null : asked.refusal(tenant, message);
    }

    @Override
    public boolean isGuarded() {
        return guard.get() != null;
    }

    @Override
    public boolean isCaptured(RouteCache cache, Subject subject) {
        return cache.route(this, subject).captures.length > 0;
    }

    @Override
    public boolean mayAdd() {
        return heard().mayAdd(tenant, liveSize);
    }

    @Override
    public int publish(RouteCache cache, Message message) {
        Route route = cache.route(this, message.subject());
        if (!tracer.isOn()) {
            return route.publish(message);
        }
        MessageTracer.Step step = tracer.published(tenant, message);
        return ended(step, route.publish(message));
    }

    @Override
    public int publishBeside(Capture origin, RouteCache cache, Message message) {
        Route route = cache.route(this, message.subject());
        if (!tracer.isOn()) {
            return route.deliverBeside(origin, message);
        }
        MessageTracer.Step step = tracer.published(tenant, message);
        return ended(step, 1 + route.deliverBeside(origin, message)) - 1;
    }

    private static int ended(MessageTracer.@Nullable Step step, int takers) {
        if (step != null) {
            step.done(takers);
        }
        return takers;
    }

    /** A member has taken a message; what has no connection of its own passes it on. */
    void taken(Member by, Sink sink, Message message) {
        long connection = sink.owner();
        if (connection != 0) {
            tracer.delivered(
                    tenant,
                    message,
                    new MessageTracer.Receiver(
                            MessageTracer.Kind.SUBSCRIPTION,
                            by.filter().toString(),
                            connection,
                            0));
        }
    }

    MessageTracer tracer() {
        return tracer;
    }

    @Override
    public CompletableFuture<Set<UUID>> keepers(RouteCache cache, KeptMessage message, long since) {
        return cache.route(this, message.subject()).keepers(message, since);
    }

    @Override
    public boolean hasInterest(RouteCache cache, Subject subject) {
        Route route = cache.route(this, subject);
        if (route.captures.length > 0 || route.shares.length > 0) {
            return true;
        }
        for (Member member : route.members) {
            if (member.isWanted(cache, subject)) {
                return true;
            }
        }
        return false;
    }

    @Override
    public Router.Interest interest(Subject subject, Capture beside) {
        return new LiveInterest(this, subject, beside);
    }

    @Override
    public long size() {
        return size;
    }

    @Override
    public long liveSize() {
        return liveSize;
    }

    @Override
    public void forEach(Consumer<Router.Subscription> action) {
        trie.forEach(
                entry -> {
                    if (entry instanceof Member member && member.isOpen()) {
                        action.accept(member);
                    } else if (entry instanceof GroupEntry group) {
                        @Nullable Object[] slots = group.members().slots();
                        for (int i = 0; i < slots.length; i++) {
                            if (EntrySet.at(slots, i) instanceof Member member && member.isOpen()) {
                                action.accept(member);
                            }
                        }
                    }
                });
    }

    int number() {
        return (int) id;
    }

    Generations generations() {
        return generations;
    }

    void broken(Member member, RuntimeException failure) {
        failures.increment();
        LOG.atDebug()
                .setMessage("a sink failed")
                .addKeyValue("tenant", tenant)
                .addKeyValue("sink", member.sink().getClass().getName())
                .setCause(failure)
                .log();
    }

    /** The generation is read before the trie, so that a change in between is noticed. */
    Route match(Subject subject, Matches<SubjectTrie.Entry> scratch) {
        int[] places = generations.places(id, subject);
        int generation = generations.sum(places);
        trie.match(subject, scratch);
        int found = scratch.size();
        List<Member> captures = List.of();
        Map<SharedGroup, List<Member>> groups = Map.of();
        Member[] members = found == 0 ? NO_MEMBERS : new Member[found];
        int plain = 0;
        for (int i = 0; i < found; i++) {
            switch (scratch.get(i)) {
                case Member member -> {
                    if (member.sink() instanceof Capture) {
                        captures = captures.isEmpty() ? new ArrayList<>() : captures;
                        captures.add(member);
                    } else if (member.isOpen()) {
                        members[plain++] = member;
                    }
                }
                case GroupEntry entry -> {
                    groups = groups.isEmpty() ? new LinkedHashMap<>() : groups;
                    addMembers(
                            entry, groups.computeIfAbsent(entry.group(), g -> new ArrayList<>()));
                }
                default -> throw new IllegalStateException("not the router's: " + scratch.get(i));
            }
        }
        scratch.clear();
        return new Route(
                this,
                subject,
                places,
                generation,
                inOrder(captures, subject),
                plain == found ? members : java.util.Arrays.copyOf(members, plain),
                shares(groups));
    }

    private static void addMembers(GroupEntry entry, List<Member> to) {
        @Nullable Object[] slots = entry.members().slots();
        for (int i = 0; i < slots.length; i++) {
            if (EntrySet.at(slots, i) instanceof Member member && member.isOpen()) {
                to.add(member);
            }
        }
    }

    private static Member[] inOrder(List<Member> captures, Subject subject) {
        if (captures.isEmpty()) {
            return NO_MEMBERS;
        }
        captures.sort(
                Comparator.comparingLong(
                        m -> m.sink() instanceof Capture c ? c.rank() : Long.MAX_VALUE));
        List<Member> distinct = new ArrayList<>(captures.size());
        for (Member capture : captures) {
            // a topic may capture a subject by several of its filters
            if (distinct.isEmpty() || !distinct.getLast().sink().equals(capture.sink())) {
                distinct.add(capture);
            }
        }
        dropStandIns(distinct, subject);
        return distinct.toArray(NO_MEMBERS);
    }

    /** Where the topic is there that is called like the subject, nobody stands in for it. */
    private static void dropStandIns(List<Member> captures, Subject subject) {
        if (captures.size() > 1
                && captures.stream().anyMatch(SubscriptionSpace::isStandIn)
                && captures.stream()
                        .anyMatch(
                                m ->
                                        m.sink() instanceof Capture c
                                                && c.topic().equals(subject.toString()))) {
            captures.removeIf(SubscriptionSpace::isStandIn);
        }
    }

    private static boolean isStandIn(Member member) {
        return member.sink() instanceof Capture capture && capture.isStandIn();
    }

    private static Route.Share[] shares(Map<SharedGroup, List<Member>> groups) {
        if (groups.isEmpty()) {
            return NO_SHARES;
        }
        List<Route.Share> shares = new ArrayList<>();
        groups.forEach(
                (group, members) -> {
                    if (!members.isEmpty()) {
                        shares.add(new Route.Share(group, members.toArray(NO_MEMBERS)));
                    }
                });
        return shares.toArray(NO_SHARES);
    }
}
