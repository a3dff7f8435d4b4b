package io.polymq.mqtt;

import io.polymq.config.StorageConfig;

/** The storage section with the memory driver. */
final class InMemory {

    private static final StorageConfig D = StorageConfig.DEFAULT;

    static final StorageConfig CONFIG =
            new StorageConfig(
                    "memory",
                    D.lanes(),
                    D.ownLanes(),
                    D.segmentBytes(),
                    D.recycle(),
                    D.reserveBytes(),
                    D.memoryBytes(),
                    D.tailCacheBytes(),
                    D.pendingBytes(),
                    D.maxAppendBytes(),
                    D.checkpointBytes(),
                    D.checkpointInterval(),
                    D.forceInterval(),
                    D.cursorInterval(),
                    D.retentionInterval(),
                    D.cleanRate(),
                    D.cleanPercent(),
                    D.indexCacheBytes(),
                    D.readThreads());

    private InMemory() {}
}
