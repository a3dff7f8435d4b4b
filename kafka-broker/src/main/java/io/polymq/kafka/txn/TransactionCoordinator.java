package io.polymq.kafka.txn;

import io.netty.channel.EventLoop;
import io.polymq.kafka.group.OffsetTransactions;
import io.polymq.kafka.produce.ProducerIds;
import io.polymq.kafka.produce.ProducerTransactions;
import io.polymq.kafka.produce.TransactionTicket;
import io.polymq.kafka.txn.Participant.Partition;
import io.polymq.kafka.txn.Step.Answer;
import io.polymq.kafka.txn.Step.Reply;
import io.polymq.kafka.txn.TransactionActor.Request;
import io.polymq.storage.Shard;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.apache.kafka.common.protocol.Errors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The coordinator of all transactional ids: finds the actor for each, loads them at the start, ends
 * transactions that take too long and forgets ids that nobody uses. Any thread.
 */
public final class TransactionCoordinator
        implements ProducerTransactions, OffsetTransactions, AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(TransactionCoordinator.class);
    private static final long TICK_MILLIS = 500;

    private final TransactionLog log;
    private final ProducerIds ids;
    private final InstantSource clock;
    private final TransactionLimits limits;
    private final Executor blocking;
    private final Map<TransactionKey, TransactionActor> actors = new ConcurrentHashMap<>();
    private final ScheduledExecutorService timer =
            Executors.newSingleThreadScheduledExecutor(
                    Thread.ofPlatform().daemon().name("kafka-transactions").factory());
    private volatile @Nullable World world;

    /**
     * @param shard keeps the transactional ids
     * @param blocking runs what reads files
     */
    public TransactionCoordinator(
            Shard shard,
            ProducerIds ids,
            InstantSource clock,
            TransactionLimits limits,
            Executor blocking) {
        this.log = new TransactionLog(shard);
        this.ids = ids;
        this.clock = clock;
        this.limits = limits;
        this.blocking = blocking;
    }

    /** Loads what is stored and goes on with it; until that is done requests are put off. */
    public void start(TransactionMarkers markers) {
        World made = new World(markers);
        CompletableFuture.runAsync(() -> load(made), blocking)
                .whenComplete(
                        (_, failure) -> {
                            if (failure != null) {
                                LOG.error("transactions cannot be served", failure);
                                return;
                            }
                            // Before anyone can ask for more.
                            actors.values().forEach(TransactionActor::resume);
                            world = made;
                            timer.scheduleWithFixedDelay(
                                    this::tick, TICK_MILLIS, TICK_MILLIS, TimeUnit.MILLISECONDS);
                        });
    }

    private void load(World made) {
        Map<TransactionKey, Transaction> stored = new HashMap<>();
        log.load(
                (key, transaction) -> {
                    if (transaction == null) {
                        stored.remove(key);
                    } else {
                        stored.put(key, transaction);
                    }
                });
        stored.forEach(
                (key, transaction) ->
                        actors.put(key, new TransactionActor(key, transaction, made)));
    }

    /** The world as the actors see it. */
    private final class World implements TransactionActor.World {
        private final TransactionMarkers markers;

        World(TransactionMarkers markers) {
            this.markers = markers;
        }

        @Override
        public long now() {
            return clock.millis();
        }

        @Override
        public CompletableFuture<Long> producerId() {
            return ids.next();
        }

        @Override
        public CompletableFuture<?> store(TransactionKey key, Transaction next) {
            return log.store(key, next);
        }

        @Override
        public void note(TransactionKey key, Transaction next) {
            log.note(key, next);
        }

        @Override
        public CompletableFuture<?> forget(TransactionKey key) {
            return log.forget(key, clock.millis());
        }

        @Override
        public CompletableFuture<Void> complete(TransactionKey key, Transaction prepared) {
            return markers.write(key.tenant(), prepared, timer);
        }

        @Override
        public void gone(TransactionActor actor) {
            actors.remove(actor.key(), actor);
        }
    }

    private void tick() {
        long now = clock.millis();
        for (TransactionActor actor : actors.values()) {
            actor.tick();
            Transaction state = actor.state();
            if (!(TransactionRules.expire(state, limits.idExpiry().toMillis(), now)
                    instanceof Answer)) {
                actor.submit(new Expire());
            }
        }
    }

    private final class Expire implements Request {
        @Override
        public Step step(@Nullable Transaction known, long freshId, long now) {
            return TransactionRules.expire(known, limits.idExpiry().toMillis(), now);
        }

        @Override
        public void answer(Reply reply) {
            if (reply.error() != Errors.NONE) {
                LOG.atDebug()
                        .setMessage("an overdue transaction goes on")
                        .addKeyValue("reason", reply.error())
                        .log();
            }
        }
    }

    /** What the rules say to a request, given what is stored. */
    @FunctionalInterface
    interface Rule {
        Step step(@Nullable Transaction known, long freshId, long now);
    }

    private record Asked(Rule rule, Consumer<Reply> then) implements Request {
        @Override
        public Step step(@Nullable Transaction known, long freshId, long now) {
            return rule.step(known, freshId, now);
        }

        @Override
        public void answer(Reply reply) {
            then.accept(reply);
        }
    }

    private void ask(TransactionKey key, boolean create, Rule rule, Consumer<Reply> then) {
        World present = world;
        if (present == null) {
            then.accept(Reply.of(Errors.COORDINATOR_LOAD_IN_PROGRESS));
            return;
        }
        Request request = new Asked(rule, then);
        while (true) {
            TransactionActor actor = actors.get(key);
            if (actor == null && !create) {
                then.accept(Reply.of(Errors.INVALID_PRODUCER_ID_MAPPING));
                return;
            }
            if (actor == null) {
                if (actors.size() >= limits.maxIds()) {
                    then.accept(Reply.of(Errors.POLICY_VIOLATION));
                    return;
                }
                actor = actors.computeIfAbsent(key, of -> new TransactionActor(of, null, present));
            }
            if (actor.submit(request)) {
                return;
            }
        }
    }

    /** The request of InitProducerId. */
    record Init(int timeoutMillis, long expectedId, short expectedEpoch) {}

    void init(TransactionKey key, Init init, Consumer<Reply> then) {
        if (init.timeoutMillis <= 0 || init.timeoutMillis > limits.maxTimeout().toMillis()) {
            then.accept(Reply.of(Errors.INVALID_TRANSACTION_TIMEOUT));
            return;
        }
        ask(
                key,
                true,
                (known, freshId, now) ->
                        TransactionRules.init(
                                known,
                                init.timeoutMillis,
                                init.expectedId,
                                init.expectedEpoch,
                                freshId,
                                now),
                then);
    }

    /** A fresh producer id for who has no transactional id. */
    CompletableFuture<Long> producerId() {
        return ids.next();
    }

    /** A producer, as it says of itself. */
    record Producer(TransactionKey key, long id, short epoch) {}

    void join(Producer producer, Set<Participant> more, Consumer<Errors> then) {
        ask(
                producer.key,
                false,
                (known, _, now) ->
                        TransactionRules.join(known, producer.id, producer.epoch, more, now),
                reply -> then.accept(reply.error()));
    }

    /**
     * Whether these take part already.
     *
     * @param then gets why none of them counts, or those that take part
     */
    void verify(Producer producer, CheckedParticipants then) {
        Set<Participant> taking = new HashSet<>();
        ask(
                producer.key,
                false,
                (known, _, _) -> {
                    taking.clear();
                    if (known != null && known.isOngoing()) {
                        taking.addAll(known.participants());
                    }
                    return TransactionRules.check(known, producer.id, producer.epoch);
                },
                reply -> then.checked(reply.error(), taking));
    }

    /** Hears of a check. */
    @FunctionalInterface
    interface CheckedParticipants {
        void checked(Errors error, Set<Participant> participants);
    }

    void end(Producer producer, boolean commit, boolean bumps, Consumer<Reply> then) {
        ask(
                producer.key,
                false,
                (known, freshId, now) ->
                        TransactionRules.end(
                                known, producer.id, producer.epoch, commit, bumps, freshId, now),
                then);
    }

    @Override
    public void admit(EventLoop loop, Entry entry, Consumer<Pass> then) {
        TransactionKey key = new TransactionKey(entry.tenant(), entry.transactionalId());
        TransactionActor actor = actors.get(key);
        if (actor == null || world == null) {
            then.accept(
                    Pass.refused(
                            world == null
                                    ? Errors.COORDINATOR_LOAD_IN_PROGRESS
                                    : Errors.INVALID_PRODUCER_ID_MAPPING));
            return;
        }
        TransactionActor.Open open = actor.open(entry.producerId(), entry.epoch(), entry.parts());
        if (open != null) {
            then.accept(new Pass(Errors.NONE, open.ticket(), open.parts()));
            return;
        }
        Producer producer = new Producer(key, entry.producerId(), entry.epoch());
        actor.depart();
        Consumer<Errors> answer = error -> admitted(loop, actor, error, then);
        if (entry.join()) {
            Set<Participant> more = new HashSet<>();
            entry.parts().forEach(part -> more.add(new Partition(part.topic(), part.partition())));
            join(producer, more, answer);
        } else {
            verify(producer, (error, _) -> answer.accept(error));
        }
    }

    private static void admitted(
            EventLoop loop, TransactionActor actor, Errors error, Consumer<Pass> then) {
        TransactionActor.Open open = actor.open();
        Pass pass =
                error != Errors.NONE
                        ? Pass.refused(error)
                        : open == null
                                ? Pass.refused(Errors.INVALID_TXN_STATE)
                                : new Pass(Errors.NONE, open.ticket(), open.parts());
        loop.execute(
                () -> {
                    actor.arrive();
                    then.accept(pass);
                });
    }

    @Override
    public CompletableFuture<TransactionTicket> admit(
            String tenant, Offsets offsets, boolean join) {
        TransactionKey key = new TransactionKey(tenant, offsets.transactionalId());
        Producer producer = new Producer(key, offsets.producerId(), offsets.epoch());
        Participant group = new Participant.Offsets(offsets.partition());
        CompletableFuture<TransactionTicket> admitted = new CompletableFuture<>();
        if (join) {
            join(producer, Set.of(group), error -> admitted(key, error, admitted));
        } else {
            verify(
                    producer,
                    (error, taking) ->
                            admitted(
                                    key,
                                    error == Errors.NONE && !taking.contains(group)
                                            ? Errors.INVALID_TXN_STATE
                                            : error,
                                    admitted));
        }
        return admitted;
    }

    private void admitted(
            TransactionKey key, Errors error, CompletableFuture<TransactionTicket> to) {
        TransactionActor actor = actors.get(key);
        TransactionActor.Open open = actor == null ? null : actor.open();
        if (error == Errors.NONE && open != null) {
            to.complete(open.ticket());
        } else {
            to.completeExceptionally(
                    (error == Errors.NONE
                                    ? Errors.INVALID_TXN_STATE
                                    : error == Errors.PRODUCER_FENCED
                                            ? Errors.INVALID_PRODUCER_EPOCH
                                            : error)
                            .exception());
        }
    }

    /** One id as it stands; null when it is not known. */
    @Nullable Transaction find(TransactionKey key) {
        TransactionActor actor = actors.get(key);
        return actor == null ? null : actor.state();
    }

    boolean isLoaded() {
        return world != null;
    }

    List<TransactionActor> all(String tenant) {
        return actors.values().stream().filter(each -> each.key().tenant().equals(tenant)).toList();
    }

    long now() {
        return clock.millis();
    }

    @Override
    public void close() {
        timer.shutdownNow();
    }
}
