package io.polymq.kafka.txn;

import io.polymq.kafka.produce.ProducerTransactions.TopicPart;
import io.polymq.kafka.produce.TransactionTicket;
import io.polymq.kafka.txn.Step.Reply;
import java.util.ArrayDeque;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.common.protocol.Errors;
import org.jspecify.annotations.Nullable;

/**
 * One transactional id. Its requests are served one after the other: each is put to the rules, what
 * comes of that is stored, then answered, then the next one's turn comes. While a transaction is
 * being completed those who need its outcome wait. Any thread; guarded by its monitor, and effects
 * are carried out beyond it by one thread at a time.
 */
final class TransactionActor {

    private static final int MOST_WAITING = 256;

    /** Longer than any healthy device takes to write markers. */
    private static final long PATIENCE_MILLIS = 5_000;

    /** What the actor needs of the world. */
    interface World {
        long now();

        CompletableFuture<Long> producerId();

        CompletableFuture<?> store(TransactionKey key, Transaction next);

        void note(TransactionKey key, Transaction next);

        CompletableFuture<?> forget(TransactionKey key);

        /** Has the markers written; done when all are, which may take any number of attempts. */
        CompletableFuture<Void> complete(TransactionKey key, Transaction prepared);

        /** Nothing more will come of this actor. */
        void gone(TransactionActor actor);
    }

    /** A request: what the rules say to it, and who hears of it. */
    interface Request {
        Step step(@Nullable Transaction known, long freshId, long now);

        void answer(Reply reply);
    }

    private record Waiting(Request request, long since) {}

    private final TransactionKey key;
    private final World world;
    private final ArrayDeque<Waiting> queue = new ArrayDeque<>();
    private final AtomicInteger onTheirWay = new AtomicInteger();
    private volatile @Nullable Transaction state;
    private @Nullable TransactionTicket ticket;
    private Set<TopicPart> parts = Set.of();
    private long freshId = Transaction.NO_ID;
    private boolean busy;
    private boolean carrying;
    private boolean gone;

    /**
     * @param state what is stored; null for an id that is new
     */
    TransactionActor(TransactionKey key, @Nullable Transaction state, World world) {
        this.key = key;
        this.state = state;
        this.world = world;
        if (state != null && state.isOngoing()) {
            ongoing(state);
        }
    }

    TransactionKey key() {
        return key;
    }

    @Nullable Transaction state() {
        return state;
    }

    /** After a start: what was about to be completed is. */
    void resume() {
        Transaction now = state;
        if (now != null && now.phase().isPrepare()) {
            complete(now);
        }
    }

    /** What a producer may do at once, without a turn. */
    record Open(TransactionTicket ticket, Set<TopicPart> parts) {}

    /** The open transaction when it is this producer's, holds all of these, and nothing waits. */
    synchronized @Nullable Open open(long producerId, short epoch, Set<TopicPart> wanted) {
        Transaction now = state;
        TransactionTicket valid = ticket;
        return onTheirWay.get() == 0
                        && queue.isEmpty()
                        && !busy
                        && now != null
                        && now.isOngoing()
                        && valid != null
                        && now.producerId() == producerId
                        && now.epoch() == epoch
                        && parts.containsAll(wanted)
                ? new Open(valid, parts)
                : null;
    }

    /** The open transaction; null when none is. */
    synchronized @Nullable Open open() {
        TransactionTicket valid = ticket;
        return valid == null ? null : new Open(valid, parts);
    }

    /** An answer is on its way to where it is worked on: nobody may overtake it. */
    void depart() {
        onTheirWay.incrementAndGet();
    }

    void arrive() {
        onTheirWay.decrementAndGet();
    }

    /** False when the actor is gone, and another one has to be asked. */
    boolean submit(Request request) {
        boolean full;
        synchronized (this) {
            if (gone) {
                return false;
            }
            full = queue.size() >= MOST_WAITING;
            if (!full) {
                queue.add(new Waiting(request, world.now()));
            }
        }
        if (full) {
            request.answer(Reply.of(Errors.CONCURRENT_TRANSACTIONS));
        } else {
            run();
        }
        return true;
    }

