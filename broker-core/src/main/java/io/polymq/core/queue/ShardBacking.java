package io.polymq.core.queue;

import io.polymq.core.message.KeptMessage;
import io.polymq.core.message.Origin;
import io.polymq.core.message.Receipt;
import io.polymq.core.zone.WheelTimer;
import io.polymq.storage.GroupCursor;
import io.polymq.storage.ReadResult;
import io.polymq.storage.RecordBatchCursor;
import io.polymq.storage.RecordBatches;
import io.polymq.storage.Shard;
import io.polymq.storage.Slice;
import io.polymq.storage.StorageException;
import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Of a queue on a shard: reads what the window has room for, keeps the group's cursor, and is told
 * by its {@link ShardSource} of what comes.
 *
 * <p>Shard zone; the store's answers come back as tasks.
 */
final class ShardBacking implements Backing {

    private static final Logger log = LoggerFactory.getLogger(ShardBacking.class);
    private static final int PAGE_BYTES = 256 << 10;
    private static final long RETRY_MILLIS = 1000;

    private final Level level;
    private final Shard shard;
    private final GroupCursor cursor;
    private final RecordReader reader;
    private final Attempts attempts;
    private final ShardSource source;
    private final RecordBatchCursor records = new RecordBatchCursor();
    private final WheelTimer retry =
            new WheelTimer() {
                @Override
                protected void fire() {
                    failing = false;
                    level.core.filled();
                }
            };

    /** Up to here the shard was read into the window. */
    private long loaded;

    /** Up to here there is something to read. */
    private long end;

    /** Of what lies between the two, how much is not acknowledged. */
    private long unread;

    private long unreadBytes;
    private boolean loading;
    private int reading;
    private boolean failing;
    private boolean closed;

    ShardBacking(
            Level level, Shard shard, GroupCursor cursor, RecordReader reader, ShardSource source) {
        this.level = level;
        this.shard = shard;
        this.cursor = cursor;
        this.reader = reader;
        this.source = source;
        attempts = new Attempts(level, cursor, shard.endOffset());
        loaded = Math.max(cursor.floor(), shard.startOffset());
        cursor.acknowledge(cursor.floor(), loaded);
        end = Math.max(loaded, source.readable(shard));
        unread = cursor.countUnacknowledged(loaded, end);
        long records = Math.max(1, shard.statistics().records());
        unreadBytes = shard.statistics().bytes() * Math.min(unread, records) / records;
        source.begin(this, end);
    }

    Attempts attempts() {
        return attempts;
    }

    void execute(Runnable task) {
        level.core.queue().execute(task);
    }

    boolean isHungry() {
        return level.core.turns().isHungry();
    }

    void filled() {
        level.core.filled();
    }

    // What comes.

    long end() {
        return end;
    }

    /**
     * There is more to read.
     *
     * @return whether the queue still reads
     */
    boolean extendTo(long now) {
        if (closed) {
            return false;
        }
        if (now > end) {
            unread += cursor.countUnacknowledged(end, now);
            end = now;
            level.core.filled();
        }
        return true;
    }

    @Override
    public void catchUp() {
        extendTo(source.end(end));
    }

    @Override
    public void publish(KeptMessage message, @Nullable Receipt receipt) {
        source.publish(message, receipt);
    }

    @Override
    public void flush() {
        source.flush();
    }

    /** A message has come to the end: into the window, when that is up to it. */
    void written(long offset, KeptMessage message, long now) {
        if (closed || offset < end) {
            return;
        }
        end = offset + 1;
        if (loaded == offset && level.hasRoom()) {
            loaded = end;
            level.core.admitted(level.admit(offset, message, now, attempts.of(offset)));
        } else {
            unread++;
            unreadBytes += message.payload().length;
        }
    }

    // Reading.

    @Override
    public long beyond() {
        return unread + source.open();
    }

    @Override
    public long bytesBeyond() {
        return unreadBytes + source.openBytes();
    }

    @Override
    public long open() {
        return source.open();
    }

    @Override
    public long openBytes() {
        return source.openBytes();
    }

    @Override
    public boolean canFill() {
        return unread > 0;
    }

    @Override
    public void fill() {
        if (loading || failing || closed) {
            return;
        }
        long from = cursor.nextUnacknowledged(loaded);
        if (from >= end) {
            passed(end);
            return;
        }
        try {
            ReadResult result = shard.readCached(from, PAGE_BYTES, true);
            if (result != null) {
                take(from, result);
                if (level.open() == 0 && canFill()) {
                    level.core.filled(); // a page of which the reader wanted nothing
                }
                return;
            }
            loading = true;
            int number = ++reading;
            shard.read(from, PAGE_BYTES, true)
                    .whenComplete(
                            (read, failure) -> execute(() -> arrived(number, from, read, failure)));
        } catch (StorageException e) {
            failed(e);
        }
    }

    /** Whatever was being read is no longer wanted. */
    private void forgetReading() {
        reading++;
        loading = false;
    }

