package io.polymq.codec.kafka;

import java.nio.ByteBuffer;

/**
 * Steps over the records of an uncompressed v2 batch without making anything of them. Throws {@link
 * IllegalArgumentException} when they are not what their lengths say.
 */
final class PlainRecords {

    private static final int BASE_TIMESTAMP_AT = 27;
    private static final int HEADER_BYTES = 61;
    private static final int MAX_VARINT_BYTES = 5;
    private static final int MAX_VARLONG_BYTES = 10;

    private final ByteBuffer bytes;
    private final long baseTimestamp;
    private int at;
    private int offsetDelta;
    private long timestamp;
    private boolean hasKey;

    PlainRecords(ByteBuffer batch) {
        this.bytes = batch;
        this.baseTimestamp = batch.getLong(batch.position() + BASE_TIMESTAMP_AT);
        this.at = batch.position() + HEADER_BYTES;
    }

    int offsetDelta() {
        return offsetDelta;
    }

    long timestamp() {
        return timestamp;
    }

    boolean hasKey() {
        return hasKey;
    }

    /** Goes to the next record. */
    void next() {
        int length = varint();
        int end = at + length;
        if (length <= 0 || end > bytes.limit() || end < at) {
            throw new IllegalArgumentException("a record of " + length + " bytes");
        }
        at++; // attributes, of which none are in use
        timestamp = baseTimestamp + varlong();
        offsetDelta = varint();
        int key = varint();
        hasKey = key >= 0;
        skip(key, end);
        skip(varint(), end);
        int headers = varint();
        if (headers < 0) {
            throw new IllegalArgumentException(headers + " headers");
        }
        for (int i = 0; i < headers; i++) {
            int name = varint();
            if (name < 0) {
                throw new IllegalArgumentException("a header without a name");
            }
            skip(name, end);
            skip(varint(), end);
        }
        if (at != end) {
            throw new IllegalArgumentException("a record that is not as long as it says");
        }
    }

    /** Nothing may follow the last record. */
    void end() {
        if (at != bytes.limit()) {
            throw new IllegalArgumentException("bytes behind the last record");
        }
    }

    private void skip(int length, int end) {
        if (length > end - at) {
            throw new IllegalArgumentException("a field longer than its record");
        }
        at += Math.max(0, length);
    }

    private byte take() {
        if (at >= bytes.limit()) {
            throw new IllegalArgumentException("the batch ends within a record");
        }
        return bytes.get(at++);
    }

    private int varint() {
        int raw = 0;
        for (int i = 0; i < MAX_VARINT_BYTES; i++) {
            byte next = take();
            raw |= (next & 0x7f) << (7 * i);
            if (next >= 0) {
                return (raw >>> 1) ^ -(raw & 1);
            }
        }
        throw new IllegalArgumentException("a varint that does not end");
    }

    private long varlong() {
        long raw = 0;
        for (int i = 0; i < MAX_VARLONG_BYTES; i++) {
            byte next = take();
            raw |= (long) (next & 0x7f) << (7 * i);
            if (next >= 0) {
                return (raw >>> 1) ^ -(raw & 1);
            }
        }
        throw new IllegalArgumentException("a varlong that does not end");
    }
}
