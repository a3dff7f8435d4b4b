package io.polymq.mq9;

import io.polymq.core.queue.Queue;
import io.polymq.core.queue.QueuedMessage;
import io.polymq.storage.GroupCursor;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/**
 * One priority of a group: a queue over the mailbox's shard that sees only that priority, with one
 * consumption for the whole group. What the queue hands over is collected in the queue's zone and
 * passed to the mailbox's once a turn.
 */
final class GroupLevel implements Queue.Consumer {

    /** Nothing is delivered that was not asked for. */
    private static final Queue.ConsumerSpec ON_DEMAND =
            new Queue.ConsumerSpec(0, 0, false, false, "mq9");

    private final MailZone zone;
    private final Priority priority;
    private final Queue queue;
    private final GroupCursor cursor;
    private final Consumer<List<Mail>> woken;
    private final Queue.Consumption consumption;
    private List<Mail> arrived = new ArrayList<>();

    /**
     * @param woken gets what comes while the level waits, in the mailbox's zone
     */
    GroupLevel(
            MailZone zone,
            Priority priority,
            Queue queue,
            GroupCursor cursor,
            Consumer<List<Mail>> woken) {
        this.zone = zone;
        this.priority = priority;
        this.queue = queue;
        this.cursor = cursor;
        this.woken = woken;
        this.consumption = queue.consume(ON_DEMAND, this);
    }

    Priority priority() {
        return priority;
    }

    Queue queue() {
        return queue;
    }

    Queue.Consumption consumption() {
        return consumption;
    }

    // The queue's zone.

    @Override
    public boolean deliver(QueuedMessage message, Queue.Consumption by) {
        arrived.add(mail(message));
        return true;
    }

    @Override
    public void flush() {
        List<Mail> these = takeArrived();
        if (!these.isEmpty()) {
            zone.execute(() -> woken.accept(these));
        }
    }

    private List<Mail> takeArrived() {
        List<Mail> these = arrived;
        if (!these.isEmpty()) {
            arrived = new ArrayList<>();
        }
        return these;
    }

    /** The mailbox is gone; its own end is told elsewhere. */
    @Override
    public void cancelled(String reason) {
        takeArrived();
    }

    private Mail mail(QueuedMessage queued) {
        return new Mail(
                queued.offset(),
                priority,
                queued.message(),
                queued.deliveries(),
                queued.enqueuedAt());
    }

    // Any thread.

    /** Takes up to so many that are ready; then runs in the mailbox's zone. */
    void take(int most, Consumer<List<Mail>> then) {
        List<Mail> taken = new ArrayList<>();
        for (int i = 1; i <= most; i++) {
            boolean last = i == most;
            queue.get(
                    consumption,
                    message -> {
                        if (message != null) {
                            taken.add(mail(message));
                        }
                        if (last) {
                            zone.execute(() -> then.accept(taken));
                        }
                    });
        }
    }

    /** Lets the next mail come by itself. */
    void await() {
        consumption.credit(1);
    }

    /** Ends that; what came meanwhile is given to the action, in the mailbox's zone. */
    void settle(Consumer<List<Mail>> then) {
        consumption.drain(
                left -> {
                    List<Mail> these = takeArrived();
                    zone.execute(() -> then.accept(these));
                });
    }

    /** Completes when the position is as safe as the mail. */
    CompletableFuture<Void> persist() {
        return cursor.persist();
    }

    void close() {
        consumption.close();
    }
}
