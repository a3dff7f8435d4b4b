package io.polymq.core.local;

import io.polymq.core.queue.Queue;
import io.polymq.core.queue.QueuedMessage;
import io.polymq.core.router.Sink;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Messages as they come, to be received by any thread. A topic's or a queue's wait where they are
 * while the buffer is full; live ones beyond it are dropped and counted.
 */
public final class LocalSubscription implements AutoCloseable {

    private final LocalClient client;
    private final BlockingQueue<LocalMessage> waiting;
    private final AtomicLong dropped = new AtomicLong();
    private final List<AutoCloseable> held = new ArrayList<>();
    private final int buffer;
    private volatile @Nullable String ended;

    LocalSubscription(LocalClient client, int buffer) {
        this.client = client;
        this.buffer = buffer;
        this.waiting = new LinkedBlockingQueue<>();
    }

    /** The next message; null when none came in time. Waits. */
    public @Nullable LocalMessage receive(Duration within) throws InterruptedException {
        LocalMessage message = waiting.poll(within.toNanos(), TimeUnit.NANOSECONDS);
        if (message != null) {
            message.received();
        }
        return message;
    }

    /** As many as are there, at least one and at most {@code max}; empty when none came in time. */
    public List<LocalMessage> receive(int max, Duration within) throws InterruptedException {
        List<LocalMessage> batch = new ArrayList<>();
        LocalMessage first = waiting.poll(within.toNanos(), TimeUnit.NANOSECONDS);
        if (first != null) {
            batch.add(first);
            waiting.drainTo(batch, max - 1);
            batch.forEach(LocalMessage::received);
        }
        return batch;
    }

    /** Live messages that the buffer had no room for. */
    public long dropped() {
        return dropped.get();
    }

    /** Why nothing more comes: the queue was deleted, say; null while it does. */
    public @Nullable String ended() {
        return ended;
    }

    /** Unsubscribes; what was received and not settled goes back. */
    @Override
    public void close() {
        List<AutoCloseable> all;
        synchronized (held) {
            all = List.copyOf(held);
            held.clear();
        }
        for (AutoCloseable one : all) {
            LocalClient.closeQuietly(one);
        }
    }

    void holds(AutoCloseable one) {
        synchronized (held) {
            held.add(one);
        }
    }

    /** Takes live messages. */
    Sink sink() {
        return message -> {
            if (waiting.size() >= buffer) {
                dropped.incrementAndGet();
                return false;
            }
            return waiting.add(new LocalMessage(client, message.keep(), null, -1, 1));
        };
    }

    /** Takes a queue's messages. */
    Queue.Consumer consumer() {
        return new Queue.Consumer() {
            @Override
            public boolean deliver(QueuedMessage message, Queue.Consumption consumption) {
                return waiting.add(
                        new LocalMessage(
                                client,
                                message.message(),
                                consumption,
                                message.offset(),
                                message.deliveries()));
            }

            @Override
            public void cancelled(String reason) {
                ended = reason;
            }
        };
    }
}
