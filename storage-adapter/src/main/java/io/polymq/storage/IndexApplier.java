package io.polymq.storage;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The thread by which the index follows the lanes: takes durable blocks of all lanes, applies them
 * in bulk, then lets tails shrink; flushes a checkpoint now and then. Sleeps while lanes are idle.
 */
final class IndexApplier {

    private static final Logger log = LoggerFactory.getLogger(IndexApplier.class);
    private static final int ROUNDS = 512;
    private static final long GATHER_NANOS = 2_000_000;
    private static final long FLUSH_RETRY_NANOS = 1_000_000_000;

    private final LogIndex index;
    private final Supplier<Collection<LaneWriter>> lanes;
    private final LogIndex.Loader loader;
    private final long checkpointBytes;
    private final long checkpointNanos;
    private final Consumer<RuntimeException> onFailure;
    private final Queue<Done> intentsDone = new ConcurrentLinkedQueue<>();
    private volatile @Nullable Thread thread;
    private volatile boolean closed;
    private volatile boolean idle;
    private volatile Runnable afterCheckpoint = () -> {};
    private boolean behind;
    private long unflushed;
    private long flushedAt = System.nanoTime();
    private boolean flushFailed;

    private record Done(int lane, long sequence) {}

    IndexApplier(
            LogIndex index,
            Supplier<Collection<LaneWriter>> lanes,
            LogIndex.Loader loader,
            long checkpointBytes,
            long checkpointNanos,
            Consumer<RuntimeException> onFailure) {
        this.onFailure = onFailure;
        this.index = index;
        this.lanes = lanes;
        this.loader = loader;
        this.checkpointBytes = checkpointBytes;
        this.checkpointNanos = checkpointNanos;
    }

    void start(Runnable onCheckpoint) {
        afterCheckpoint = onCheckpoint;
        thread = Thread.ofPlatform().name("polymq-index").daemon().start(this::run);
    }

    /** There may be durable blocks. Any thread; cheap while the applier is awake. */
    void wake() {
        if (idle) {
            LockSupport.unpark(thread);
        }
    }

    void intentDone(int lane, long sequence) {
        intentsDone.add(new Done(lane, sequence));
        wake();
    }

    boolean isClosed() {
        return closed;
    }

    private void run() {
        try {
            while (true) {
                if (drain()) {
                    checkpointIfDue();
                    if (!behind) {
                        LockSupport.parkNanos(GATHER_NANOS);
                    }
                    continue;
                }
                if (closed) {
                    break;
                }
                idle = true;
                if (!drain()) {
                    sleep();
                }
                idle = false;
                checkpointIfDue();
            }
            index.commit();
            index.rows().flush();
        } catch (RuntimeException e) {
            log.atError().setCause(e).log("The index can no longer follow the lanes");
            onFailure.accept(e);
        }
    }

    private void sleep() {
        if (unflushed > 0) {
            long rest = flushInterval() - (System.nanoTime() - flushedAt);
            LockSupport.parkNanos(this, Math.max(1, rest));
        } else {
            LockSupport.park(this);
        }
    }

    /** Applies what is durable, of each lane its share; whether there was anything. */
    private boolean drain() {
        List<Done> done = new ArrayList<>();
        for (Done next; (next = intentsDone.poll()) != null; ) {
            done.add(next);
        }
        List<Applied> applied = new ArrayList<>();
        behind = false;
        for (LaneWriter lane : lanes.get()) {
            LaneRound round;
            int left = ROUNDS;
            while (left-- > 0 && (round = lane.nextDurable()) != null) {
                index.apply(lane.id, round.lsn, round.segment, round.end, round.events, loader);
                applied.add(new Applied(lane, round));
                unflushed += round.end - round.position;
            }
            behind |= left < 0;
        }
        for (Done intent : done) {
            index.forgetIntent(intent.lane, intent.sequence);
        }
        if (applied.isEmpty() && done.isEmpty()) {
            return false;
        }
        index.commit();
        for (Applied each : applied) {
            each.finish();
        }
        return true;
    }

    private record Applied(LaneWriter lane, LaneRound round) {
        void finish() {
            lane.applied(round);
            LogShard last = null;
            for (IndexEvent event : round.events) {
                if (event instanceof BatchRef ref && ref.owner != null && ref.owner != last) {
                    last = ref.owner;
                    last.pruneTail();
                }
            }
        }
    }

    /**
     * A flush that fails (the device is full) is tried again; rows are still taken meanwhile, and a
     * start would only have to read more of the lanes.
     */
    private void checkpointIfDue() {
        if (unflushed == 0 || System.nanoTime() - flushedAt < flushInterval()) {
            return;
        }
        flushedAt = System.nanoTime();
        try {
            index.rows().flush();
        } catch (StorageException e) {
            flushFailed = true;
            log.atWarn()
                    .addKeyValue("reason", e.getMessage())
                    .log("The index could not be made safe; trying again");
            return;
        }
        flushFailed = false;
        unflushed = 0;
        afterCheckpoint.run();
    }

    private long flushInterval() {
        if (flushFailed) {
            return FLUSH_RETRY_NANOS;
        }
        return unflushed >= checkpointBytes ? 0 : checkpointNanos;
    }

    /** Applies all that is durable, flushes, ends. */
    void close() {
        closed = true;
        Thread running = thread;
        LockSupport.unpark(running);
        if (running != null) {
            Shutdowns.join(running);
        }
    }

    static long nanos(java.time.Duration duration) {
        return TimeUnit.MILLISECONDS.toNanos(duration.toMillis());
    }
}
