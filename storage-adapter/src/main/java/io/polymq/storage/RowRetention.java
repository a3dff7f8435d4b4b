package io.polymq.storage;

import java.nio.ByteBuffer;
import java.time.InstantSource;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Trims and compacts the shards of a {@link RowStore} now and then. On the ticker thread. */
final class RowRetention {

    private static final Logger log = LoggerFactory.getLogger(RowRetention.class);

    private final RowStore store;
    private final SaneClock clock;

    RowRetention(RowStore store, InstantSource clock) {
        this.store = store;
        this.clock = new SaneClock(clock, System::nanoTime);
    }

    void run() {
        if (!clock.tick()) {
            log.atWarn().log("The wall clock has jumped; retention waits for the next round");
            return;
        }
        long now = clock.millis();
        for (ShardState state : store.states()) {
            try {
                Optional<Shard> shard = store.open(state.name());
                if (shard.isPresent()) {
                    keep((RowShard) shard.get(), now);
                }
            } catch (StorageException e) {
                log.atWarn()
                        .addKeyValue("shard", state.name())
                        .addKeyValue("reason", e.getMessage())
                        .log("Retention failed for a shard");
            }
        }
    }

    private void keep(RowShard shard, long now) {
        ShardSpec spec = shard.spec();
        if (spec.hasLimits()) {
            long to =
                    RetentionLimit.newStart(
                            shard,
                            spec,
                            shard.start,
                            shard.highWatermark,
                            shard.bytes,
                            shard.records,
                            now);
            if (to > shard.start) {
                shard.trim(to);
            }
        }
        if (spec.compaction() && shard.superseded) {
            shard.superseded = false;
            long horizon = now - spec.tombstoneRetention().toMillis();
            CommittedKeys committed = committed(shard);
            store.submit(
                    RowOperations.Rewrite.of(
                            shard, record -> isWanted(committed, record, horizon), null));
        }
    }

    private static CommittedKeys committed(RowShard shard) {
        CommittedKeys committed = new CommittedKeys();
        RecordBatchCursor cursor = new RecordBatchCursor();
        try (OrderedStore.Walk walk = shard.walk()) {
            for (boolean there = walk.first(); there; there = walk.next()) {
                cursor.reset(RowShard.batch(walk.value()));
                while (cursor.nextBatch()) {
                    committed.add(cursor);
                }
            }
        }
        return committed;
    }

    private static boolean isWanted(
            CommittedKeys committed, RecordBatchCursor record, long horizon) {
        ByteBuffer key = record.key();
        if (key == null) {
            return true;
        }
        if (!record.hasValue() && record.timestamp() < horizon) {
            return false;
        }
        // Not the key index: what came after the scan may be of a transaction that is aborted.
        Long latest = committed.of(key);
        return latest == null || latest <= record.offset();
    }
}
