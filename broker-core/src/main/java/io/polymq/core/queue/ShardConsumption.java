package io.polymq.core.queue;

import io.polymq.core.message.Receipt;
import java.time.Duration;
import java.util.Arrays;
import java.util.function.Consumer;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A consumer's hold on a queue: its credit and what it holds, in the order of offsets. The methods
 * of {@link Queue.Consumption} only enqueue and are for any thread; all else is shard zone.
 */
final class ShardConsumption implements Queue.Consumption {

    private static final Logger log = LoggerFactory.getLogger(ShardConsumption.class);

    private final ShardQueue queue;
    private final Queue.ConsumerSpec spec;
    private final Queue.Consumer consumer;
    private final int number;
    private final EntryHeap parked = new EntryHeap();
    private int credit;
    private int held;
    private @Nullable Entry firstHeld;
    private @Nullable Entry lastHeld;
    private boolean closed;
    private boolean left;
    private boolean touched;
    private @Nullable QueueCore core;

    ShardConsumption(
            ShardQueue queue, Queue.ConsumerSpec spec, Queue.Consumer consumer, int number) {
        this.queue = queue;
        this.spec = spec;
        this.consumer = consumer;
        this.number = number;
        this.credit = spec.credit();
    }

    // Any thread.

    @Override
    public Queue queue() {
        return queue;
    }

    @Override
    public void credit(int more) {
        queue.execute(() -> creditNow(more));
    }

    @Override
    public void leave(Runnable then) {
        queue.execute(() -> leaveNow(then));
    }

    @Override
    public void drain(IntConsumer then) {
        queue.execute(() -> drainNow(then));
    }

    @Override
    public void ack(long offset, @Nullable Receipt receipt) {
        queue.settle(receipt, () -> ackNow(offset, receipt));
    }

    @Override
    public void ack(long[] offsets, int count, @Nullable Receipt receipt) {
        long[] copy = Arrays.copyOf(offsets, count);
        queue.settle(receipt, () -> ackNow(copy, receipt));
    }

    @Override
    public void ackThrough(long offset, @Nullable Receipt receipt) {
        queue.settle(receipt, () -> ackThroughNow(offset, receipt));
    }

    @Override
    public void nack(long offset, Duration delay) {
        settle(settlement -> settlement.nack(this, offset, delay.toMillis()));
    }

    @Override
    public void release(long offset, boolean counted) {
        settle(settlement -> settlement.release(this, offset, counted));
    }

    @Override
    public void reject(long offset) {
        settle(settlement -> settlement.reject(this, offset));
    }

    @Override
    public void extend(long offset) {
        settle(settlement -> settlement.extend(this, offset));
    }

    @Override
    public void close() {
        queue.execute(this::closeNow);
    }

    // Shard zone.

    boolean isSelective() {
        return consumer.isSelective();
    }

    boolean wants(Entry entry) {
        return !consumer.isSelective() || consumer.wants(entry.message());
    }

    /** The queue has taken it on. */
    void begin(QueueCore begun) {
        core = begun;
    }

    /** Null when it never began: then nothing is held. */
    private @Nullable Settlement settlement(@Nullable Receipt receipt) {
        QueueCore known = core;
        if (known != null) {
            return known.settlement();
        }
        if (receipt != null) {
            receipt.done(queue.closedNow());
        }
        return null;
    }

    private void settle(Consumer<Settlement> how) {
        queue.execute(
                () -> {
                    Settlement settlement = settlement(null);
                    if (settlement != null) {
                        how.accept(settlement);
                    }
                });
    }

    private void ackNow(long offset, @Nullable Receipt receipt) {
        Settlement settlement = settlement(receipt);
        if (settlement != null) {
            settlement.ack(this, offset, receipt);
        }
    }

    private void ackNow(long[] offsets, @Nullable Receipt receipt) {
        Settlement settlement = settlement(receipt);
        if (settlement != null) {
            settlement.ack(this, offsets, receipt);
        }
    }

    private void ackThroughNow(long offset, @Nullable Receipt receipt) {
        Settlement settlement = settlement(receipt);
        if (settlement != null) {
            settlement.ackThrough(this, offset, receipt);
        }
    }

    private void creditNow(int more) {
        if (core == null) {
            add(more);
        } else {
            core.credit(this, more);
        }
    }

