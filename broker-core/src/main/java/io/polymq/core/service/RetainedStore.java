package io.polymq.core.service;

import io.polymq.core.message.KeptMessage;
import io.polymq.core.message.Message;
import io.polymq.core.message.MessageRecords;
import io.polymq.core.message.Receipt;
import io.polymq.core.subject.Filter;
import io.polymq.core.subject.Subject;
import io.polymq.core.zone.ShardZone;
import io.polymq.storage.ReadResult;
import io.polymq.storage.RecordBatchCursor;
import io.polymq.storage.Shard;
import io.polymq.storage.ShardStore;
import io.polymq.storage.Slice;
import io.polymq.storage.StoredRecord;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * Retained messages in memory, and in a compacted shard per tenant that is read once at the start.
 * A change is in memory when {@link #put} returns; its record is written by the shard zone, in the
 * same order. Any thread.
 */
public final class RetainedStore implements RetainedMessages {

    private static final String PREFIX = "retained/";
    private static final int PAGE_BYTES = 1 << 20;

    /**
     * @param limits of each tenant
     * @param blocking reads the shards at the start
     * @param tenants asked before one more message is retained
     */
    public record Params(
            ShardStore store,
            ShardZone zone,
            MessageRecords records,
            Limits limits,
            Executor blocking,
            TenantLimits tenants) {

        /** For those who have no tenants with quotas. */
        public Params(
                ShardStore store,
                ShardZone zone,
                MessageRecords records,
                Limits limits,
                Executor blocking) {
            this(store, zone, records, limits, blocking, TenantLimits.NONE);
        }
    }

    /**
     * What a tenant may retain.
     *
     * @param messages how many
     * @param bytes of payloads, headers and subjects together
     * @param payload bytes of one payload
     */
    public record Limits(long messages, long bytes, int payload) {
        public static final Limits DEFAULT = new Limits(1_000_000, 1L << 30, 1 << 20);
    }

    private final Params params;
    private final ConcurrentHashMap<String, TenantRetained> tenants = new ConcurrentHashMap<>();

    private RetainedStore(Params params) {
        this.params = params;
    }

    /** Completes when everything that is stored is in memory. */
    public static CompletableFuture<RetainedStore> open(Params params) {
        return CompletableFuture.supplyAsync(
                () -> {
                    RetainedStore retained = new RetainedStore(params);
                    List<String> shards;
                    try (var names = params.store().list(PREFIX)) {
                        shards = names.toList();
                    }
                    shards.forEach(retained::load);
                    return retained;
                },
                params.blocking());
    }

    private void load(String name) {
        Shard shard = params.store().open(name).orElse(null);
        if (shard == null) {
            return;
        }
        TenantRetained tenant = tenant(name.substring(PREFIX.length()));
        RecordBatchCursor cursor = new RecordBatchCursor();
        Message message = new Message();
        long at = shard.startOffset();
        long end = shard.highWatermark();
        while (at < end) {
            long next = at;
            try (ReadResult page = shard.read(at, PAGE_BYTES, true).join()) {
                for (Slice slice : page.slices()) {
                    cursor.reset(slice.toBuffer());
                    while (cursor.next()) {
                        apply(tenant, cursor.record(), message);
                    }
                    next = Math.max(next, cursor.lastOffset() + 1);
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            if (next == at) {
                return;
            }
            at = next;
        }
    }

    private void apply(TenantRetained tenant, StoredRecord record, Message message) {
        ByteBuffer key = record.key();
        if (key == null) {
            return;
        }
        byte[] dotted = new byte[key.remaining()];
        key.duplicate().get(dotted);
        Subject subject = Subject.ofDotted(dotted, 0, dotted.length);
        if (record.value() == null) {
            tenant.restore(subject, null);
        } else {
            KeptMessage kept = params.records().read(record, subject, message).keep();
            tenant.restore(subject, new Retained(kept, record.timestamp()));
        }
    }

    private TenantRetained tenant(String name) {
        return tenants.computeIfAbsent(
                name,
                absent ->
                        new TenantRetained(
                                params.limits(),
                                have ->
                                        params.tenants()
                                                .mayAdd(absent, TenantQuotas.Kind.RETAINED, have),
                                params.tenants().allowance(absent),
                                params.zone(),
                                new RetainedWriter(
                                        params.store(),
                                        PREFIX + absent,
                                        params.zone(),
                                        params.records())));
    }

    @Override
    public void put(String tenant, KeptMessage message, @Nullable Receipt receipt) {
        tenant(tenant).put(message, receipt);
    }

    @Override
    public @Nullable Retained get(String tenant, Subject subject) {
        TenantRetained known = tenants.get(tenant);
        return known == null ? null : known.get(subject);
    }

    @Override
    public Scan scan(String tenant, Filter filter) {
        TenantRetained known = tenants.get(tenant);
        return known == null ? (max, to) -> false : known.scan(filter);
    }

    @Override
    public long count(String tenant) {
        TenantRetained known = tenants.get(tenant);
        return known == null ? 0 : known.count();
    }

    @Override
    public long bytes(String tenant) {
        TenantRetained known = tenants.get(tenant);
        return known == null ? 0 : known.bytes();
    }

    @Override
    public long storedBytes(String tenant) {
        TenantRetained known = tenants.get(tenant);
        return known == null ? 0 : known.storedBytes();
    }

    @Override
    public void clear(String tenant, @Nullable Receipt receipt) {
        TenantRetained known = tenants.get(tenant);
        if (known != null) {
            known.clear(receipt);
        } else if (receipt != null) {
            receipt.done(null);
        }
    }
}
