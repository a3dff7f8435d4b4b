package io.polymq.codec.kafka;

import io.polymq.codec.kafka.BatchVerdict.Accepted;
import io.polymq.codec.kafka.BatchVerdict.Refused;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Objects;
import java.util.zip.CRC32C;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.message.ProduceResponseData.BatchIndexAndErrorMessage;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.record.internal.CompressionType;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.MemoryRecordsBuilder;
import org.apache.kafka.common.record.internal.MutableRecordBatch;
import org.apache.kafka.common.record.internal.Record;
import org.apache.kafka.common.utils.internals.BufferSupplier;
import org.apache.kafka.common.utils.internals.CloseableIterator;
import org.jspecify.annotations.Nullable;
import org.xerial.snappy.SnappyError;

/**
 * Looks at what was produced to one partition: one v2 batch, whole, with the right checksum, whose
 * records are as many and as its header says. A sound batch is left as it came, unless the topic
 * stamps, recompresses, or the header's largest timestamp is not the records'. Stateless; the
 * records must be the caller's own, since they may be changed in place.
 */
public final class ProducedBatch {

    private static final int LENGTH_AT = 8;
    private static final int MAGIC_AT = 16;
    private static final int CRC_AT = 17;
    private static final int ATTRIBUTES_AT = 21;
    private static final int HEADER_BYTES = 61;
    private static final int BEFORE_LENGTH_ENDS = 12;
    private static final int CONTROL = 0x20;
    private static final int COMPRESSION_BITS = 0x07;
    private static final short FIRST_VERSION_WITH_ZSTD = 7;

    /** As many as Kafka lists before it stops looking. */
    private static final int MAX_LISTED_RECORDS = 128;

    /** What a batch may inflate to when it must be compressed anew. */
    private static final int MAX_INFLATED_BYTES = 64 << 20;

    private ProducedBatch() {}

    /**
     * @param records what the request carried for the partition, in memory of its own
     * @param version the Produce request's
     * @param now wall clock in milliseconds
     * @param buffers for decompression; the calling thread's own
     */
    public static BatchVerdict check(
            MemoryRecords records,
            short version,
            BatchRules rules,
            long now,
            BufferSupplier buffers) {
        ByteBuffer bytes = records.buffer();
        if (!bytes.hasRemaining()) {
            return Refused.of(Errors.INVALID_RECORD, "no record batch");
        }
        Refused framing = framing(bytes, version, rules);
        if (framing != null) {
            return framing;
        }
        MutableRecordBatch batch = records.batches().iterator().next();
        Refused header = header(batch);
        if (header != null) {
            return header;
        }
        if (batch.compressionType() == CompressionType.SNAPPY
                && !SnappyFraming.isSound(bytes, HEADER_BYTES, MAX_INFLATED_BYTES)) {
            return Refused.of(Errors.INVALID_RECORD, "malformed snappy blocks");
        }
        Walk walk = new Walk(rules, now);
        try {
            walk.over(batch, bytes, buffers);
        } catch (KafkaException
                | IllegalArgumentException
                | BufferUnderflowException
                | SnappyError e) {
            return Refused.of(Errors.INVALID_RECORD, "malformed records: " + e.getMessage());
        }
        if (walk.fault != null) {
            return new Refused(walk.fault, walk.faultMessage, List.copyOf(walk.atFault));
        }
        return accepted(batch, records, rules, now, walk, buffers);
    }