    private void leaveNow(Runnable then) {
        if (core == null) {
            then.run();
        } else {
            core.leave(this, then);
        }
    }

    private void drainNow(IntConsumer then) {
        if (core == null) {
            then.accept(takeCredit());
        } else {
            core.drain(this, then);
        }
    }

    private void closeNow() {
        if (core != null) {
            core.close(this);
        }
        closed = true;
    }

    int priority() {
        return spec.priority();
    }

    int number() {
        return number;
    }

    Queue.ConsumerSpec spec() {
        return spec;
    }

    boolean isClosed() {
        return closed;
    }

    /** Whether it takes part in the turns no more. */
    boolean hasLeft() {
        return left;
    }

    void markLeft() {
        left = true;
    }

    EntryHeap parked() {
        return parked;
    }

    boolean hasCredit() {
        return credit > 0;
    }

    void spend() {
        if (credit != Integer.MAX_VALUE) {
            credit--;
        }
    }

    /** Up to "for ever", where it stays. */
    void add(int more) {
        credit = (int) Math.clamp((long) credit + more, 0, Integer.MAX_VALUE);
    }

    int takeCredit() {
        int left = credit;
        credit = 0;
        return left;
    }

    int held() {
        return held;
    }

    @Nullable Entry firstHeld() {
        return firstHeld;
    }

    @Nullable Entry lastHeld() {
        return lastHeld;
    }

    /** Nearly always the newest; one that was delivered again is older and finds its place. */
    void hold(Entry entry) {
        Entry before = lastHeld;
        while (before != null && isBehind(before, entry)) {
            before = before.heldPrevious;
        }
        Entry after = before == null ? firstHeld : before.heldNext;
        entry.heldPrevious = before;
        entry.heldNext = after;
        if (before == null) {
            firstHeld = entry;
        } else {
            before.heldNext = entry;
        }
        if (after == null) {
            lastHeld = entry;
        } else {
            after.heldPrevious = entry;
        }
        held++;
        entry.holder = this;
    }

    private static boolean isBehind(Entry one, Entry other) {
        return one.offset > other.offset
                || one.offset == other.offset && one.level().priority > other.level().priority;
    }

    /** Its holder stays named: the deadline may have passed. */
    void letGo(Entry entry) {
        Entry next = entry.heldNext;
        Entry previous = entry.heldPrevious;
        if (next == null) {
            lastHeld = previous;
        } else {
            next.heldPrevious = previous;
        }
        if (previous == null) {
            firstHeld = next;
        } else {
            previous.heldNext = next;
        }
        entry.heldNext = null;
        entry.heldPrevious = null;
        held--;
    }

    void letGoOfAll() {
        firstHeld = null;
        lastHeld = null;
        held = 0;
    }

    /** Whether it was not touched in this turn before. */
    boolean touch() {
        boolean first = !touched;
        touched = true;
        return first;
    }

    boolean deliver(QueuedMessage message) {
        try {
            return consumer.deliver(message, this);
        } catch (RuntimeException e) {
            fault(e);
            return false;
        }
    }

    void flush() {
        touched = false;
        if (closed) {
            return;
        }
        try {
            consumer.flush();
        } catch (RuntimeException e) {
            fault(e);
        }
    }

    void tellActive(boolean active) {
        try {
            consumer.active(active);
        } catch (RuntimeException e) {
            fault(e);
        }
    }

    void tellOverdue(long offset) {
        try {
            consumer.overdue(offset);
        } catch (RuntimeException e) {
            fault(e);
        }
    }

    void tellCancelled(String reason) {
        closed = true;
        try {
            consumer.cancelled(reason);
        } catch (RuntimeException e) {
            fault(e);
        }
    }

    void tellRefused(QueueException why) {
        closed = true;
        try {
            consumer.refused(why);
        } catch (RuntimeException e) {
            fault(e);
        }
    }

    void markClosed() {
        closed = true;
    }

    private void fault(RuntimeException e) {
        log.atWarn()
                .addKeyValue("queue", queue.name())
                .addKeyValue("consumer", spec.tag())
                .addKeyValue("fault", e.toString())
                .log("A consumer failed and harms only itself");
        log.atDebug().setCause(e).log("The consumer's fault");
    }
}
