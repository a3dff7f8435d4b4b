package io.polymq.storage;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * One ordered record sequence with its own offsets. Safe for any thread; appends of one thread keep
 * their order.
 */
public interface Shard {

    String name();

    /** Unique in the store, never reused. */
    long id();

    ShardSpec spec();

    /** The first offset that may be read. */
    long startOffset();

    /** The offset that the next append will get. */
    long endOffset();

    /** Records below it are safe at the level they were appended with, and may be read. */
    long highWatermark();

    /**
     * Appends whole v2 record batches. What is stored carries the offsets that were assigned and
     * leader epoch 0 (both lie outside the batch's own checksum); everything else is kept byte for
     * byte. The buffer itself is left as it was, is read between position and limit, and must not
     * be changed before the listener was called. Batches that do not pass {@link
     * RecordBatches#check} are refused as {@link StorageException.Kind#CORRUPT_BATCH}.
     */
    void append(ByteBuffer batches, Durability durability, AppendListener listener);

    /** The same, as a future. */
    default CompletableFuture<Appended> append(ByteBuffer batches, Durability durability) {
        int records = RecordBatches.offsetSpan(batches);
        CompletableFuture<Appended> result = new CompletableFuture<>();
        append(
                batches,
                durability,
                (base, timestamp, failure) -> {
                    if (failure == null) {
                        result.complete(new Appended(base, base + records, timestamp));
                    } else {
                        result.completeExceptionally(failure);
                    }
                });
        return result;
    }

    /**
     * Like {@link #read}, but only what is in memory: null when the answer needs the device or the
     * index. For loops.
     */
    @Nullable ReadResult readCached(long offset, int maxBytes, boolean minOneBatch);

    /**
     * Whole batches from the one that holds {@code offset} on, as far as the high watermark and as
     * many as fit into {@code maxBytes}; the first one even when it does not fit, when {@code
     * minOneBatch}. An offset outside the shard is answered by {@link
     * StorageException.Kind#OFFSET_OUT_OF_RANGE}.
     */
    CompletableFuture<ReadResult> read(long offset, int maxBytes, boolean minOneBatch);

    /**
     * The same for who sends the batches as they are.
     *
     * @param files whether the kernel can send them from files: then they are left there where that
     *     is cheaper; else all is read into memory
     */
    default CompletableFuture<ReadResult> readToSend(
            long offset, int maxBytes, boolean minOneBatch, boolean files) {
        return read(offset, maxBytes, minOneBatch);
    }

    /**
     * The record at that offset, as a view of the batch that was read for it; empty when there is
     * none. Completed at once when the batch is in memory.
     */
    CompletableFuture<Optional<StoredRecord>> readRecord(long offset);

    /**
     * The newest record with that key, as a copy; an empty result when there is none. A tombstone
     * is a record too.
     */
    CompletableFuture<KeyedRead> readByKey(ByteBuffer key);

    /**
     * Records that carry a header of that name with that value, from an offset on, at most {@code
     * limit}, as copies. Searches the shard: cost grows with what lies between.
     */
    CompletableFuture<List<StoredRecord>> readByHeader(
            String name, ByteBuffer value, long fromOffset, int limit);

    /** The first offset whose record's timestamp is at least that; empty when there is none. */
    CompletableFuture<OptionalLong> offsetForTime(long timestamp);

    /**
     * Offset and time of the record with the largest timestamp; offset -1 when the shard is empty.
     */
    CompletableFuture<TimedOffset> maxTimestamp();

    /** Moves the start offset forward durably: earlier records are gone. */
    CompletableFuture<Void> trim(long newStartOffset);

    /** Deletes single records; their offsets stay holes. */
    CompletableFuture<Void> deleteRecords(long[] offsets);

    /** Deletes every record with that key; the number deleted. */
    CompletableFuture<Long> deleteByKey(ByteBuffer key);

    /**
     * Calls once when the high watermark passes {@code offset}, or the shard is deleted or closed;
     * at once when it already has. Cheap: no thread, no timer. Closing the result forgets the call.
     */
    Watch watchEnd(long offset, Runnable action);

    /** The group's cursor, made when first asked for; kept with the shard. */
    GroupCursor cursor(String group);

    /** Names of the groups that have a cursor. */
    List<String> groups();

    /** Forgets a group's cursor durably. */
    CompletableFuture<Void> deleteCursor(String group);

    ShardStatistics statistics();

    /** A call that may be withdrawn. */
    interface Watch extends AutoCloseable {
        @Override
        void close();
    }
}