    private static @Nullable Refused framing(ByteBuffer bytes, short version, BatchRules rules) {
        int at = bytes.position();
        if (bytes.remaining() < HEADER_BYTES) {
            return bytes.remaining() > MAGIC_AT && bytes.get(at + MAGIC_AT) < 2
                    ? oldFormat(bytes.get(at + MAGIC_AT))
                    : Refused.of(Errors.CORRUPT_MESSAGE, "a batch shorter than its header");
        }
        byte magic = bytes.get(at + MAGIC_AT);
        if (magic != 2) {
            return oldFormat(magic);
        }
        int length = bytes.getInt(at + LENGTH_AT);
        if (length < HEADER_BYTES - BEFORE_LENGTH_ENDS) {
            return Refused.of(Errors.CORRUPT_MESSAGE, "a batch of " + length);
        }
        int size = length + BEFORE_LENGTH_ENDS;
        if (size > bytes.remaining() || size < 0) {
            return Refused.of(Errors.INVALID_RECORD, "a batch that is cut off");
        }
        if (size < bytes.remaining()) {
            return Refused.of(Errors.INVALID_RECORD, "more than one record batch");
        }
        int codec = bytes.getShort(at + ATTRIBUTES_AT) & COMPRESSION_BITS;
        if (codec > CompressionType.ZSTD.id) {
            return Refused.of(Errors.CORRUPT_MESSAGE, "unknown compression " + codec);
        }
        if (codec == CompressionType.ZSTD.id && version < FIRST_VERSION_WITH_ZSTD) {
            return Refused.of(
                    Errors.UNSUPPORTED_COMPRESSION_TYPE, "zstd needs Produce version 7 or newer");
        }
        if (size > rules.maxBytes()) {
            return Refused.of(
                    Errors.MESSAGE_TOO_LARGE,
                    "a batch of " + size + " bytes, at most " + rules.maxBytes() + " are taken");
        }
        CRC32C crc = new CRC32C();
        crc.update(bytes.slice(at + ATTRIBUTES_AT, size - ATTRIBUTES_AT));
        if ((int) crc.getValue() != bytes.getInt(at + CRC_AT)) {
            return Refused.of(Errors.CORRUPT_MESSAGE, "the batch's checksum does not match");
        }
        return null;
    }

    private static Refused oldFormat(byte magic) {
        return Refused.of(
                Errors.INVALID_RECORD, "a batch of magic " + magic + " where only 2 is taken");
    }

    private static @Nullable Refused header(MutableRecordBatch batch) {
        int count = batch.countOrNull();
        if (count <= 0 || count != batch.lastOffset() - batch.baseOffset() + 1) {
            return Refused.of(
                    Errors.INVALID_RECORD, "the record count and the last offset do not agree");
        }
        if (batch.isControlBatch()) {
            return Refused.of(Errors.INVALID_RECORD, "clients may not write control records");
        }
        boolean idempotent = batch.producerId() >= 0;
        if (idempotent && (batch.producerEpoch() < 0 || batch.baseSequence() < 0)) {
            return Refused.of(Errors.INVALID_RECORD, "a producer id without epoch or sequence");
        }
        if (batch.isTransactional() && !idempotent) {
            return Refused.of(Errors.INVALID_RECORD, "a transaction without a producer id");
        }
        return null;
    }

    private static BatchVerdict accepted(
            MutableRecordBatch batch,
            MemoryRecords records,
            BatchRules rules,
            long now,
            Walk walk,
            BufferSupplier buffers) {
        ByteBuffer bytes = records.buffer();
        var target = rules.recompress();
        if (target != null && target.type() != batch.compressionType()) {
            if (walk.inflated > MAX_INFLATED_BYTES) {
                return Refused.of(
                        Errors.MESSAGE_TOO_LARGE,
                        "inflates to " + walk.inflated + " bytes, too many to compress anew");
            }
            bytes = recompressed(batch, rules, now, buffers);
            if (bytes.remaining() > rules.maxBytes()) {
                return Refused.of(
                        Errors.MESSAGE_TOO_LARGE,
                        "the batch has " + bytes.remaining() + " bytes when compressed anew");
            }
        } else if (rules.appendTime()) {
            batch.setMaxTimestamp(TimestampType.LOG_APPEND_TIME, now);
        } else if (batch.timestampType() != TimestampType.CREATE_TIME
                || walk.maxTimestamp != batch.maxTimestamp()) {
            batch.setMaxTimestamp(TimestampType.CREATE_TIME, walk.maxTimestamp);
        }
        return new Accepted(
                bytes,
                batch.countOrNull(),
                batch.producerId(),
                batch.producerEpoch(),
                batch.baseSequence(),
                batch.isTransactional());
    }

