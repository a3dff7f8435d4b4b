package io.polymq.storage;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * Encodes records into one v2 batch; {@link #build} hands out a copy of its own, after which the
 * builder starts anew. Not for several threads.
 *
 * <p>Offsets count up by one unless {@link #appendAt} names them. The base offset is written as 0:
 * the append assigns it.
 */
public final class RecordBatchBuilder {

    private static final int NONE = -1;

    private final BatchCompression compression;
    private final CRC32C crc = new CRC32C();
    private byte[] bytes = new byte[512];
    private int length = RecordBatches.HEADER_BYTES;
    private int count;
    private int nextDelta;
    private long baseTimestamp;
    private long maxTimestamp;
    private int attributes;
    private long producerId = NONE;
    private short producerEpoch = NONE;
    private int baseSequence = NONE;

    public RecordBatchBuilder() {
        this(BatchCompression.NONE);
    }

    public RecordBatchBuilder(BatchCompression compression) {
        this.compression = compression;
    }

    public int count() {
        return count;
    }

    public boolean isEmpty() {
        return count == 0;
    }

    /** What the batch would take uncompressed. */
    public int bytes() {
        return length;
    }

    /** Bits besides compression: {@link RecordBatches#TRANSACTIONAL} and its like. */
    public RecordBatchBuilder attributes(int bits) {
        attributes = bits & ~RecordBatches.COMPRESSION_MASK;
        return this;
    }

    public RecordBatchBuilder producer(long id, short epoch, int sequence) {
        producerId = id;
        producerEpoch = epoch;
        baseSequence = sequence;
        return this;
    }

    public RecordBatchBuilder append(
            long timestamp, @Nullable ByteBuffer key, @Nullable ByteBuffer value) {
        return appendAt(nextDelta, timestamp, key, value, null);
    }

    public RecordBatchBuilder append(
            long timestamp,
            @Nullable ByteBuffer key,
            @Nullable ByteBuffer value,
            @Nullable RecordHeaders headers) {
        return appendAt(nextDelta, timestamp, key, value, headers);
    }

    /**
     * With an offset relative to the batch's first, larger than that of the record before.
     *
     * @throws StorageException when the batch would pass 2 GiB
     */
    public RecordBatchBuilder appendAt(
            int offsetDelta,
            long timestamp,
            @Nullable ByteBuffer key,
            @Nullable ByteBuffer value,
            @Nullable RecordHeaders headers) {
        int keySize = key == null ? NONE : key.remaining();
        int valueSize = value == null ? NONE : value.remaining();
        int at = begin(offsetDelta, timestamp, keySize, valueSize, headers);
        at = put(at, key, keySize);
        at = put(at, value, valueSize);
        end(at, offsetDelta, timestamp, headers);
        return this;
    }

    /** The next record, without a key and with a value out of an array. */
    public RecordBatchBuilder append(
            long timestamp, byte[] from, int offset, int size, @Nullable RecordHeaders headers) {
        int delta = nextDelta;
        int at = begin(delta, timestamp, NONE, size, headers);
        at = Varints.put(bytes, at, NONE);
        at = Varints.put(bytes, at, size);
        System.arraycopy(from, offset, bytes, at, size);
        end(at + size, delta, timestamp, headers);
        return this;
    }

    /** Writes a record up to its key, and makes room for all of it. */
    private int begin(
            int offsetDelta,
            long timestamp,
            int keySize,
            int valueSize,
            @Nullable RecordHeaders headers) {
        if (offsetDelta < nextDelta) {
            throw new IllegalArgumentException(
                    "offset delta " + offsetDelta + " after " + (nextDelta - 1));
        }
        if (count == 0) {
            baseTimestamp = timestamp;
            maxTimestamp = timestamp;
        }
        long body =
                1L
                        + Varints.sizeOfLong(timestamp - baseTimestamp)
                        + Varints.sizeOfInt(offsetDelta)
                        + Varints.sizeOfInt(keySize)
                        + Math.max(keySize, 0)
                        + Varints.sizeOfInt(valueSize)
                        + Math.max(valueSize, 0)
                        + (headers == null ? 1 : headers.encodedSize());
        reserve(body + 5);
        int at = Varints.put(bytes, length, (int) body);
        bytes[at++] = 0;
        at = Varints.put(bytes, at, timestamp - baseTimestamp);
        return Varints.put(bytes, at, offsetDelta);
    }

    /** Writes what stands behind a record's value. */
    private void end(int at, int offsetDelta, long timestamp, @Nullable RecordHeaders headers) {
        if (headers == null) {
            bytes[at] = 0;
            length = at + 1;
        } else {
            length = headers.encode(bytes, at);
        }
        count++;
        nextDelta = offsetDelta + 1;
        maxTimestamp = Math.max(maxTimestamp, timestamp);
    }

    private int put(int at, @Nullable ByteBuffer from, int size) {
        int next = Varints.put(bytes, at, size);
        if (from != null) {
            from.get(from.position(), bytes, next, size);
            next += size;
        }
        return next;
    }

    private void reserve(long more) {
        long needed = length + more;
        if (needed > Integer.MAX_VALUE - 16) {
            throw new StorageException(StorageException.Kind.TOO_LARGE, "a batch of over 2 GiB");
        }
        if (bytes.length < needed) {
            bytes =
                    Arrays.copyOf(
                            bytes,
                            (int)
                                    Math.min(
                                            Integer.MAX_VALUE - 16,
                                            Math.max(bytes.length * 2L, needed)));
        }
    }

    /** The batch, offsets ending with the last record; the builder is empty afterwards. */
    public ByteBuffer build() {
        return build(0, nextDelta - 1);
    }

    /** The batch at a known offset and with a known last one, as a rewrite of a batch needs. */
    ByteBuffer build(long baseOffset, int lastOffsetDelta) {
        byte[] batch;
        if (compression == BatchCompression.NONE) {
            batch = Arrays.copyOf(bytes, length);
        } else {
            byte[] packed =
                    compression.compress(
                            bytes, RecordBatches.HEADER_BYTES, length - RecordBatches.HEADER_BYTES);
            batch = new byte[RecordBatches.HEADER_BYTES + packed.length];
            System.arraycopy(packed, 0, batch, RecordBatches.HEADER_BYTES, packed.length);
        }
        ByteBuffer header = ByteBuffer.wrap(batch);
        header.putLong(RecordBatches.BASE_OFFSET, baseOffset);
        header.putInt(RecordBatches.LENGTH, batch.length - RecordBatches.LENGTH - 4);
        header.put(RecordBatches.MAGIC, (byte) 2);
        header.putShort(RecordBatches.ATTRIBUTES, (short) (attributes | compression.ordinal()));
        header.putInt(RecordBatches.LAST_OFFSET_DELTA, lastOffsetDelta);
        header.putLong(RecordBatches.BASE_TIMESTAMP, baseTimestamp);
        header.putLong(RecordBatches.MAX_TIMESTAMP, maxTimestamp);
        header.putLong(RecordBatches.PRODUCER_ID, producerId);
        header.putShort(RecordBatches.PRODUCER_EPOCH, producerEpoch);
        header.putInt(RecordBatches.BASE_SEQUENCE, baseSequence);
        header.putInt(RecordBatches.RECORD_COUNT, count);
        crc.reset();
        crc.update(batch, RecordBatches.ATTRIBUTES, batch.length - RecordBatches.ATTRIBUTES);
        header.putInt(RecordBatches.CRC, (int) crc.getValue());
        clear();
        return header;
    }

    /** Forgets what was appended, and what was said about producer and attributes. */
    public void clear() {
        length = RecordBatches.HEADER_BYTES;
        count = 0;
        nextDelta = 0;
        attributes = 0;
        producerId = NONE;
        producerEpoch = NONE;
        baseSequence = NONE;
        if (bytes.length > 1 << 20) {
            bytes = new byte[512];
        }
    }
}
