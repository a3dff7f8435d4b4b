package io.polymq.core.queue;

import io.polymq.core.zone.ShardZone;
import java.util.concurrent.atomic.AtomicLong;

/**
 * How far a zone is behind with publishes: tasks that wait, and bytes of those that are big enough
 * to matter. Any thread.
 */
final class ZoneLoad {

    static final int RELAXED_TASKS = 16_384;
    private static final int CONGESTED_TASKS = 65_536;
    private static final long CONGESTED_BYTES = 64L << 20;
    private static final int REFUSED_AT = 8;
    private static final int COUNTED_SIZE = 512;

    private final ShardZone zone;
    private final AtomicLong bytes = new AtomicLong();

    ZoneLoad(ShardZone zone) {
        this.zone = zone;
    }

    boolean isCongested() {
        return zone.waiting() > CONGESTED_TASKS || bytes.get() > CONGESTED_BYTES;
    }

    boolean isOverloaded() {
        return zone.waiting() > REFUSED_AT * CONGESTED_TASKS
                || bytes.get() > REFUSED_AT * CONGESTED_BYTES;
    }

    void add(int size) {
        if (size > COUNTED_SIZE) {
            bytes.addAndGet(size);
        }
    }

    void remove(int size) {
        if (size > COUNTED_SIZE) {
            bytes.addAndGet(-size);
        }
    }
}
