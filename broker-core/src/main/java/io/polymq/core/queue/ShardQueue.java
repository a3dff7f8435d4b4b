package io.polymq.core.queue;

import io.polymq.core.message.KeptMessage;
import io.polymq.core.message.Origin;
import io.polymq.core.message.Receipt;
import io.polymq.core.service.Allowance;
import io.polymq.core.trace.MessageTracer;
import io.polymq.core.zone.ShardZone;
import io.polymq.core.zone.WheelTimer;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The handle of a queue. It is all that an idle one costs: its state is loaded by the first command
 * and forgotten when nothing happened for a while. The methods of {@link Queue} are for any thread
 * and only enqueue; the state is the shard zone's.
 */
final class ShardQueue implements Queue {

    private static final long IDLE_MILLIS = 30_000;

    /** Makes the state of a queue from what is stored. */
    interface Loader {
        QueueCore load(ShardQueue queue);
    }

    private final String tenant;
    private final String name;
    private final ShardZone zone;
    private final ZoneLoad load;
    private final Loader loader;
    private final Room room;
    private final Allowance allowance;
    private final MessageTracer tracer;
    private volatile QueueSpec spec;
    private @Nullable QueueCore core;
    private @Nullable IdleTimer idleTimer;
    private boolean closed;
    private @Nullable Deletion deletion;

    /**
     * @param allowance of who publishes to it
     * @param tracer hears of what it hands out
     */
    ShardQueue(
            String tenant,
            String name,
            QueueSpec spec,
            Room room,
            Allowance allowance,
            MessageTracer tracer,
            Loader loader) {
        this.tracer = tracer;
        this.allowance = allowance;
        this.tenant = tenant;
        this.name = name;
        this.spec = spec;
        this.room = room;
        this.zone = room.zone();
        this.load = room.load();
        this.loader = loader;
    }

    MessageTracer tracer() {
        return tracer;
    }

    // Any thread.

