package io.polymq.mq9;

import io.polymq.core.message.KeptMessage;
import io.polymq.core.message.Message;
import io.polymq.core.message.MessageRecords;
import io.polymq.core.queue.RecordReader;
import io.polymq.core.subject.Subject;
import io.polymq.storage.StoredRecord;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/** Reads one priority's mail out of a mailbox's shard. Shared, stateless. */
record MailReader(Priority priority, Subject subject, MessageRecords records)
        implements RecordReader {

    private static final int MAX_PRIORITY_DIGITS = 3;

    @Override
    public @Nullable KeptMessage read(StoredRecord record) {
        return priorityOf(record) == priority ? message(record, subject, records) : null;
    }

    static KeptMessage message(StoredRecord record, Subject subject, MessageRecords records) {
        return records.read(record, subject, new Message()).keep();
    }

    static Priority priorityOf(StoredRecord record) {
        for (StoredRecord.Header header : record.headers()) {
            ByteBuffer value = header.value();
            if (value != null && header.name().equals(MessageRecords.PRIORITY)) {
                return Priority.ofNeutral(number(value));
            }
        }
        return Priority.NORMAL;
    }

    private static int number(ByteBuffer digits) {
        int number = 0;
        if (digits.remaining() > MAX_PRIORITY_DIGITS) {
            return -1;
        }
        for (int i = digits.position(); i < digits.limit(); i++) {
            int digit = digits.get(i) - '0';
            if (digit < 0 || digit > 9) {
                return -1;
            }
            number = number * 10 + digit;
        }
        return number;
    }
}
