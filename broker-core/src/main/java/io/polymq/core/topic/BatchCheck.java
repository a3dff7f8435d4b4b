package io.polymq.core.topic;

import io.polymq.core.message.Message;
import io.polymq.storage.RecordBatchCursor;
import io.polymq.storage.StorageException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/** Looks at ready batches as the messages that they are, for rules on payloads. Caller's thread. */
final class BatchCheck {

    private BatchCheck() {}

    /** The first record that may not be published; one without a value is a deletion and may. */
    static Topic.@Nullable RefusedRecord refused(TopicLog topic, ByteBuffer batches) {
        RecordBatchCursor cursor = new RecordBatchCursor();
        Message message = new Message();
        int index = 0;
        try {
            cursor.reset(batches.duplicate());
            while (cursor.nextBatch()) {
                while (!cursor.isControl() && cursor.nextInBatch()) {
                    String why = cursor.value() == null ? null : refusal(topic, cursor, message);
                    if (why != null) {
                        return new Topic.RefusedRecord(index, why);
                    }
                    index++;
                }
            }
        } catch (StorageException malformed) {
            return null; // the append says what is wrong with it
        }
        return null;
    }

    private static @Nullable String refusal(
            TopicLog topic, RecordBatchCursor cursor, Message message) {
        topic.records().read(cursor.record(), topic.subjectOf(cursor.key()), message);
        return topic.space().refusal(message);
    }
}
