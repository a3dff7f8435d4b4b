package io.polymq.core.queue;

import io.polymq.core.message.KeptMessage;
import io.polymq.storage.ReadResult;
import io.polymq.storage.RecordBatchCursor;
import io.polymq.storage.Shard;
import io.polymq.storage.Slice;
import io.polymq.storage.StoredRecord;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Reads what was written to a shard since a time, acknowledged or not, page by page: for whoever
 * has to know after a crash what was written before. On the executor it is given.
 */
public final class Recall {

    private static final int PAGE_BYTES = 256 << 10;

    private final Shard shard;
    private final Executor executor;
    private final Function<StoredRecord, @Nullable KeptMessage> reader;
    private final Consumer<KeptMessage> each;
    private final RecordBatchCursor records = new RecordBatchCursor();

    private Recall(
            Shard shard,
            Executor executor,
            Function<StoredRecord, @Nullable KeptMessage> reader,
            Consumer<KeptMessage> each) {
        this.shard = shard;
        this.executor = executor;
        this.reader = reader;
        this.each = each;
    }

    /**
     * Completes when each message was told of.
     *
     * @param since milliseconds since 1970
     */
    public static CompletableFuture<Void> of(
            Shard shard,
            long since,
            Executor executor,
            Function<StoredRecord, @Nullable KeptMessage> reader,
            Consumer<KeptMessage> each) {
        Recall recall = new Recall(shard, executor, reader, each);
        return shard.offsetForTime(since)
                .thenComposeAsync(
                        first -> recall.from(first.orElse(shard.highWatermark())), executor);
    }

    private CompletableFuture<Void> from(long offset) {
        long at = Math.max(offset, shard.startOffset());
        if (at >= shard.highWatermark()) {
            return CompletableFuture.completedFuture(null);
        }
        return shard.read(at, PAGE_BYTES, true)
                .thenComposeAsync(
                        page -> {
                            long next = page(at, page);
                            return next == at
                                    ? CompletableFuture.<Void>completedFuture(null)
                                    : from(next);
                        },
                        executor);
    }

    private long page(long from, ReadResult result) {
        long next = from;
        try (result) {
            for (Slice slice : result.slices()) {
                records.reset(slice.toBuffer());
                while (records.next()) {
                    next = Math.max(next, records.lastOffset() + 1);
                    KeptMessage message =
                            records.offset() < from || records.isControl()
                                    ? null
                                    : reader.apply(records.record());
                    if (message != null) {
                        each.accept(message);
                    }
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return next;
    }
}
