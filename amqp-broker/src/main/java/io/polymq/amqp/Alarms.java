package io.polymq.amqp;

import io.polymq.storage.ShardStore;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryMXBean;
import java.lang.management.MemoryUsage;

/**
 * What blocks publishers: a heap that is nearly full, a device that is. Looked at once a second by
 * whoever calls {@link #look}; read by any thread.
 */
public final class Alarms {

    private final ShardStore shards;
    private final double watermark;
    private final MemoryMXBean memory = ManagementFactory.getMemoryMXBean();
    private int highInARow;
    private volatile boolean memoryLow;
    private volatile boolean diskFull;
    private volatile boolean forced;

    Alarms(ShardStore shards, double watermark) {
        this.shards = shards;
        this.watermark = watermark;
    }

    /** On the timers' thread. */
    void look() {
        MemoryUsage heap = memory.getHeapMemoryUsage();
        boolean high = heap.getMax() > 0 && heap.getUsed() > heap.getMax() * watermark;
        // Garbage that has not been collected yet is no alarm.
        highInARow = high ? highInARow + 1 : 0;
        memoryLow = highInARow >= 3;
        diskFull = shards.isFull();
    }

    /** For operators: publishers are blocked as long as this is set. */
    void force(boolean on) {
        forced = on;
    }

    public boolean isOn() {
        return memoryLow || diskFull || forced;
    }

    /** As clients are told. */
    public String reason() {
        return diskFull ? "low on disk" : "low on memory";
    }
}
