package io.polymq.kafka.txn;

import io.polymq.storage.Durability;
import io.polymq.storage.ReadResult;
import io.polymq.storage.RecordBatchBuilder;
import io.polymq.storage.RecordBatchCursor;
import io.polymq.storage.Shard;
import io.polymq.storage.Slice;
import io.polymq.storage.StorageException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.CompletableFuture;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The compacted shard that keeps all transactional ids; the newest record of each counts. Any
 * thread.
 */
final class TransactionLog {

    private static final Logger LOG = LoggerFactory.getLogger(TransactionLog.class);
    private static final int READ_BYTES = 1 << 20;

    private final Shard shard;

    TransactionLog(Shard shard) {
        this.shard = shard;
    }

    /** Done when it is safe. */
    CompletableFuture<?> store(TransactionKey key, Transaction now) {
        return shard.append(batch(key, now, now.updated()), Durability.SYNC);
    }

    /**
     * Written behind what was stored before it; may be lost in a crash, after which it is found out
     * again.
     */
    void note(TransactionKey key, Transaction now) {
        shard.append(
                batch(key, now, now.updated()),
                Durability.OS,
                (_, _, failure) -> {
                    if (failure != null) {
                        LOG.atDebug()
                                .setMessage("a transaction's end was not kept")
                                .addKeyValue("id", key.id())
                                .addKeyValue("reason", failure.kind())
                                .log();
                    }
                });
    }

    CompletableFuture<?> forget(TransactionKey key, long now) {
        return shard.append(batch(key, null, now), Durability.SYNC);
    }

    private static ByteBuffer batch(TransactionKey key, @Nullable Transaction now, long time) {
        return new RecordBatchBuilder()
                .append(
                        time,
                        TransactionCodec.key(key),
                        now == null ? null : TransactionCodec.value(now))
                .build();
    }

    /** Plays everything back, in order; null where an id was forgotten. Blocks. */
    void load(BiConsumer<TransactionKey, @Nullable Transaction> into) {
        RecordBatchCursor cursor = new RecordBatchCursor();
        long at = shard.startOffset();
        long end = shard.highWatermark();
        while (at < end) {
            long before = at;
            try (ReadResult read = shard.read(at, READ_BYTES, true).join()) {
                for (Slice slice : read.slices()) {
                    cursor.reset(slice.toBuffer());
                    while (cursor.nextBatch()) {
                        while (cursor.nextInBatch()) {
                            play(cursor, into);
                        }
                        at = cursor.lastOffset() + 1;
                    }
                }
            } catch (IOException e) {
                throw new StorageException(StorageException.Kind.IO, "loading transactions", e);
            }
            if (at == before) {
                return;
            }
        }
    }

    private static void play(
            RecordBatchCursor cursor, BiConsumer<TransactionKey, @Nullable Transaction> into) {
        ByteBuffer encoded = cursor.key();
        TransactionKey key = encoded == null ? null : TransactionCodec.key(encoded);
        ByteBuffer value = cursor.value();
        if (key != null) {
            into.accept(key, value == null ? null : TransactionCodec.value(value));
        }
    }
}
