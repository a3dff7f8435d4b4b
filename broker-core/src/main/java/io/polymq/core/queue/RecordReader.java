package io.polymq.core.queue;

import io.polymq.core.message.KeptMessage;
import io.polymq.storage.StoredRecord;
import org.jspecify.annotations.Nullable;

/** Turns a stored record into a message for consumers, or leaves it out. Shared, stateless. */
public interface RecordReader {

    /**
     * Null when the record is not for this queue's consumers (a filter, a control record); it then
     * counts as acknowledged.
     */
    @Nullable KeptMessage read(StoredRecord record);
}
