package io.polymq.benchmarks.queue;

import io.polymq.config.StorageConfig;

/** The default settings with another driver. */
final class MemoryStorage {

    static final StorageConfig CONFIG = driver("memory");

    private MemoryStorage() {}

    static StorageConfig driver(String name) {
        StorageConfig base = StorageConfig.DEFAULT;
        return new StorageConfig(
                name,
                base.lanes(),
                base.ownLanes(),
                base.segmentBytes(),
                base.recycle(),
                base.reserveBytes(),
                base.memoryBytes(),
                base.tailCacheBytes(),
                base.pendingBytes(),
                base.maxAppendBytes(),
                base.checkpointBytes(),
                base.checkpointInterval(),
                base.forceInterval(),
                base.cursorInterval(),
                base.retentionInterval(),
                base.cleanRate(),
                base.cleanPercent(),
                base.indexCacheBytes(),
                base.readThreads());
    }
}
