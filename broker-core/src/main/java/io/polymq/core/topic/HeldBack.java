package io.polymq.core.topic;

import io.polymq.core.message.KeptMessage;
import io.polymq.core.message.Message;
import io.polymq.core.message.Receipt;
import io.polymq.core.router.Capture;
import io.polymq.storage.AppendListener;
import io.polymq.storage.Durability;
import io.polymq.storage.StorageException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Holds back what comes to a topic that was just made until its intake is there, and hands it on in
 * order: without it the first messages would be kept by the topic's own rules. Shared, own lock.
 */
final class HeldBack implements Topic.Intake {

    private final long maxBytes;
    private volatile Topic.@Nullable Intake next;

    // Guarded by this.
    private final ArrayDeque<Consumer<Topic.Intake>> held = new ArrayDeque<>();
    private long bytes;

    HeldBack(long maxBytes) {
        this.maxBytes = maxBytes;
    }

    @Override
    public int take(
            Message message, @Nullable AppendListener listener, Capture.@Nullable Fanout live) {
        Topic.Intake there = next;
        if (there == null) {
            there = hold(message, listener, live);
        }
        return there == null
                ? 1 + (live == null ? 0 : live.size())
                : there.take(message, listener, live);
    }

    /** Null when it is held, else who takes it. */
    private synchronized Topic.@Nullable Intake hold(
            Message message, @Nullable AppendListener listener, Capture.@Nullable Fanout live) {
        if (next != null) {
            return next;
        }
        KeptMessage kept = message.keep();
        if (isFull(kept.size())) {
            return new Refusing("too much waits for a topic that is being made");
        }
        Receipt receipt = listener == null ? message.receipt() : null;
        if (receipt != null) {
            receipt.forward();
        }
        held.add(
                to -> {
                    to.take(kept.lendTo(new Message()).receipt(receipt), listener, live);
                    if (receipt != null) {
                        receipt.forwarded();
                    }
                });
        return null;
    }

    @Override
    public void take(
            int partition, ByteBuffer batches, Durability durability, AppendListener listener) {
        Topic.Intake there = next;
        if (there == null) {
            there = hold(partition, batches, durability, listener);
        }
        if (there != null) {
            there.take(partition, batches, durability, listener);
        }
    }

    private synchronized Topic.@Nullable Intake hold(
            int partition, ByteBuffer batches, Durability durability, AppendListener listener) {
        if (next != null) {
            return next;
        }
        if (isFull(batches.remaining())) {
            return new Refusing("too much waits for a topic that is being made");
        }
        held.add(to -> to.take(partition, batches, durability, listener));
        return null;
    }

    private boolean isFull(int more) {
        if (bytes + more > maxBytes) {
            return true;
        }
        bytes += more;
        return false;
    }

    @Override
    public synchronized void replacedBy(Topic.@Nullable Intake now) {
        Topic.Intake to = now == null ? new Refusing("the topic takes nothing") : now;
        Consumer<Topic.Intake> first = held.poll();
        while (first != null) {
            first.accept(to);
            first = held.poll();
        }
        next = to;
    }

    /** Takes nothing, and says so. */
    private record Refusing(String why) implements Topic.Intake {

        @Override
        public int take(
                Message message, @Nullable AppendListener listener, Capture.@Nullable Fanout live) {
            Receipt receipt = message.receipt();
            if (listener != null) {
                listener.appended(-1, -1, refusal());
            } else if (receipt != null) {
                receipt.expect();
                receipt.done(refusal());
            }
            return live == null ? 0 : live.deliver(message);
        }

        @Override
        public void take(
                int partition, ByteBuffer batches, Durability durability, AppendListener listener) {
            listener.appended(-1, -1, refusal());
        }

        private StorageException refusal() {
            return new StorageException(StorageException.Kind.UNAVAILABLE, why);
        }
    }
}