    private static ByteBuffer recompressed(
            MutableRecordBatch batch, BatchRules rules, long now, BufferSupplier buffers) {
        MemoryRecordsBuilder builder =
                MemoryRecords.builder(
                        ByteBuffer.allocate(batch.sizeInBytes() * 2),
                        batch.magic(),
                        Objects.requireNonNull(rules.recompress()),
                        rules.appendTime()
                                ? TimestampType.LOG_APPEND_TIME
                                : TimestampType.CREATE_TIME,
                        0L,
                        now,
                        batch.producerId(),
                        batch.producerEpoch(),
                        batch.baseSequence(),
                        batch.isTransactional(),
                        batch.partitionLeaderEpoch());
        try (builder;
                CloseableIterator<Record> records = batch.streamingIterator(buffers)) {
            for (long offset = 0; records.hasNext(); offset++) {
                builder.appendWithOffset(offset, records.next());
            }
            return builder.build().buffer();
        }
    }

    /** Whether the batch that begins at {@code at} is one of control records. */
    public static boolean isControl(ByteBuffer batch, int at) {
        return (batch.getShort(at + ATTRIBUTES_AT) & CONTROL) != 0;
    }

    /** One pass over a batch's records, for what the topic's rules and the header say of them. */
    private static final class Walk {

        private final BatchRules rules;
        private final long now;
        private final List<BatchIndexAndErrorMessage> atFault = new ArrayList<>(0);
        private @Nullable Errors fault;
        private String faultMessage = "";
        private long maxTimestamp = -1;
        private long inflated;

        Walk(BatchRules rules, long now) {
            this.rules = rules;
            this.now = now;
        }

        void over(MutableRecordBatch batch, ByteBuffer bytes, BufferSupplier buffers) {
            if (batch.compressionType() == CompressionType.NONE) {
                overPlain(batch, bytes);
            } else {
                try (CloseableIterator<Record> records = batch.skipKeyValueIterator(buffers)) {
                    overCompressed(batch.baseOffset(), records);
                }
            }
        }

        private void overCompressed(long baseOffset, Iterator<Record> records) {
            for (int index = 0; records.hasNext(); index++) {
                Record record = records.next();
                inflated += record.sizeInBytes();
                if (record.sizeInBytes() > rules.maxInflatedBytes()) {
                    fault(
                            Errors.INVALID_RECORD,
                            index,
                            "a record that inflates to " + record.sizeInBytes() + " bytes");
                    continue;
                }
                record(
                        index,
                        record.offset() - baseOffset == index,
                        record.timestamp(),
                        record.hasKey());
            }
        }

        private void overPlain(MutableRecordBatch batch, ByteBuffer bytes) {
            PlainRecords records = new PlainRecords(bytes);
            int count = batch.countOrNull();
            for (int index = 0; index < count; index++) {
                records.next();
                record(
                        index,
                        records.offsetDelta() == index,
                        records.timestamp(),
                        records.hasKey());
            }
            records.end();
        }

        private void record(int index, boolean inSequence, long timestamp, boolean hasKey) {
            maxTimestamp = Math.max(maxTimestamp, timestamp);
            if (!inSequence) {
                fault(Errors.INVALID_RECORD, index, "the record's offset is out of sequence");
            } else if (rules.keysRequired() && !hasKey) {
                fault(
                        Errors.INVALID_RECORD,
                        index,
                        "a compacted topic takes no record without key");
            } else if (!rules.appendTime() && timestamp >= 0 && outOfTime(timestamp)) {
                fault(
                        Errors.INVALID_TIMESTAMP,
                        index,
                        "timestamp " + timestamp + " is too far from the broker's " + now);
            }
        }

        private boolean outOfTime(long timestamp) {
            return timestamp < now
                    ? now - timestamp > rules.maxAgeMillis()
                    : timestamp - now > rules.maxAheadMillis();
        }

        private void fault(Errors error, int index, String message) {
            if (fault == null) {
                fault = error;
                faultMessage = "one or more records have been refused";
            }
            if (atFault.size() < MAX_LISTED_RECORDS) {
                atFault.add(
                        new BatchIndexAndErrorMessage()
                                .setBatchIndex(index)
                                .setBatchIndexErrorMessage(message));
            }
        }
    }
}
