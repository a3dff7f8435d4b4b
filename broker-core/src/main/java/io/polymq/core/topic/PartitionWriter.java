package io.polymq.core.topic;

import io.polymq.core.message.KeptMessage;
import io.polymq.core.message.Message;
import io.polymq.core.message.Receipt;
import io.polymq.core.router.Capture;
import io.polymq.storage.AppendListener;
import io.polymq.storage.Durability;
import io.polymq.storage.RecordBatchBuilder;
import io.polymq.storage.RecordHeaders;
import io.polymq.storage.Shard;
import io.polymq.storage.StorageException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * A partition's order: who publishes appends and fans out inside of it, one at a time, without
 * waiting for each other or for the store. Whoever finds it free does its own work at once on its
 * own thread; whoever finds it taken leaves a kept copy to the one inside and goes on. What waits
 * is bounded by bytes; beyond that it is refused.
 *
 * <p>Messages become one record batch each while the store keeps up, and share batches while
 * several appends are on their way: the batch grows under load by itself.
 *
 * <p>Shared. The fields below "inside" belong to the thread that is inside.
 */
final class PartitionWriter {

    private static final int MAX_IN_FLIGHT = 4;
    private static final int MAX_BATCH_BYTES = 256 << 10;

    /** After so many of others' messages a publisher hands the rest to the executor. */
    private static final int MOST_FOR_OTHERS = 256;

    /** Work that waits for its turn. */
    private sealed interface Work {}

    private record Waiting(
            KeptMessage message,
            @Nullable Receipt receipt,
            @Nullable AppendListener listener,
            Capture.@Nullable Fanout fanout)
            implements Work {}

    private record Batches(ByteBuffer bytes, Durability durability, AppendListener listener)
            implements Work {}

    private record Task(Runnable action) implements Work {}

    /** An append on its way; it settles with everyone whose message is in it. */
    private final class Flight implements AppendListener {

        private final List<Object> publishers;

        Flight(List<Object> publishers) {
            this.publishers = publishers;
        }

        @Override
        public void appended(long baseOffset, long timestamp, @Nullable StorageException failure) {
            inFlight.decrementAndGet();
            if (failure != null) {
                queue.add(new Task(() -> nextOffset = -1));
            }
            for (int i = 0; i < publishers.size(); i++) {
                settle(publishers.get(i), baseOffset + i, timestamp, failure);
            }
            if (events.getAndIncrement() == 0) {
                drain(1, 0);
            }
        }
    }

    private static final Object NOBODY = new Object();

    private final TopicLog topic;
    private final int number;
    private final Shard shard;
    private final Executor executor;
    private final long maxWaitingBytes;
    private final AtomicInteger events = new AtomicInteger();
    private final AtomicInteger inFlight = new AtomicInteger();
    private final AtomicLong waitingBytes = new AtomicLong();
    private final Queue<Work> queue = new ConcurrentLinkedQueue<>();

    // Inside.
    private final RecordBatchBuilder builder = new RecordBatchBuilder();
    private final RecordHeaders headers = new RecordHeaders();
    private final Message lent = new Message();
    private final BatchFanout fanout;
    private List<Object> publishers = new ArrayList<>();
    private long nextOffset = -1;

    PartitionWriter(
            TopicLog topic, int number, Shard shard, Executor executor, long maxWaitingBytes) {
        this.topic = topic;
        this.number = number;
        this.shard = shard;
        this.executor = executor;
        this.maxWaitingBytes = maxWaitingBytes;
        this.fanout = new BatchFanout(topic, shard, this::later, executor);
    }

    Shard shard() {
        return shard;
    }

    /**
     * Appends a message and has it fanned out, in order.
     *
     * @return how many took it
     */
    int publish(Message message, @Nullable AppendListener listener, Capture.@Nullable Fanout live) {
        Receipt receipt = listener == null ? message.receipt() : null;
        if (events.compareAndSet(0, 1)) {
            int taken = 1;
            try {
                append(message, receipt, listener);
                if (live != null) {
                    taken += live.deliver(message);
                }
            } finally {
                drain(1, MOST_FOR_OTHERS);
            }
            return taken;
        }
        KeptMessage kept = message.keep();
        if (waitingBytes.get() + kept.size() > maxWaitingBytes) {
            refuse(receipt, listener, overloaded());
            return live == null ? 0 : live.deliver(message);
        }
        waitingBytes.addAndGet(kept.size());
        if (receipt != null) {
            receipt.forward();
        }
        enter(new Waiting(kept, receipt, listener, live));
        return 1 + (live == null ? 0 : live.size());
    }

    /** Appends batches in order behind the messages before them, fanned out to live subscribers. */
    void append(ByteBuffer batches, Durability durability, AppendListener listener) {
        int bytes = batches.remaining();
        if (events.get() > 0 && waitingBytes.get() + bytes > maxWaitingBytes) {
            listener.appended(-1, -1, overloaded());
            return;
        }
        waitingBytes.addAndGet(bytes);
        enter(new Batches(batches, durability, listener));
    }

    /** Whether no one is inside and nothing waits. */
    boolean isIdle() {
        return events.get() == 0;
    }

