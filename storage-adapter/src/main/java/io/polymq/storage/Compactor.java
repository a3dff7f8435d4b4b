package io.polymq.storage;

import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Map;

/**
 * Keeps only the newest record of each key in a compacted shard, a portion of keys at a time: the
 * newest offsets of the portion are gathered from where the last run ended, then every older record
 * of these keys goes. On the maintenance thread.
 */
final class Compactor {

    private static final int MOST_KEYS = 200_000;

    private final Rewrites rewrites;
    private final Map<Long, Progress> progress = new HashMap<>();

    /** How far a shard is compacted, its size then, and when its oldest tombstone may go. */
    private record Progress(long end, long bytes, long nextTombstone) {}

    Compactor(Rewrites rewrites) {
        this.rewrites = rewrites;
    }

    /** Whether enough has changed to make it worth while. */
    boolean isDue(ShardRow row, long now) {
        Progress last = progress.get(row.id);
        if (last == null) {
            return row.records > 0;
        }
        return now >= last.nextTombstone
                || row.end > last.end && row.bytes - last.bytes >= last.bytes / 2;
    }

    void run(LogShard shard, long now) {
        Progress last = progress.get(shard.id());
        BatchSearch all = shard.search();
        long from = Math.max(all.start(), last == null ? 0 : last.end);
        long horizon = now - shard.spec.tombstoneRetention().toMillis();
        CommittedKeys newest = new CommittedKeys();
        long[] tombstone = {Long.MAX_VALUE};
        long to = gather(shard, all, from, newest);
        rewrites.remove(
                shard,
                record -> {
                    ByteBuffer key = record.key();
                    if (key == null) {
                        return false;
                    }
                    Long latest = newest.of(key);
                    if (latest != null && latest > record.offset()) {
                        return true;
                    }
                    if (record.hasValue()) {
                        return false;
                    }
                    boolean old = record.timestamp() < horizon && record.offset() < to;
                    if (!old) {
                        tombstone[0] =
                                Math.min(
                                        tombstone[0],
                                        record.timestamp()
                                                + shard.spec.tombstoneRetention().toMillis()
                                                + 1);
                    }
                    return old;
                },
                null);
        progress.put(shard.id(), new Progress(to, shard.statistics().bytes(), tombstone[0]));
    }

    /**
     * Where the gathering ended: at the end, where the map was full, or where the oldest open
     * transaction begins, of which nobody knows yet whether it counts.
     */
    private static long gather(LogShard shard, BatchSearch all, long from, CommittedKeys newest) {
        RecordBatchCursor cursor = new RecordBatchCursor();
        BatchRows.Row row = all.holding(from);
        while (row != null && row.baseOffset() < all.end()) {
            cursor.reset(shard.load(row));
            while (cursor.nextBatch()) {
                newest.add(cursor);
            }
            if (newest.size() >= MOST_KEYS) {
                return newest.decidedUpTo(row.nextOffset());
            }
            row = shard.atOrAfter(row.nextOffset());
        }
        return newest.decidedUpTo(all.end());
    }

    void forget(long shard) {
        progress.remove(shard);
    }
}
