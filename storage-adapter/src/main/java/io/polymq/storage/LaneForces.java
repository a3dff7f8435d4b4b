package io.polymq.storage;

import java.io.IOException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * How far a lane is written and how far that is on the device. The writer forces what somebody
 * waits for. All else is forced beside it, now and then and whenever much has come together: a full
 * segment must be on the device before the next one begins, and the writer would wait for all of
 * it.
 *
 * <p>Any thread. The own lock is held during a force.
 */
final class LaneForces {

    /** From here on what nobody waits for is forced at once. */
    private static final long MUCH = 16L << 20;

    private final LaneFiles files;
    private final StorageMetrics metrics;
    private final Runnable onDurable;
    private final Consumer<@Nullable IOException> onBeside;
    private final AtomicBoolean beside = new AtomicBoolean();
    private volatile long durableLsn;
    private volatile long forcedBytes;
    private volatile long writtenLsn;
    private volatile long writtenBytes;

    /**
     * @param lsn the last block, which is on the device
     * @param onBeside hears how each force beside the writer ended
     */
    LaneForces(
            LaneFiles files,
            long lsn,
            StorageMetrics metrics,
            Runnable onDurable,
            Consumer<@Nullable IOException> onBeside) {
        this.files = files;
        this.metrics = metrics;
        this.onDurable = onDurable;
        this.onBeside = onBeside;
        durableLsn = lsn;
        writtenLsn = lsn;
    }

    long durable() {
        return durableLsn;
    }

    long written() {
        return writtenLsn;
    }

    boolean isBehind() {
        return durableLsn < writtenLsn;
    }

    /** On the writer: the file has that block. */
    void wrote(long lsn, int bytes) {
        writtenBytes += bytes;
        writtenLsn = lsn;
    }

    /** On the writer, when nobody waits for the force of what it just wrote. */
    void besideIfMuch() {
        if (writtenBytes - forcedBytes >= MUCH) {
            beside();
        }
    }

    /** Begins a force beside the writer unless there is one. */
    void beside() {
        if (isBehind() && beside.compareAndSet(false, true)) {
            Thread.ofVirtual()
                    .name("polymq-lane-force")
                    .start(
                            () -> {
                                try {
                                    forceWritten();
                                } finally {
                                    beside.set(false);
                                }
                            });
        }
    }

    /** Forces what nobody waited for. */
    synchronized void forceWritten() {
        long bytes = writtenBytes;
        long target = writtenLsn;
        if (target <= durableLsn) {
            return;
        }
        try {
            force(files.last());
            durable(target, bytes);
            onBeside.accept(null);
        } catch (IOException e) {
            onBeside.accept(e);
        }
    }

    /**
     * A force that failed may have lost what it was to make safe, and the next one would succeed
     * without it: a segment has one failure.
     */
    synchronized void force(Segment target) throws IOException {
        if (target.forceFailed) {
            throw new IOException("an earlier force of " + target.path() + " failed");
        }
        long begin = System.nanoTime();
        try {
            target.file().force();
        } catch (IOException e) {
            target.forceFailed = true;
            throw e;
        }
        metrics.forced(System.nanoTime() - begin);
    }

    /** On the writer: forces what it wrote, unless somebody just did. */
    synchronized void forceIfBehind(Segment target) throws IOException {
        if (isBehind()) {
            force(target);
        }
    }

    /** On the writer: all that it wrote is on the device. */
    void allDurable() {
        durable(writtenLsn, writtenBytes);
    }

    private void durable(long lsn, long bytes) {
        boolean news;
        synchronized (this) {
            news = lsn > durableLsn;
            if (news) {
                durableLsn = lsn;
                forcedBytes = bytes;
            }
        }
        if (news) {
            onDurable.run();
        }
    }
}
