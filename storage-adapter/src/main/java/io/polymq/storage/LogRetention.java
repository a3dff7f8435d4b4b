package io.polymq.storage;

import java.time.InstantSource;
import java.util.Arrays;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Goes over the shards' rows now and then: moves the start of those past their limits, and has
 * compacted ones compacted. On the maintenance thread.
 */
final class LogRetention {

    private static final Logger log = LoggerFactory.getLogger(LogRetention.class);

    private final LogStore store;
    private final SaneClock clock;
    private final Compactor compactor;

    LogRetention(LogStore store, InstantSource clock, LongSupplier nanos, Compactor compactor) {
        this.store = store;
        this.clock = new SaneClock(clock, nanos);
        this.compactor = compactor;
    }

    void run() {
        if (!clock.tick()) {
            log.atWarn().log("The wall clock has jumped; retention waits for the next round");
            return;
        }
        byte[] end = new byte[9];
        Arrays.fill(end, (byte) 0xff);
        try (OrderedStore.Walk walk =
                store.index().rows().walk(OrderedStore.Family.SHARDS, new byte[0], end)) {
            for (boolean there = walk.first(); there && !store.isClosing(); there = walk.next()) {
                look(ShardRow.decode(walk.value()));
            }
        }
    }

    private void look(ShardRow row) {
        boolean limited = row.spec.hasLimits() && row.records > 0;
        boolean compacted = row.spec.compaction() && compactor.isDue(row, clock.millis());
        LogShard shard = limited || compacted ? store.find(row.name) : null;
        if (shard == null) {
            return;
        }
        try {
            if (limited) {
                limit(shard, row.id);
            }
            if (compacted) {
                compactor.run(shard, clock.millis());
            }
        } catch (StorageException e) {
            log.atWarn()
                    .addKeyValue("shard", row.name)
                    .addKeyValue("reason", e.getMessage())
                    .log("Retention failed for a shard");
        }
    }

    /**
     * Counters and start are the index's of one moment: memory knows of a trim before the counters
     * do, and would have as much trimmed again. Had the index taken one in meanwhile, the next time
     * will do.
     */
    private void limit(LogShard shard, long id) {
        ShardRow row = store.index().shard(id);
        if (row == null) {
            return;
        }
        long to =
                RetentionLimit.newStart(
                        shard,
                        row.spec,
                        row.start,
                        shard.highWatermark(),
                        row.bytes,
                        row.records,
                        clock.millis());
        ShardRow after = store.index().shard(id);
        if (to > shard.startOffset() && after != null && after.start == row.start) {
            shard.trim(to);
        }
    }
}