    @Override
    public String tenant() {
        return tenant;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public QueueSpec spec() {
        return spec;
    }

    @Override
    public void alter(QueueSpec changed) {
        QueueCore.checkChange(spec, changed);
        spec = changed;
        execute(
                () -> {
                    if (core != null) {
                        core.alter(changed);
                    }
                });
    }

    @Override
    public void publish(KeptMessage message, @Nullable Receipt receipt) {
        if (load.isOverloaded()) {
            refuse(receipt, QueueException.Kind.OVERLOADED, "the zone is behind");
            return;
        }
        if (allowance.isUsed()) {
            refuse(
                    receipt,
                    QueueException.Kind.QUOTA,
                    String.valueOf(allowance.refusal().getMessage()));
            return;
        }
        load.add(message.payload().length);
        settle(receipt, () -> publishNow(message, receipt));
    }

    private void refuse(@Nullable Receipt receipt, QueueException.Kind kind, String why) {
        if (receipt != null) {
            receipt.done(new QueueException(kind, name + ": " + why));
        }
    }

    @Override
    public boolean isCongested() {
        return load.isCongested();
    }

    @Override
    public void whenRelaxed(Runnable action) {
        zone.whenBelow(ZoneLoad.RELAXED_TASKS, action);
    }

    @Override
    public Consumption consume(ConsumerSpec wish, Consumer consumer) {
        ShardConsumption consumption =
                new ShardConsumption(this, wish, consumer, room.consumers().incrementAndGet());
        execute(
                () -> {
                    try {
                        core().consume(consumption);
                    } catch (QueueException e) {
                        consumption.tellRefused(e);
                    }
                });
        return consumption;
    }

    @Override
    public Consumption holder(String tag) {
        ConsumerSpec wish = new ConsumerSpec(0, 0, false, false, tag);
        ShardConsumption holder =
                new ShardConsumption(
                        this, wish, new NoConsumer(), room.consumers().incrementAndGet());
        holder.markLeft();
        return holder;
    }

    /** Who only asks. */
    private static final class NoConsumer implements Consumer {
        @Override
        public boolean deliver(QueuedMessage message, Consumption consumption) {
            return false;
        }

        @Override
        public void cancelled(String reason) {
            // what it held is gone with the queue
        }
    }

    @Override
    public void get(Consumption by, java.util.function.Consumer<@Nullable QueuedMessage> result) {
        ShardConsumption consumption = (ShardConsumption) by;
        execute(
                () -> {
                    try {
                        QueueCore known = core();
                        if (consumption.hasLeft()) {
                            consumption.begin(known);
                        }
                        known.delivery().get(consumption, result);
                    } catch (QueueException e) {
                        result.accept(null);
                    }
                });
    }

    @Override
    public CompletableFuture<List<QueuedMessage>> browse(long fromOffset, int max) {
        CompletableFuture<List<QueuedMessage>> result = new CompletableFuture<>();
        answer(
                result,
                () ->
                        core().browse(
                                        fromOffset,
                                        max,
                                        (found, failure) -> {
                                            if (failure == null) {
                                                result.complete(found);
                                            } else {
                                                result.completeExceptionally(failure);
                                            }
                                        }));
        return result;
    }

    @Override
    public CompletableFuture<Void> recall(
            long since, java.util.function.Consumer<KeptMessage> each) {
        return stage(known -> known.recall(since, each));
    }

    @Override
    public CompletableFuture<Boolean> holds(Origin message, long since) {
        return stage(known -> known.holds(message, since));
    }

    private <T> CompletableFuture<T> stage(Function<QueueCore, CompletableFuture<T>> question) {
        return ask(question).thenCompose(Function.identity());
    }

    @Override
    public CompletableFuture<Long> purge() {
        return ask(QueueCore::purge);
    }

    @Override
    public CompletableFuture<Void> discard(long fromOffset, long toOffset) {
        return ask(
                known -> {
                    known.discard(fromOffset, toOffset);
                    return null;
                });
    }

    @Override
    public CompletableFuture<Void> seek(long offset) {
        return ask(
                known -> {
                    known.seek(offset);
                    return null;
                });
    }

    @Override
    public void pause(boolean paused) {
        execute(
                () -> {
                    if (!closed) {
                        core().pause(paused);
                    }
                });
    }

    @Override
    public CompletableFuture<QueueStatistics> statistics() {
        return ask(QueueCore::statistics);
    }

    private <T> CompletableFuture<T> ask(Function<QueueCore, T> question) {
        CompletableFuture<T> result = new CompletableFuture<>();
        answer(result, () -> result.complete(question.apply(core())));
        return result;
    }

    private void answer(CompletableFuture<?> result, Runnable task) {
        try {
            zone.execute(
                    () -> {
                        try {
                            task.run();
                        } catch (RuntimeException e) {
                            result.completeExceptionally(e);
                        }
                    });
        } catch (RejectedExecutionException e) {
            result.completeExceptionally(closedNow());
        }
    }

    /** When the engine has stopped there is nothing left to do it to. */
    @Override
    public void execute(Runnable task) {
        settle(null, task);
    }

    void settle(@Nullable Receipt receipt, Runnable task) {
        try {
            zone.execute(task);
        } catch (RejectedExecutionException e) {
            if (receipt != null) {
                receipt.done(closedNow());
            }
        }
    }

    /** Loads it now, so that what is stored begins to expire. */
    void warm() {
        execute(
                () -> {
                    if (!closed) {
                        core();
                    }
                });
    }

    /** Has what is acknowledged deleted now, not later. */
    void tidy() {
        zone.offer(
                () -> {
                    QueueCore known = core;
                    if (known != null) {
                        for (Level level : known.levels()) {
                            level.backing().tidy();
                        }
                    }
                });
    }

    /** Ends it, as the broker stops or nobody needs it; its consumers hear the reason. */
    CompletableFuture<Void> shut(String reason) {
        return end(reason, null);
    }

    /**
     * Ends it for good.
     *
     * @param remains deletes what is stored of it
     */
    CompletableFuture<Void> delete(String reason, Supplier<CompletableFuture<Void>> remains) {
        Deletion begun = new Deletion();
        return begun.finish(end(reason, begun), remains);
    }

    private CompletableFuture<Void> end(String reason, @Nullable Deletion begun) {
        CompletableFuture<Void> result = new CompletableFuture<>();
        answer(
                result,
                () -> {
                    closed = true;
                    deletion = begun;
                    QueueCore known = core;
                    core = null;
                    if (known != null) {
                        known.turnEnds(); // what came before in this turn is still done
                        known.shut(reason);
                    }
                    result.complete(null);
                });
        return result;
    }

    QueueException closedNow() {
        return new QueueException(QueueException.Kind.CLOSED, name + " is closed");
    }

    // Shard zone.

    /**
     * @throws QueueException when it was closed, or cannot be loaded
     */
    QueueCore core() {
        QueueCore known = core;
        if (known == null) {
            if (closed) {
                throw closedNow();
            }
            known = loader.load(this);
            core = known;
            known.ask();
        }
        return known;
    }

    private void publishNow(KeptMessage message, @Nullable Receipt receipt) {
        load.remove(message.payload().length);
        if (deletion != null) {
            deletion.drop(receipt);
            return;
        }
        try {
            core().publish(message, receipt);
        } catch (QueueException e) {
            if (receipt != null) {
                receipt.done(e);
            }
        }
    }

    /** At the end of each turn that looked at it. */
    void turned(QueueCore known) {
        known.counters.tell(room.totals());
        if (known.isIdle()) {
            IdleTimer timer = idleTimer;
            if (timer == null) {
                timer = new IdleTimer();
                idleTimer = timer;
            }
            timer.since = zone.elapsed();
            if (!timer.isArmed()) {
                zone.arm(timer, IDLE_MILLIS);
            }
        }
    }

    /** Forgets the state when nothing happened for a while. */
    private final class IdleTimer extends WheelTimer {
        private long since;

        @Override
        protected void fire() {
            QueueCore known = core;
            idleTimer = null;
            if (known == null || !known.isIdle()) {
                return;
            }
            long left = since + IDLE_MILLIS - zone.elapsed();
            if (left > 0 || !known.mayForget()) {
                idleTimer = this;
                zone.arm(this, left > 0 ? left : IDLE_MILLIS);
            } else {
                core = null;
                known.forget();
            }
        }
    }
}
