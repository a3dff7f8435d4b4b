package io.polymq.core.queue;

import io.polymq.core.message.Message;
import io.polymq.core.trace.MessageTracer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Hands out what is ready, as far as credit and limits go, and answers who asks for one. Shard
 * zone.
 */
final class Delivery {

    private static final int DELIVERIES_PER_TURN = 4096;

    /** A window with fewer is filled before it runs dry. */
    private static final int LOW_WINDOW = 256;

    private record Getter(ShardConsumption by, Consumer<@Nullable QueuedMessage> result) {}

    private final QueueCore core;
    private final ArrayDeque<Getter> getters = new ArrayDeque<>();
    private final ArrayList<ShardConsumption> touched = new ArrayList<>();

    Delivery(QueueCore core) {
        this.core = core;
    }

    boolean isIdle() {
        return getters.isEmpty();
    }

    void get(ShardConsumption by, Consumer<@Nullable QueuedMessage> result) {
        core.catchUp();
        getters.add(new Getter(by, result));
        core.ask();
    }

    /**
     * Delivers until nobody wants more or nothing is left, or for long enough for one turn. Who
     * only asks gets what consumers leave.
     *
     * @return false when consumers do not have yet what they may have of what is in the window
     */
    boolean dispatch() {
        if (core.isStopped()) {
            answerGetters();
            return true;
        }
        boolean fed = feedConsumers();
        if (fed) {
            serveGetters();
        }
        return fed;
    }

    /** Whether the rest is for those who ask; else consumers are not done with it. */
    private boolean mayFeed() {
        int limit = core.spec().limits().maxInFlight();
        return core.turns().isHungry() && (limit < 0 || core.inFlight() < limit);
    }

    private boolean feedConsumers() {
        Turns turns = core.turns();
        for (int i = 0; mayFeed(); i++) {
            if (i == DELIVERIES_PER_TURN) {
                core.ask();
                return false;
            }
            Entry entry = nextFor(turns.parked());
            if (entry == null) {
                return true;
            }
            if (core.lifetimes().hasExpired(entry)) {
                core.lifetimes().die(entry, DeadLetter.Reason.EXPIRED);
                continue;
            }
            if (!entry.level().backing().mayDeliver(entry)) {
                return false;
            }
            ShardConsumption taker = turns.next(entry);
            if (taker != null) {
                deliver(entry, taker);
            } else if (!turns.park(entry)) {
                return true;
            }
        }
        return true;
    }

    /** Whether a window that has run low is being filled for consumers who may have more. */
    boolean isReading() {
        if (core.isStopped() || !mayFeed()) {
            return false;
        }
        for (Level level : core.levels()) {
            if (level.open() < LOW_WINDOW && level.backing().canFill()) {
                return true;
            }
        }
        return false;
    }

    void flush() {
        for (int i = 0; i < touched.size(); i++) {
            touched.get(i).flush();
        }
        touched.clear();
    }

    private @Nullable Entry nextFor(@Nullable Entry parked) {
        Entry next = nextReady();
        return parked == null || next != null && next.offset < parked.offset ? next : parked;
    }

    /** The oldest of those that wait, put aside or not. */
    @Nullable Entry oldestReady() {
        return nextFor(core.turns().oldestParked());
    }

    /** The one that is due next, read from the backing when the window runs out of them. */
    private @Nullable Entry nextReady() {
        for (Level level : core.levels()) {
            if (level.open() < LOW_WINDOW && level.backing().canFill()) {
                level.backing().fill();
            }
            Entry head = level.head();
            if (head != null) {
                return head;
            }
            if (level.backing().canFill()) {
                return null;
            }
        }
        return null;
    }

    private void deliver(Entry entry, ShardConsumption to) {
        take(entry);
        QueuedMessage message = core.view(entry);
        if (to.touch()) {
            touched.add(to);
        }
        boolean auto = to.spec().autoAck();
        if (!auto) {
            core.settlement().hold(entry, to);
        }
        if (!to.deliver(message)) {
            core.settlement().undo(entry, to, auto);
            core.refused(to);
            return;
        }
        delivered(message);
        if (auto) {
            core.turns().settled(entry);
            core.counters.acknowledged++;
            core.done(entry);
        }
    }

    private void delivered(QueuedMessage message) {
        core.counters.delivered(message);
        MessageTracer tracer = core.queue().tracer();
        if (tracer.isOn()) {
            tracer.delivered(
                    core.queue().tenant(),
                    message.message().lendTo(new Message()),
                    new MessageTracer.Receiver(
                            MessageTracer.Kind.QUEUE,
                            core.queue().name(),
                            0,
                            message.enqueuedAt()));
        }
    }

    private void take(Entry entry) {
        core.zone().disarm(entry);
        entry.level().take(entry, Entry.State.IN_FLIGHT);
        entry.deliveries++;
    }

    private void serveGetters() {
        if (!getters.isEmpty() && !core.turns().isHungry()) {
            core.lifetimes().shed();
            core.lifetimes().expireNow();
        }
        while (!getters.isEmpty()) {
            Entry entry = oldestReady();
            if (entry == null && (core.isFilling() || core.isWriting())) {
                return;
            }
            if (entry != null && core.lifetimes().hasExpired(entry)) {
                core.lifetimes().die(entry, DeadLetter.Reason.EXPIRED);
                continue;
            }
            if (entry != null && !entry.level().backing().mayDeliver(entry)) {
                return;
            }
            Getter getter = getters.remove();
            if (entry == null || getter.by().isClosed()) {
                getter.result().accept(null);
            } else {
                give(entry, getter);
            }
        }
    }

    private void give(Entry entry, Getter getter) {
        take(entry);
        QueuedMessage message = core.view(entry);
        delivered(message);
        if (getter.by().spec().autoAck()) {
            core.counters.acknowledged++;
            core.done(entry);
        } else {
            core.settlement().hold(entry, getter.by());
        }
        getter.result().accept(message);
    }

    void answerGetters() {
        while (!getters.isEmpty()) {
            getters.remove().result().accept(null);
        }
    }
}
