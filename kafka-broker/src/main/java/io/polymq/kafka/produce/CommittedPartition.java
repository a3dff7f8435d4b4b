package io.polymq.kafka.produce;

import io.polymq.core.topic.Committed;
import io.polymq.storage.Shard;

/** A partition's transactions as readers of all protocols ask about them. Any thread. */
record CommittedPartition(PartitionProducers producers) implements Committed {

    @Override
    public long end() {
        return producers.stableOffset();
    }

    @Override
    public Shard.Watch watch(long seen, Runnable action) {
        return producers.watchStable(seen, action);
    }

    @Override
    public boolean isAborted(long producerId, long baseOffset) {
        return producers.aborted(baseOffset, baseOffset + 1).stream()
                .anyMatch(
                        aborted ->
                                aborted.producerId() == producerId
                                        && aborted.first() <= baseOffset
                                        && baseOffset < aborted.last());
    }
}
