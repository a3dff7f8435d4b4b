package io.polymq.core.queue;

import io.polymq.core.message.KeptMessage;
import io.polymq.core.message.Receipt;
import io.polymq.core.zone.ShardZone;
import io.polymq.storage.Durability;
import io.polymq.storage.RecordBatchBuilder;
import io.polymq.storage.Shard;
import io.polymq.storage.StorageException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes a shard of the engine's: all publishes of a turn as one batch, forced when someone waits
 * for it. What everyone has done with is trimmed now and then. Shard zone.
 */
final class ShardWriter {

    private static final Logger log = LoggerFactory.getLogger(ShardWriter.class);
    private static final long TRIM_EVERY = 8192;
    private static final int MOST_KEPT = 1024;

    /** Whose shard it is. */
    interface Home {
        String name();

        ShardZone zone();

        Durability durability();

        /** Runs it in the zone. */
        void execute(Runnable task);

        /** A batch is about to be written that will end at this offset. */
        void writing(long end);

        /** A message got its offset and is as safe as was asked for. */
        void written(long offset, KeptMessage message, long now);

        /** All of a batch were told of, or it failed. */
        void wrote();
    }

    /**
     * One batch, being filled or on its way; answers may overtake each other and are heeded in
     * order.
     */
    private static final class Written {
        private final ArrayList<KeptMessage> messages = new ArrayList<>();
        private final ArrayList<Receipt> receipts = new ArrayList<>();
        private long bytes;
        private long at;
        private long base;
        private @Nullable StorageException failure;
        private boolean answered;

        void clear() {
            messages.clear();
            receipts.clear();
            bytes = 0;
            failure = null;
            answered = false;
        }
    }

    private final Home home;
    private final Shard shard;
    private final QueueRecords records;
    private final RecordBatchBuilder batch = new RecordBatchBuilder();
    private final ArrayDeque<Written> underWay = new ArrayDeque<>();
    private Written next = new Written();

    /** One that was told of, to be filled again; null for none. */
    private @Nullable Written spare;

    private long open;
    private long openBytes;
    private long expectedEnd;
    private long trimmed;

    ShardWriter(Home home, Shard shard, QueueRecords records) {
        this.home = home;
        this.shard = shard;
        this.records = records;
        expectedEnd = shard.endOffset();
        trimmed = shard.startOffset();
    }

    /** Published, and not yet answered by the store. */
    long open() {
        return open;
    }

    long openBytes() {
        return openBytes;
    }

    void publish(KeptMessage message, @Nullable Receipt receipt) {
        records.write(message, home.zone().now(), batch);
        open++;
        openBytes += message.payload().length;
        next.bytes += message.payload().length;
        next.messages.add(message);
        if (receipt != null) {
            next.receipts.add(receipt);
        }
    }

    void flush() {
        Written written = next;
        if (written.messages.isEmpty()) {
            return;
        }
        written.at = home.zone().now();
        Durability level =
                written.receipts.isEmpty() ? unforced(home.durability()) : home.durability();
        next = spare == null ? new Written() : spare;
        spare = null;
        expectedEnd = Math.max(expectedEnd, shard.endOffset()) + written.messages.size();
        underWay.add(written);
        home.writing(expectedEnd);
        try {
            shard.append(
                    batch.build(),
                    level,
                    (base, timestamp, failure) ->
                            home.execute(() -> answered(written, base, failure)));
        } catch (StorageException e) {
            answered(written, -1, e);
        }
    }

    private static Durability unforced(Durability level) {
        return level == Durability.SYNC ? Durability.OS : level;
    }

    private void answered(Written batch, long base, @Nullable StorageException failure) {
        batch.base = base;
        batch.failure = failure;
        batch.answered = true;
        Written first = underWay.peek();
        while (first != null && first.answered) {
            underWay.remove();
            tell(first);
            if (first.messages.size() <= MOST_KEPT) {
                first.clear();
                spare = first;
            }
            first = underWay.peek();
        }
        home.wrote();
    }

    private void tell(Written batch) {
        open -= batch.messages.size();
        openBytes -= batch.bytes;
        StorageException failure = batch.failure;
        if (failure == null) {
            for (int i = 0; i < batch.messages.size(); i++) {
                home.written(batch.base + i, batch.messages.get(i), batch.at);
            }
            batch.receipts.forEach(receipt -> receipt.done(null));
        } else {
            QueueException why =
                    new QueueException(
                            kind(failure), home.name() + ": " + failure.getMessage(), failure);
            batch.receipts.forEach(receipt -> receipt.done(why));
        }
    }

    private static QueueException.Kind kind(StorageException failure) {
        return switch (failure.kind()) {
            case NO_SUCH_SHARD, CLOSED -> QueueException.Kind.CLOSED;
            case OVERLOADED -> QueueException.Kind.OVERLOADED;
            default -> QueueException.Kind.STORAGE;
        };
    }

    /** Everyone has done with everything below. */
    void passed(long floor) {
        if (floor - trimmed >= TRIM_EVERY) {
            trim(floor);
        }
    }

    void trim(long floor) {
        if (floor <= trimmed) {
            return;
        }
        trimmed = floor;
        shard.trim(floor)
                .whenComplete(
                        (ok, failure) -> {
                            if (failure != null) {
                                log.atDebug()
                                        .addKeyValue("shard", shard.name())
                                        .setCause(failure)
                                        .log("A shard was not trimmed");
                            }
                        });
    }
}
