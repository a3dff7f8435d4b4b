package io.polymq.core.service;

import io.polymq.core.zone.ShardZone;
import io.polymq.storage.Durability;
import io.polymq.storage.RecordBatchBuilder;
import io.polymq.storage.RecordHeaders;
import io.polymq.storage.Shard;
import io.polymq.storage.StorageException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Appends the records of a turn as one batch, and tells each its offset. Shard zone. */
final class TurnBatches implements ShardZone.AtTurnEnd {

    /** Hears how one record's append ended; in the zone. */
    interface Written {
        void written(long offset, @Nullable StorageException failure);
    }

    private final ShardZone zone;
    private final Shard shard;
    private final Durability level;
    private final RecordBatchBuilder batch = new RecordBatchBuilder();
    private ArrayList<Written> listeners = new ArrayList<>();

    TurnBatches(ShardZone zone, Shard shard, Durability level) {
        this.zone = zone;
        this.shard = shard;
        this.level = level;
    }

    void append(
            long timestamp,
            @Nullable ByteBuffer key,
            @Nullable ByteBuffer value,
            @Nullable RecordHeaders headers,
            Written listener) {
        batch.append(timestamp, key, value, headers);
        listeners.add(listener);
        if (listeners.size() == 1) {
            zone.atTurnEnd(this);
        }
    }

    @Override
    public void turnEnds() {
        List<Written> these = listeners;
        listeners = new ArrayList<>();
        try {
            shard.append(
                    batch.build(),
                    level,
                    (base, at, failure) -> zone.offer(() -> tell(these, base, failure)));
        } catch (StorageException e) {
            tell(these, -1, e);
        }
    }

    private static void tell(List<Written> these, long base, @Nullable StorageException failure) {
        for (int i = 0; i < these.size(); i++) {
            these.get(i).written(failure == null ? base + i : -1, failure);
        }
    }
}
