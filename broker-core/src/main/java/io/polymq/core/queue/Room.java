package io.polymq.core.queue;

import io.polymq.core.zone.ShardZone;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A shard zone and what the queues in it share.
 *
 * @param records for the zone's thread only
 * @param consumers numbers consumers
 */
record Room(
        ShardZone zone,
        ZoneLoad load,
        QueueRecords records,
        AtomicInteger consumers,
        QueueTotals totals) {}
