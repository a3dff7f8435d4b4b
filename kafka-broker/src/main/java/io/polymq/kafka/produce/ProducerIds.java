package io.polymq.kafka.produce;

import io.polymq.meta.MetadataStore;
import io.polymq.meta.Transaction;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * Hands out producer ids, each once for the life of the data: blocks of them are reserved in
 * metadata, what is left of a block at the end is not used any more. Shared.
 */
public final class ProducerIds {

    private static final String KEY = "kafka/producer-ids";
    private static final int BLOCK = 1000;

    private final MetadataStore metadata;
    private CompletableFuture<long[]> block = CompletableFuture.completedFuture(new long[] {0, 0});

    public ProducerIds(MetadataStore metadata) {
        this.metadata = metadata;
    }

    public synchronized CompletableFuture<Long> next() {
        if (block.isCompletedExceptionally()
                || block.isDone() && block.join()[0] == block.join()[1]) {
            block = reserve();
        }
        CompletableFuture<long[]> from = block;
        return from.thenCompose(this::take);
    }

    private CompletableFuture<Long> take(long[] range) {
        synchronized (this) {
            if (range[0] < range[1]) {
                return CompletableFuture.completedFuture(range[0]++);
            }
        }
        return next();
    }

    private CompletableFuture<long[]> reserve() {
        return metadata.get(KEY)
                .thenCompose(
                        entry -> {
                            long first =
                                    entry.isPresent()
                                            ? ByteBuffer.wrap(entry.value()).getLong()
                                            : 0;
                            byte[] next = ByteBuffer.allocate(8).putLong(first + BLOCK).array();
                            return metadata.commit(
                                            Transaction.of(
                                                    List.of(
                                                            new Transaction.Guard(
                                                                    KEY, entry.modRevision())),
                                                    List.of(new Transaction.Put(KEY, next, 0))))
                                    .thenCompose(
                                            outcome ->
                                                    outcome.succeeded()
                                                            ? CompletableFuture.completedFuture(
                                                                    new long[] {
                                                                        first, first + BLOCK
                                                                    })
                                                            : reserve());
                        });
    }
}
