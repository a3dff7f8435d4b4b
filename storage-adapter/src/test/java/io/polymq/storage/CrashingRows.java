package io.polymq.storage;

import java.nio.file.Path;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/**
 * Rows that a power loss takes back to the last flush, as RocksDB does without a log of its own; it
 * may flush by itself whenever it likes.
 */
final class CrashingRows implements OrderedStore {

    private final Random random;
    private SortedMemory rows = new SortedMemory();
    private SortedMemory flushed = new SortedMemory();
    private boolean frozen;
    private boolean held;
    private boolean waiting;

    CrashingRows(Random random) {
        this.random = random;
    }

    synchronized void freeze() {
        frozen = true;
    }

    /** Changes wait until they are let through. */
    synchronized void hold() {
        held = true;
    }

    synchronized boolean isHolding() {
        return waiting;
    }

    synchronized void letThrough() {
        held = false;
        notifyAll();
    }

    synchronized void powerLoss() {
        rows = flushed.copy();
        frozen = false;
    }

    private synchronized SortedMemory rows() {
        return rows;
    }

    @Override
    public byte @Nullable [] get(Family family, byte[] key) {
        return rows().get(family, key);
    }

    @Override
    public Walk walk(Family family, byte[] from, byte[] to) {
        return rows().walk(family, from, to);
    }

    @Override
    public Changes changes() {
        return rows().changes();
    }

    @Override
    public synchronized void apply(Changes changes, boolean force) {
        while (held) {
            waiting = true;
            try {
                wait();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        }
        rows.apply(changes, force);
        if (random.nextInt(20) == 0) {
            flush();
        }
    }

    @Override
    public void checkpoint(Path folder) {
        throw new UnsupportedOperationException("these rows are in memory");
    }

    @Override
    public synchronized void flush() {
        if (!frozen) {
            flushed = rows.copy();
        }
    }

    @Override
    public long bytes() {
        return rows().bytes();
    }

    @Override
    public void close() {
        // the rows outlive the store that uses them
    }
}
