package io.polymq.nats.jetstream.stream;

import io.polymq.core.message.Message;
import io.polymq.core.message.MessageRecords;
import io.polymq.core.subject.Filter;
import io.polymq.core.subject.Subject;
import io.polymq.nats.NatsHeaderCodec;
import io.polymq.storage.RecordBatchCursor;
import io.polymq.storage.RecordHeaders;
import io.polymq.storage.StoredRecord;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A stream's messages as records of its topic. The key is the subject; where no capture that the
 * stream ever had matches it (transforms, mirrors, sources) a header says it as well, so that a
 * record keeps its subject when the captures change. A record of a Kafka producer whose key is no
 * subject of the stream has the stream's own one. Reads on any thread, makes headers in the shard
 * zone.
 */
final class RecordForm {

    private final MessageRecords records;
    private final List<Filter> captures;
    private final Subject own;
    private final RecordHeaders headers = new RecordHeaders();

    /**
     * @param captures every capture that the stream has or had
     * @param own the subject of records that tell none
     */
    RecordForm(MessageRecords records, List<Filter> captures, Subject own) {
        this.records = records;
        this.captures = captures;
        this.own = own;
    }

    private boolean isCaptured(Subject subject) {
        for (Filter filter : captures) {
            if (filter.matches(subject)) {
                return true;
            }
        }
        return false;
    }

    /** The headers of the record; valid until the next call. Null when there are none. */
    @Nullable RecordHeaders headers(Message of, long now) {
        headers.clear();
        records.encode(of, !isCaptured(of.subject()), now, headers);
        return headers.count() == 0 ? null : headers;
    }

    /** The record that the cursor stands at. */
    StreamMessage read(RecordBatchCursor cursor, long sequence) {
        return cursor.headerCount() == 0
                ? bare(cursor.key(), cursor.value(), sequence, cursor.timestamp())
                : read(cursor.record(), sequence);
    }

    StreamMessage read(StoredRecord record, long sequence) {
        if (record.headers().isEmpty()) {
            return bare(record.key(), record.value(), sequence, record.timestamp());
        }
        Message message = new Message();
        records.read(record, subjectOf(record.key()), message);
        return new StreamMessage(
                sequence,
                message.subject(),
                headerBlock(message),
                message.payload(),
                record.timestamp());
    }

    private StreamMessage bare(
            @Nullable ByteBuffer key, @Nullable ByteBuffer value, long sequence, long time) {
        byte[] payload = value == null ? StreamMessage.NOTHING : bytes(value);
        return new StreamMessage(sequence, subjectOf(key), StreamMessage.NOTHING, payload, time);
    }

    /**
     * Batches that are to stand behind a sequence.
     *
     * @return the last sequence then
     */
    long read(ByteBuffer batches, long behind, List<StreamMessage> into) {
        long last = behind;
        RecordBatchCursor cursor = new RecordBatchCursor().reset(batches);
        while (cursor.nextBatch()) {
            long first = last + 1;
            long base = cursor.baseOffset();
            last = first + cursor.lastOffset() - base;
            while (!cursor.isControl() && cursor.nextInBatch()) {
                into.add(read(cursor, first + cursor.offset() - base));
            }
        }
        return last;
    }

    private Subject subjectOf(@Nullable ByteBuffer key) {
        if (key == null || !key.hasRemaining()) {
            return own;
        }
        byte[] bytes = bytes(key);
        Subject subject = Subject.ofDotted(bytes, 0, bytes.length);
        return isCaptured(subject) ? subject : own;
    }

    /** A message's headers as a NATS block. */
    static byte[] headerBlock(Message message) {
        if (!message.isNativeTo(NatsHeaderCodec.INSTANCE)) {
            return NatsHeaderCodec.encode(message.properties());
        }
        byte[] header = message.header();
        int from = message.headerOffset();
        int length = message.headerLength();
        return from == 0 && length == header.length
                ? header
                : Arrays.copyOfRange(header, from, from + length);
    }

    private static byte[] bytes(ByteBuffer buffer) {
        byte[] bytes = new byte[buffer.remaining()];
        buffer.get(buffer.position(), bytes);
        return bytes;
    }
}