    /** Runs an action in order with all others. */
    void later(Runnable action) {
        enter(new Task(action));
    }

    private void enter(Work work) {
        queue.add(work);
        if (events.getAndIncrement() == 0) {
            drain(1, MOST_FOR_OTHERS);
        }
    }

    /**
     * Does what has come meanwhile, then leaves.
     *
     * @param most how much of it on this thread; 0: all on the executor's
     */
    private void drain(int seen, int most) {
        int missed = seen;
        int done = 0;
        while (true) {
            Work work;
            while (done < most && (work = queue.poll()) != null) {
                try {
                    carryOut(work);
                } catch (RuntimeException broken) {
                    topic.broken(broken);
                }
                done++;
            }
            if (done >= most && !queue.isEmpty()) {
                int counted = missed;
                executor.execute(() -> drain(counted, Integer.MAX_VALUE));
                return;
            }
            if (!builder.isEmpty() && inFlight.get() < MAX_IN_FLIGHT) {
                flush();
            }
            missed = events.addAndGet(-missed);
            if (missed == 0) {
                return;
            }
        }
    }

    private void carryOut(Work work) {
        switch (work) {
            case Waiting waiting -> {
                waitingBytes.addAndGet(-waiting.message().size());
                Message message = waiting.message().lendTo(lent);
                Receipt receipt = waiting.receipt();
                message.receipt(receipt);
                append(message, receipt, waiting.listener());
                Capture.Fanout live = waiting.fanout();
                if (live != null) {
                    live.deliver(message);
                }
                if (receipt != null) {
                    receipt.forwarded();
                }
            }
            case Batches batches -> appendBatches(batches);
            case Task task -> task.action().run();
        }
    }

    private void appendBatches(Batches batches) {
        waitingBytes.addAndGet(-batches.bytes().remaining());
        flush();
        nextOffset = -1;
        if (topic.isFull()) {
            batches.listener()
                    .appended(-1, -1, new StorageException(StorageException.Kind.FULL, "no space"));
            return;
        }
        AppendListener listener = fanout.before(batches.bytes(), batches.listener());
        shard.append(batches.bytes(), batches.durability(), listener);
    }

    private void append(
            Message message, @Nullable Receipt receipt, @Nullable AppendListener listener) {
        RuntimeException refusal = refusal(message);
        if (refusal != null) {
            refuse(receipt, listener, refusal);
            return;
        }
        long now = topic.now();
        headers.clear();
        topic.records().encode(message, false, now, headers);
        byte[] key = topic.keyFor(message);
        builder.append(
                now,
                key == null ? null : ByteBuffer.wrap(key),
                ByteBuffer.wrap(
                        message.payload(), message.payloadOffset(), message.payloadLength()),
                headers.count() == 0 ? null : headers);
        nextOffset++;
        if (receipt != null) {
            receipt.expect();
        }
        publishers.add(listener != null ? listener : receipt != null ? receipt : NOBODY);
        if (inFlight.get() < MAX_IN_FLIGHT || builder.bytes() >= MAX_BATCH_BYTES) {
            flush();
        }
    }

    private @Nullable RuntimeException refusal(Message message) {
        if (nextOffset < 0 || (builder.isEmpty() && inFlight.get() == 0)) {
            nextOffset = shard.endOffset();
        }
        if (message.payloadLength() + message.headerLength() > topic.spec().maxMessageBytes()) {
            return new StorageException(
                    StorageException.Kind.TOO_LARGE,
                    "topic "
                            + topic.spec().name()
                            + " takes messages of at most "
                            + topic.spec().maxMessageBytes()
                            + " bytes");
        }
        if (topic.allowance().isUsed()) {
            return topic.allowance().refusal();
        }
        Topic.Guard guard = topic.guard();
        return guard == null ? null : guard.admit(message, number, nextOffset);
    }

    private void flush() {
        if (builder.isEmpty()) {
            return;
        }
        Flight flight = new Flight(publishers);
        publishers = new ArrayList<>();
        inFlight.incrementAndGet();
        shard.append(builder.build(), topic.spec().shard().durability(), flight);
    }

    private void settle(
            Object publisher, long offset, long timestamp, @Nullable StorageException failure) {
        switch (publisher) {
            case Receipt receipt -> {
                if (failure == null) {
                    receipt.stored(topic.spec().name(), number, offset, timestamp);
                }
                receipt.done(topic.ofRouted(failure));
            }
            case AppendListener listener ->
                    listener.appended(failure == null ? offset : -1, timestamp, failure);
            default -> {
                if (failure != null) {
                    topic.lost(failure);
                }
            }
        }
    }

    private void refuse(
            @Nullable Receipt receipt, @Nullable AppendListener listener, RuntimeException why) {
        topic.refused(why);
        if (listener != null) {
            listener.appended(
                    -1,
                    -1,
                    why instanceof StorageException known
                            ? known
                            : new StorageException(
                                    StorageException.Kind.UNAVAILABLE, why.toString(), why));
        }
        if (receipt != null) {
            receipt.expect();
            receipt.done(why);
        }
    }

    private static StorageException overloaded() {
        return new StorageException(
                StorageException.Kind.OVERLOADED, "too much waits for its turn at the partition");
    }
}
