package io.polymq.core.service;

import io.polymq.core.message.Message;
import io.polymq.core.message.MessageRecords;
import io.polymq.core.message.Receipt;
import io.polymq.core.service.RetainedMessages.Retained;
import io.polymq.core.service.RetainedMessages.RetainedException;
import io.polymq.core.subject.Subject;
import io.polymq.core.zone.ShardZone;
import io.polymq.storage.Durability;
import io.polymq.storage.RecordBatchBuilder;
import io.polymq.storage.RecordHeaders;
import io.polymq.storage.Shard;
import io.polymq.storage.ShardSpec;
import io.polymq.storage.ShardStore;
import io.polymq.storage.StorageException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes one tenant's retained messages to a compacted shard, all of a turn as one batch; the shard
 * is made when there is something to write. {@link #write} is for any thread, the rest shard zone.
 */
final class RetainedWriter implements ShardZone.AtTurnEnd {

    private static final Logger log = LoggerFactory.getLogger(RetainedWriter.class);
    private static final ShardSpec COMPACTED =
            new ShardSpec(
                    Durability.SYNC,
                    Duration.ZERO,
                    0,
                    0,
                    true,
                    Duration.ofMinutes(1),
                    64 << 20,
                    false,
                    true);

    private final ShardStore store;
    private final String name;
    private final ShardZone zone;
    private final MessageRecords records;
    private final RecordBatchBuilder batch = new RecordBatchBuilder();
    private final RecordHeaders headers = new RecordHeaders();
    private final Message message = new Message();
    private ArrayList<Receipt> receipts = new ArrayList<>();
    private @Nullable Shard shard;
    private boolean opening;
    private boolean asked;

    RetainedWriter(ShardStore store, String name, ShardZone zone, MessageRecords records) {
        this.store = store;
        this.name = name;
        this.zone = zone;
        this.records = records;
    }

    /** Calls keep their order; null removes. */
    void write(Subject subject, @Nullable Retained retained, @Nullable Receipt receipt) {
        try {
            zone.execute(() -> append(subject, retained, receipt));
        } catch (RejectedExecutionException e) {
            if (receipt != null) {
                receipt.done(new RetainedException("the broker stops"));
            }
        }
    }

    private void append(Subject subject, @Nullable Retained retained, @Nullable Receipt receipt) {
        ByteBuffer key = ByteBuffer.wrap(subject.dotted());
        if (retained == null) {
            batch.append(zone.now(), key, null);
        } else {
            retained.message().lendTo(message);
            headers.clear();
            records.encode(message, false, retained.storedAt(), headers);
            batch.append(
                    retained.storedAt(),
                    key,
                    ByteBuffer.wrap(retained.message().payload()),
                    headers);
        }
        if (receipt != null) {
            receipts.add(receipt);
        }
        if (!asked) {
            asked = true;
            zone.atTurnEnd(this);
        }
    }

    @Override
    public void turnEnds() {
        asked = false;
        Shard known = shard;
        if (known == null) {
            open();
        } else if (!batch.isEmpty()) {
            flush(known);
        }
    }

    private void open() {
        if (opening) {
            return;
        }
        opening = true;
        store.create(name, COMPACTED)
                .exceptionallyCompose(
                        failure ->
                                store.open(name)
                                        .map(CompletableFuture::completedFuture)
                                        .orElseGet(() -> CompletableFuture.failedFuture(failure)))
                .whenComplete((opened, failure) -> zone.offer(() -> opened(opened, failure)));
    }

    private void opened(@Nullable Shard opened, @Nullable Throwable failure) {
        opening = false;
        shard = opened;
        if (opened != null) {
            flush(opened);
        } else {
            batch.clear();
            List<Receipt> these = receipts;
            receipts = new ArrayList<>();
            settle(these, failure);
        }
    }

    private void flush(Shard to) {
        List<Receipt> these = receipts;
        receipts = new ArrayList<>();
        Durability level = these.isEmpty() ? Durability.OS : Durability.SYNC;
        try {
            to.append(batch.build(), level, (base, at, failure) -> settle(these, failure));
        } catch (StorageException e) {
            settle(these, e);
        }
    }

    private void settle(List<Receipt> these, @Nullable Throwable failure) {
        if (failure != null) {
            log.atWarn()
                    .addKeyValue("shard", name)
                    .addKeyValue("fault", failure.toString())
                    .log("Retained messages could not be stored");
        }
        these.forEach(receipt -> receipt.done(failure));
    }
}