    /** Gives up on those who have waited for too long. */
    void tick() {
        while (true) {
            Waiting late;
            synchronized (this) {
                late = queue.peek();
                if (late == null || busy || world.now() - late.since < PATIENCE_MILLIS) {
                    return;
                }
                Transaction now = state;
                if (now == null || !now.phase().isPrepare()) {
                    return;
                }
                queue.poll();
            }
            late.request.answer(Reply.of(Errors.CONCURRENT_TRANSACTIONS));
        }
    }

    private void run() {
        synchronized (this) {
            if (carrying) {
                return;
            }
            carrying = true;
        }
        while (true) {
            Runnable effect;
            synchronized (this) {
                effect = next();
                if (effect == null) {
                    carrying = false;
                    return;
                }
            }
            effect.run();
        }
    }

    /** What is to be done next; null when there is nothing, or it has to wait. */
    private @Nullable Runnable next() {
        Waiting head = queue.peek();
        if (busy || head == null) {
            return null;
        }
        Request request = head.request;
        return switch (request.step(state, freshId, world.now())) {
            case Step.Answer(Reply reply) -> {
                queue.poll();
                yield () -> request.answer(reply);
            }
            case Step.Store(Transaction next, Reply reply) -> {
                queue.poll();
                busy = true;
                yield () -> store(next, request, reply);
            }
            case Step.StoreFirst(Transaction next) -> {
                busy = true;
                yield () -> store(next, null, Reply.DONE);
            }
            case Step.Wait _ -> null;
            case Step.NeedsProducerId _ -> {
                busy = true;
                yield this::fetchId;
            }
            case Step.Forget _ -> {
                queue.poll();
                busy = true;
                yield () -> forget(request);
            }
        };
    }

    private void fetchId() {
        world.producerId()
                .whenComplete(
                        (id, failure) -> {
                            Waiting refused = null;
                            synchronized (this) {
                                if (failure == null) {
                                    freshId = id;
                                } else {
                                    refused = queue.poll();
                                }
                            }
                            if (refused != null) {
                                refused.request.answer(Reply.of(Errors.COORDINATOR_NOT_AVAILABLE));
                            }
                            goOn();
                        });
    }

    private void store(Transaction next, @Nullable Request request, Reply reply) {
        world.store(key, next)
                .whenComplete(
                        (_, failure) -> {
                            if (failure == null) {
                                stored(next);
                            }
                            Request answered = request;
                            if (failure != null && answered == null) {
                                synchronized (this) {
                                    Waiting head = queue.poll();
                                    answered = head == null ? null : head.request;
                                }
                            }
                            if (answered != null) {
                                answered.answer(
                                        failure == null
                                                ? reply
                                                : Reply.of(Errors.COORDINATOR_NOT_AVAILABLE));
                            }
                            goOn();
                        });
    }

    private void stored(Transaction next) {
        synchronized (this) {
            state = next;
            freshId = Transaction.NO_ID;
            if (next.isOngoing()) {
                ongoing(next);
            } else {
                TransactionTicket former = ticket;
                if (former != null) {
                    former.withdraw();
                }
                ticket = null;
                parts = Set.of();
            }
        }
        if (next.phase().isPrepare()) {
            complete(next);
        }
    }

    private void ongoing(Transaction now) {
        if (ticket == null) {
            ticket = new TransactionTicket();
        }
        Set<TopicPart> all = new HashSet<>();
        for (Participant participant : now.participants()) {
            if (participant instanceof Participant.Partition(var topic, int number)) {
                all.add(new TopicPart(topic, number));
            }
        }
        parts = all;
    }

    private void complete(Transaction prepared) {
        world.complete(key, prepared)
                .thenRun(
                        () -> {
                            Transaction next = prepared.completed(world.now());
                            // Noted first, so that it stands before what follows from it.
                            world.note(key, next);
                            synchronized (this) {
                                state = next;
                            }
                            run();
                        });
    }

    private void forget(Request request) {
        world.forget(key)
                .whenComplete(
                        (_, failure) -> {
                            if (failure == null) {
                                removed();
                            }
                            request.answer(Reply.DONE);
                            goOn();
                        });
    }

    private void removed() {
        boolean last;
        synchronized (this) {
            state = null;
            // who waits finds an id that is new, here; who comes later finds another actor
            last = queue.isEmpty();
            gone = last;
        }
        if (last) {
            world.gone(this);
        }
    }

    private void goOn() {
        synchronized (this) {
            busy = false;
        }
        run();
    }
}
