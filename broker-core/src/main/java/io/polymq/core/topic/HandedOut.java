package io.polymq.core.topic;

import io.polymq.core.message.Message;
import io.polymq.core.trace.MessageTracer;
import io.polymq.storage.ReadResult;
import io.polymq.storage.RecordBatchCursor;
import io.polymq.storage.Shard;
import io.polymq.storage.Slice;
import io.polymq.storage.StorageException;
import java.io.IOException;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * Tells the tracer of records that a receiver was given as whole batches: reads these once more,
 * beside the receiver's way, since they went to it unread. Any thread.
 *
 * @param blocking may wait for the device
 * @param connection the receiver's
 */
record HandedOut(TopicLog topic, MessageTracer tracer, Executor blocking, long connection) {

    private static final int PAGE_BYTES = 256 << 10;

    /** Batches from the one that holds an offset on. */
    void tell(Shard shard, long from, int bytes) {
        shard.read(from, bytes, true)
                .whenCompleteAsync(
                        (page, failure) -> tell(page, failure, from, Long.MAX_VALUE), blocking);
    }

    /** Records of whichever batches. */
    void tellRecords(Shard shard, long first, long last) {
        shard.read(first, PAGE_BYTES, true)
                .whenCompleteAsync(
                        (page, failure) -> {
                            long next = tell(page, failure, first, last);
                            if (next > first && next <= last) {
                                tellRecords(shard, next, last);
                            }
                        },
                        blocking);
    }

    /** The offset behind what was read. */
    private long tell(
            @Nullable ReadResult page, @Nullable Throwable failure, long first, long last) {
        if (failure != null || page == null) {
            topic.untraced(String.valueOf(failure));
            return first;
        }
        MessageTracer.Receiver receiver =
                new MessageTracer.Receiver(
                        MessageTracer.Kind.TOPIC, topic.spec().name(), connection, 0);
        RecordBatchCursor cursor = new RecordBatchCursor();
        Message message = new Message();
        long next = first;
        try (page) {
            for (Slice slice : page.slices()) {
                cursor.reset(slice.toBuffer());
                while (cursor.next()) {
                    next = cursor.lastOffset() + 1;
                    boolean wanted = cursor.offset() >= first && cursor.offset() <= last;
                    if (wanted && !cursor.isControl()) {
                        topic.records()
                                .read(cursor.record(), topic.subjectOf(cursor.key()), message);
                        tracer.delivered(topic.space().tenant(), message, receiver);
                    }
                }
            }
        } catch (IOException | StorageException unreadable) {
            topic.untraced(unreadable.toString());
            return first;
        }
        return next;
    }
}
