package io.polymq.storage;

import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/** The newest record of a key: what the index does not have yet, then the index. Stateless. */
final class KeyLookup {

    private KeyLookup() {}

    static @Nullable StoredRecord newest(LogShard shard, ByteBuffer key) {
        BatchSearch all = shard.search();
        if (!shard.spec.keyIndex()) {
            return all.lastWithKey(key);
        }
        long applied = shard.appliedEnd();
        long from = Math.max(all.start(), applied);
        StoredRecord fresh =
                from < all.end() ? new BatchSearch(shard, from, all.end()).lastWithKey(key) : null;
        if (fresh != null) {
            return fresh;
        }
        long indexed = shard.store.index().newestOf(shard.id(), key);
        long keysFrom = shard.keysFrom();
        long below = Math.min(keysFrom, all.end());
        // what the index has from below is of a time before its keys were followed without a gap
        if (indexed >= Math.max(all.start(), keysFrom)) {
            StoredRecord record = all.at(indexed);
            if (record != null && key.equals(record.key())) {
                return record;
            }
            // it was deleted, and an index made anew does not know: look for the one before
            below = Math.min(indexed, all.end());
        }
        return below <= all.start()
                ? null
                : new BatchSearch(shard, all.start(), below).lastWithKey(key);
    }
}