    private void arrived(
            int number, long from, @Nullable ReadResult result, @Nullable Throwable failure) {
        if (closed || number != reading) {
            if (result != null) {
                result.close();
            }
            return;
        }
        loading = false;
        if (result != null) {
            take(from, result);
        } else if (failure != null) {
            failed(failure);
        }
        level.core.filled();
    }

    private void take(long from, ReadResult result) {
        long next = from;
        try (result) {
            for (Slice slice : result.slices()) {
                next = Math.max(next, takeSlice(next, slice));
            }
            passed(result.slices().isEmpty() ? end : next);
        } catch (IOException | StorageException e) {
            failed(e);
        }
    }

    /** What has been written meanwhile is left until its turn comes. */
    private long takeSlice(long from, Slice slice) throws IOException {
        long next = from;
        records.reset(slice.toBuffer());
        boolean more = records.next();
        while (more && records.offset() < end) {
            if (records.offset() >= next) {
                passed(records.offset());
                one();
                next = records.offset() + 1;
            }
            more = records.next();
        }
        if (!more && slice.bytes() > 0) {
            next = Math.max(next, records.lastOffset() + 1);
        }
        return next;
    }

    /** The record at the cursor, which is the next one to be loaded. */
    private void one() {
        long offset = records.offset();
        loaded = offset + 1;
        if (cursor.isAcknowledged(offset)) {
            return;
        }
        unread--;
        KeptMessage message = isForNobody() ? null : reader.read(records.record());
        if (message == null) {
            cursor.acknowledge(offset);
            return;
        }
        unreadBytes = unread == 0 ? 0 : Math.max(0, unreadBytes - message.payload().length);
        level.core.admitted(level.admit(offset, message, records.timestamp(), attempts.of(offset)));
    }

    private boolean isForNobody() {
        return records.isControl()
                || (records.attributes() & RecordBatches.TRANSACTIONAL) != 0
                        && source.isLeftOut(records.producerId(), records.baseOffset());
    }

    /** Nothing lies between what was loaded and here: holes count as done. */
    private void passed(long upTo) {
        long to = Math.min(upTo, end);
        if (to > loaded) {
            unread -= cursor.countUnacknowledged(loaded, to);
            cursor.acknowledge(loaded, to);
            loaded = to;
        }
    }

    private void failed(Throwable failure) {
        Throwable cause =
                failure instanceof CompletionException && failure.getCause() != null
                        ? failure.getCause()
                        : failure;
        if (cause instanceof StorageException e
                && e.kind() == StorageException.Kind.OFFSET_OUT_OF_RANGE) {
            passed(shard.startOffset());
            return;
        }
        failing = true;
        level.core.zone().arm(retry, RETRY_MILLIS);
        log.atWarn()
                .addKeyValue("queue", level.core.queue().name())
                .addKeyValue("shard", shard.name())
                .addKeyValue("fault", cause.toString())
                .log("Messages of a queue cannot be read and are tried again");
    }

    // Settling.

    @Override
    public boolean mayDeliver(Entry entry) {
        return attempts.mayDeliver(entry.offset);
    }

    @Override
    public void acknowledge(Entry entry) {
        cursor.acknowledge(entry.offset);
        source.acknowledged(cursor.floor());
    }

    @Override
    public void attempted(Entry entry) {
        attempts.changed(entry);
    }

    @Override
    public long purge() {
        long purged = unread;
        passed(end);
        unread = 0;
        unreadBytes = 0;
        forgetReading();
        source.acknowledged(cursor.floor());
        return purged;
    }

    @Override
    public void tidy() {
        source.tidy(cursor.floor());
    }

    @Override
    public void discard(long from, long to) {
        long begin = Math.max(from, loaded);
        long stop = Math.min(to, end);
        if (begin < stop) {
            unread -= cursor.countUnacknowledged(begin, stop);
            cursor.acknowledge(begin, stop);
            source.acknowledged(cursor.floor());
        }
    }

    @Override
    public void seek(long offset) {
        long to = Math.clamp(offset, shard.startOffset(), Math.max(shard.startOffset(), end));
        attempts.forget();
        cursor.reset(to, true);
        loaded = to;
        forgetReading();
        unread = cursor.countUnacknowledged(loaded, end);
    }

    @Override
    public void persist(Consumer<@Nullable Throwable> then) {
        attempts.attach();
        cursor.persist().whenComplete((ok, failure) -> execute(() -> then.accept(failure)));
    }

    @Override
    public void browse(long from, int max, Browse.Result to) {
        new ShardBrowse(level, shard, cursor, reader, max, to)
                .begin(Math.max(from, cursor.floor()));
    }

    @Override
    public CompletableFuture<Void> recall(long since, Consumer<KeptMessage> each) {
        return Recall.of(shard, since, this::execute, reader::read, each);
    }

    @Override
    public CompletableFuture<Boolean> holds(Origin message, long since) {
        return message.isIn(shard, since);
    }

    @Override
    public boolean isIdle() {
        return !loading
                && !failing
                && source.open() == 0
                && level.window() == level.ready()
                && attempts.isIdle();
    }

    @Override
    public void close() {
        closed = true;
        level.core.zone().disarm(retry);
        attempts.close();
        source.close(cursor.floor());
    }
}
