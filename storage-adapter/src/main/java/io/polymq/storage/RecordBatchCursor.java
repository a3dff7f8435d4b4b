package io.polymq.storage;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Walks over the records of whole v2 batches and decodes each when it is looked at. The records of
 * a compressed batch are unpacked when the cursor comes to them. Not for several threads; {@link
 * #reset} it and use it again.
 *
 * <p>Bytes that do not parse are answered by {@link StorageException.Kind#CORRUPT_BATCH}; lengths
 * are checked before anything is allocated for them.
 */
public final class RecordBatchCursor {

    /** The most that one batch may unpack to, where nothing else was said. */
    public static final int DEFAULT_MAX_UNPACKED = 256 << 20;

    private static final ByteBuffer EMPTY = ByteBuffer.allocate(0);

    private final int maxUnpacked;
    private ByteBuffer batches = EMPTY;
    private int nextBatch;
    private int batch = -1;
    private ByteBuffer records = EMPTY;
    private int recordsLeft;

    private long offset;
    private long timestamp;
    private int keyAt;
    private int keySize;
    private int valueAt;
    private int valueSize;
    private int headersAt;
    private int headerCount;

    public RecordBatchCursor() {
        this(DEFAULT_MAX_UNPACKED);
    }

    public RecordBatchCursor(int maxUnpacked) {
        this.maxUnpacked = maxUnpacked;
    }

    /** Begins anew with the batches between position and limit, which are not moved. */
    public RecordBatchCursor reset(ByteBuffer wholeBatches) {
        batches = wholeBatches;
        nextBatch = wholeBatches.position();
        batch = -1;
        records = EMPTY;
        recordsLeft = 0;
        return this;
    }

    /** Goes to the next batch, past what is left of this one; false at the end. */
    public boolean nextBatch() {
        int left = batches.limit() - nextBatch;
        if (left == 0) {
            records = EMPTY;
            recordsLeft = 0;
            return false;
        }
        if (left < RecordBatches.HEADER_BYTES) {
            throw corrupt("a batch header of only " + left + " bytes");
        }
        int length = batches.getInt(nextBatch + RecordBatches.LENGTH);
        if (length < RecordBatches.HEADER_BYTES - RecordBatches.LENGTH - 4
                || length > left - RecordBatches.LENGTH - 4) {
            throw corrupt("batch length " + length + " with " + left + " bytes left");
        }
        if (batches.get(nextBatch + RecordBatches.MAGIC) != 2) {
            throw corrupt("magic " + batches.get(nextBatch + RecordBatches.MAGIC));
        }
        batch = nextBatch;
        nextBatch = batch + length + RecordBatches.LENGTH + 4;
        recordsLeft = batches.getInt(batch + RecordBatches.RECORD_COUNT);
        records = EMPTY;
        return true;
    }

    /** Goes to the next record, in the next batch when this one has no more; false at the end. */
    public boolean next() {
        while (recordsLeft <= 0) {
            if (!nextBatch()) {
                return false;
            }
        }
        return nextInBatch();
    }

    /** Goes to the next record of this batch; false when it has no more. */
    public boolean nextInBatch() {
        if (recordsLeft <= 0) {
            return false;
        }
        if (records == EMPTY) {
            unpack();
        }
        recordsLeft--;
        decode();
        return true;
    }

    /**
     * Goes on to the record of that offset, past those before it without decoding them; false when
     * there is none. The cursor stands somewhere behind it then.
     */
    public boolean seek(long wanted) {
        while (nextBatch()) {
            if (lastOffset() < wanted) {
                continue;
            }
            unpack();
            long delta = wanted - baseOffset();
            // As many offsets as there are records behind it come after each one.
            long spare = lastOffset() - baseOffset() + 1 - recordsLeft;
            for (long passed = delta - spare; passed > 0 && recordsLeft > 0; passed--) {
                pass();
            }
            while (recordsLeft > 0) {
                recordsLeft--;
                decode();
                if (offset >= wanted) {
                    return offset == wanted;
                }
            }
            return false;
        }
        return false;
    }

    private void pass() {
        int size = Varints.readInt(records);
        if (size <= 0 || size > records.remaining()) {
            throw corrupt("a record of " + size + " bytes");
        }
        records.position(records.position() + size);
        recordsLeft--;
    }

    private void unpack() {
        ByteBuffer packed =
                batches.slice(
                        batch + RecordBatches.HEADER_BYTES,
                        nextBatch - batch - RecordBatches.HEADER_BYTES);
        BatchCompression compression = BatchCompression.of(attributes());
        records =
                compression == BatchCompression.NONE
                        ? packed
                        : compression.decompress(packed, maxUnpacked);
    }

    private void decode() {
        int size = Varints.readInt(records);
        if (size < 0 || size > records.remaining()) {
            throw corrupt("a record of " + size + " bytes");
        }
        int end = records.position() + size;
        if (size == 0) {
            throw corrupt("an empty record");
        }
        records.get();
        long timestampDelta = Varints.read(records);
        timestamp =
                (attributes() & RecordBatches.LOG_APPEND_TIME) != 0
                        ? batches.getLong(batch + RecordBatches.MAX_TIMESTAMP)
                        : batches.getLong(batch + RecordBatches.BASE_TIMESTAMP) + timestampDelta;
        offset = baseOffset() + Varints.readInt(records);
        keySize = field(end);
        keyAt = records.position();
        skip(keySize);
        valueSize = field(end);
        valueAt = records.position();
        skip(valueSize);
        headerCount = Varints.readInt(records);
        headersAt = records.position();
        if (headerCount < 0 || headersAt > end || headerCount > (end - headersAt) / 2) {
            throw corrupt(headerCount + " headers");
        }
        records.position(end);
    }

    private int field(int end) {
        int size = Varints.readInt(records);
        if (size < -1 || size > end - records.position()) {
            throw corrupt("a field of " + size + " bytes");
        }
        return size;
    }

    private void skip(int size) {
        if (size > 0) {
            records.position(records.position() + size);
        }
    }

    // The batch.

    public long baseOffset() {
        return batches.getLong(batch + RecordBatches.BASE_OFFSET);
    }

    public long lastOffset() {
        return baseOffset() + batches.getInt(batch + RecordBatches.LAST_OFFSET_DELTA);
    }

    public int attributes() {
        return batches.getShort(batch + RecordBatches.ATTRIBUTES);
    }

    /** Whether the batch holds a protocol's markers instead of somebody's records. */
    public boolean isControl() {
        return (attributes() & RecordBatches.CONTROL) != 0;
    }

    public long maxTimestamp() {
        return batches.getLong(batch + RecordBatches.MAX_TIMESTAMP);
    }

    public long producerId() {
        return batches.getLong(batch + RecordBatches.PRODUCER_ID);
    }

    public int batchCount() {
        return batches.getInt(batch + RecordBatches.RECORD_COUNT);
    }

    /** Where the batch begins in the buffer, and how long it is. */
    public int batchPosition() {
        return batch;
    }

    public int batchSize() {
        return nextBatch - batch;
    }

    // The record.

    public long offset() {
        return offset;
    }

    public long timestamp() {
        return timestamp;
    }

    public boolean hasKey() {
        return keySize >= 0;
    }

    /** Null when the record has none. */
    public @Nullable ByteBuffer key() {
        return keySize < 0 ? null : view(keyAt, keySize);
    }

    public boolean hasValue() {
        return valueSize >= 0;
    }

    /** Null for a tombstone. */
    public @Nullable ByteBuffer value() {
        return valueSize < 0 ? null : view(valueAt, valueSize);
    }

    /** Bytes of the value, -1 for a tombstone. */
    public int valueSize() {
        return valueSize;
    }

    public int headerCount() {
        return headerCount;
    }

    /** Decoded when asked for, duplicates kept. */
    public List<StoredRecord.Header> headers() {
        if (headerCount == 0) {
            return List.of();
        }
        ByteBuffer from = records.duplicate().position(headersAt).limit(records.position());
        List<StoredRecord.Header> headers = new ArrayList<>(Math.min(headerCount, 64));
        for (int i = 0; i < headerCount; i++) {
            int nameSize = Varints.readInt(from);
            if (nameSize < 0 || nameSize > from.remaining()) {
                throw corrupt("a header name of " + nameSize + " bytes");
            }
            String name =
                    StandardCharsets.UTF_8.decode(from.slice(from.position(), nameSize)).toString();
            from.position(from.position() + nameSize);
            int size = Varints.readInt(from);
            if (size < -1 || size > from.remaining()) {
                throw corrupt("a header value of " + size + " bytes");
            }
            ByteBuffer value = size < 0 ? null : view(from.position(), size);
            from.position(from.position() + Math.max(size, 0));
            headers.add(new StoredRecord.Header(name, value));
        }
        return headers;
    }

    /** The first header of that name; null when there is none or its value is null. */
    public @Nullable ByteBuffer header(String name) {
        for (StoredRecord.Header header : headers()) {
            if (header.name().equals(name)) {
                return header.value();
            }
        }
        return null;
    }

    /** All of it; the buffers are views of what the cursor was given, or of what it unpacked. */
    public StoredRecord record() {
        return new StoredRecord(offset, timestamp, key(), value(), headers());
    }

    private ByteBuffer view(int at, int size) {
        return records.slice(at, size).asReadOnlyBuffer();
    }

    private static StorageException corrupt(String what) {
        return new StorageException(StorageException.Kind.CORRUPT_BATCH, what);
    }
}
