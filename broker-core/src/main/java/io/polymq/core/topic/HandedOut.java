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
 */
record HandedOut(TopicLog topic, MessageTracer tracer, Executor blocking) {

    void tell(Shard shard, long from, int bytes, long connection) {
        shard.read(from, bytes, true)
                .whenCompleteAsync(
                        (page, failure) -> tell(page, failure, from, connection), blocking);
    }

    private void tell(
            @Nullable ReadResult page, @Nullable Throwable failure, long from, long connection) {
        if (failure != null || page == null) {
            topic.untraced(String.valueOf(failure));
            return;
        }
        MessageTracer.Receiver receiver =
                new MessageTracer.Receiver(
                        MessageTracer.Kind.TOPIC, topic.spec().name(), connection, 0);
        RecordBatchCursor cursor = new RecordBatchCursor();
        Message message = new Message();
        try (page) {
            for (Slice slice : page.slices()) {
                cursor.reset(slice.toBuffer());
                while (cursor.next()) {
                    boolean control = cursor.isControl();
                    if (!control && cursor.offset() >= from) {
                        topic.records()
                                .read(cursor.record(), topic.subjectOf(cursor.key()), message);
                        tracer.delivered(topic.space().tenant(), message, receiver);
                    }
                }
            }
        } catch (IOException | StorageException unreadable) {
            topic.untraced(unreadable.toString());
        }
    }
}
