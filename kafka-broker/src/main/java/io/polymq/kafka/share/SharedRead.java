package io.polymq.kafka.share;

import io.polymq.codec.kafka.RecordSections;
import io.polymq.storage.ReadResult;
import io.polymq.storage.RecordBatches;
import io.polymq.storage.Shard;
import io.polymq.storage.Slice;
import io.polymq.storage.StorageException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * The batches that hold what was acquired, run by run: from memory on the loop, else beside it. One
 * thread at a time.
 */
final class SharedRead {

    private final Shard shard;
    private final Acquisition acquisition;
    private final Executor blocking;
    private final RecordSections sections = new RecordSections();
    private final int room;
    private final boolean atLeastOne;
    private int bytes;
    private int run;
    private long end = -1;

    /**
     * @param room bytes at most, but for the first batch when {@code atLeastOne}
     * @param blocking runs what reads from files
     */
    SharedRead(
            Shard shard, Acquisition acquisition, int room, boolean atLeastOne, Executor blocking) {
        this.shard = shard;
        this.acquisition = acquisition;
        this.room = room;
        this.atLeastOne = atLeastOne;
        this.blocking = blocking;
    }

    RecordSections sections() {
        return sections;
    }

    int bytes() {
        return bytes;
    }

    /** What lies below it was read; the rest did not fit. */
    long end() {
        return end;
    }

    /** Completes when all is read that fits; at once when it is in memory. */
    CompletableFuture<Void> start() {
        try {
            while (run < acquisition.runs()) {
                long from = Math.max(end, acquisition.first(run));
                if (from > acquisition.last(run)) {
                    run++;
                    continue;
                }
                int left = room - bytes;
                boolean first = bytes == 0 && atLeastOne;
                if (left <= 0 && !first) {
                    break;
                }
                ReadResult cached = shard.readCached(from, Math.max(left, 0), first);
                if (cached == null) {
                    return shard.read(from, Math.max(left, 0), first)
                            .thenApplyAsync(this::take, blocking)
                            .thenCompose(this::goOn);
                }
                if (!take(cached)) {
                    break;
                }
            }
            return CompletableFuture.completedFuture(null);
        } catch (StorageException failed) {
            return CompletableFuture.failedFuture(failed);
        }
    }

    private CompletableFuture<Void> goOn(boolean more) {
        return more ? start() : CompletableFuture.completedFuture(null);
    }

    /** Whether there was anything, and so may be more. */
    private boolean take(ReadResult result) {
        long before = end;
        try (result) {
            for (Slice slice : result.slices()) {
                take(slice.toBuffer());
            }
        } catch (IOException e) {
            throw new StorageException(StorageException.Kind.IO, "reading shared records", e);
        }
        return end > before;
    }

    /** Up to the batch that holds the last record of the run. */
    private void take(ByteBuffer batches) {
        long last = acquisition.last(run);
        int at = batches.position();
        while (at < batches.limit() && batches.getLong(at + RecordBatches.BASE_OFFSET) <= last) {
            end = RecordBatches.nextOffset(batches, at);
            at += RecordBatches.size(batches, at);
        }
        if (at > batches.position()) {
            ByteBuffer used = batches.duplicate().limit(at);
            bytes += used.remaining();
            sections.add(new RecordSections.Section.Memory(used));
        }
    }

    /** Null when there is nothing. */
    @Nullable RecordSections records() {
        return bytes == 0 ? null : sections;
    }
}
