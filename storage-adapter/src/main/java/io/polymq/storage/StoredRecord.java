package io.polymq.storage;

import java.nio.ByteBuffer;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One decoded record. The buffers are read-only views of the batch that it was read from, valid as
 * long as that is.
 *
 * @param offset its place in the shard
 * @param timestamp milliseconds since 1970
 * @param key null when it has none
 * @param value null for a tombstone
 * @param headers in their order, duplicates kept
 */
public record StoredRecord(
        long offset,
        long timestamp,
        @Nullable ByteBuffer key,
        @Nullable ByteBuffer value,
        List<Header> headers) {

    /** A header; the value may be null. */
    public record Header(String name, @Nullable ByteBuffer value) {}

    /** A copy that stays valid for good. */
    public StoredRecord copy() {
        List<Header> copies = new java.util.ArrayList<>(headers.size());
        for (Header header : headers) {
            copies.add(new Header(header.name(), copy(header.value())));
        }
        return new StoredRecord(offset, timestamp, copy(key), copy(value), copies);
    }

    private static @Nullable ByteBuffer copy(@Nullable ByteBuffer from) {
        if (from == null) {
            return null;
        }
        ByteBuffer copy = ByteBuffer.allocate(from.remaining());
        copy.put(0, from, from.position(), from.remaining());
        return copy.asReadOnlyBuffer();
    }
}
