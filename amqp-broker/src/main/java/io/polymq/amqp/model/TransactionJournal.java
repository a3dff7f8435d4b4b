package io.polymq.amqp.model;

import io.polymq.core.message.KeptMessage;
import io.polymq.core.message.MessageRecords;
import io.polymq.core.message.Origin;
import io.polymq.core.service.DelayedMessages;
import io.polymq.storage.Appended;
import io.polymq.storage.Durability;
import io.polymq.storage.GroupCursor;
import io.polymq.storage.ReadResult;
import io.polymq.storage.RecordBatchBuilder;
import io.polymq.storage.RecordBatchCursor;
import io.polymq.storage.Shard;
import io.polymq.storage.ShardSpec;
import io.polymq.storage.ShardStore;
import io.polymq.storage.Slice;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes transactions atomic: what a commit is going to do is written down as one record before it
 * is done, and crossed out after. What a crash has left half done is done by the next start, so
 * that its publishes and acknowledgements are there all together. Each message carries a
 * {@linkplain Envelope#TRANSACTION mark} that tells then whether a queue has it already. Any
 * thread.
 */
public final class TransactionJournal {

    private static final Logger LOG = LoggerFactory.getLogger(TransactionJournal.class);
    private static final String SHARD = "amqp/transactions";
    private static final String GROUP = "done";
    private static final int PAGE_BYTES = 1 << 20;
    private static final long TRIM_EVERY = 1024;

    /** The publisher of what commits publish. */
    private static final long COMMITS = 0x616D_7170_2D74_7873L;

    /** How far the clock of a queue may be behind the journal's. */
    private static final long CLOCK_SLACK_MILLIS = 1000;

    /**
     * A publish of a transaction.
     *
     * @param at when it is to be delivered, in milliseconds since 1970, -1 for at once
     */
    public record Published(
            Exchange exchange, String key, List<String> copies, KeptMessage message, long at) {}

    /** An acknowledgement of a transaction. */
    public record Acknowledged(AmqpQueue queue, long offset) {}

    private final Shard shard;
    private final GroupCursor cursor;
    private final Map<String, EnvelopeCodec> codecs;
    private final InstantSource clock;

    private TransactionJournal(
            Shard shard, Map<String, EnvelopeCodec> codecs, InstantSource clock) {
        this.clock = clock;
        this.shard = shard;
        this.cursor = shard.cursor(GROUP);
        this.codecs = codecs;
    }

    /**
     * Completes when everything that was left half done is done.
     *
     * @param codecs of the dialects whose messages it may hold
     */
    public static CompletableFuture<TransactionJournal> open(
            ShardStore store,
            VirtualHosts hosts,
            DelayedMessages delayed,
            List<EnvelopeCodec> codecs,
            MessageRecords records,
            InstantSource clock) {
        Map<String, EnvelopeCodec> byProtocol = new HashMap<>();
        codecs.forEach(codec -> byProtocol.put(codec.protocol(), codec));
        CompletableFuture<Shard> shard =
                store.open(SHARD)
                        .map(CompletableFuture::completedFuture)
                        .orElseGet(() -> store.create(SHARD, ShardSpec.DEFAULT));
        return shard.thenApply(
                found -> {
                    TransactionJournal journal = new TransactionJournal(found, byProtocol, clock);
                    journal.repeat(hosts, delayed, records);
                    return journal;
                });
    }

    /** Writes down what is about to be done; completes, when it is safe, with what names it. */
    public CompletableFuture<Long> begin(
            List<Published> publishes, List<Acknowledged> acknowledgements) {
        RecordBatchBuilder batch = new RecordBatchBuilder();
        batch.append(
                clock.millis(), null, ByteBuffer.wrap(encode(publishes, acknowledgements)), null);
        return shard.append(batch.build(), Durability.SYNC).thenApply(Appended::baseOffset);
    }

    /**
     * The message as a commit publishes it: marked.
     *
     * @param entry what {@link #begin} has named the transaction
     * @param index its place among the messages of the transaction
     */
    public static KeptMessage marked(KeptMessage message, long entry, int index) {
        return marked(message, mark(entry, index));
    }

    static KeptMessage marked(KeptMessage message, String mark) {
        Envelope envelope = Envelope.of(message);
        if (envelope == null) {
            throw new IllegalArgumentException("a message without an envelope");
        }
        Map<String, @Nullable Object> annotations = new LinkedHashMap<>(envelope.annotations());
        annotations.put(Envelope.TRANSACTION, mark);
        return Foreign.annotated(message, envelope, annotations, envelope.flags());
    }

    /** By what topics know a message that a commit publishes to subjects. */
    public static Origin origin(long entry, int index) {
        return new Origin(COMMITS, entry << 24 | index);
    }

    static String mark(long entry, int index) {
        return entry + "." + index;
    }

    /**
     * Crosses it out when it is done, or when a part of it was refused, which is then told.
     *
     * @param done what carries it out
     */
    public CompletableFuture<Void> finish(long offset, CompletableFuture<Void> done) {
        return done.handle((safe, failure) -> finish(offset).thenCompose(crossed -> done))
                .thenCompose(all -> all);
    }

    /** It is done; completes when a start will not do it again. */
    private CompletableFuture<Void> finish(long offset) {
        cursor.acknowledge(offset);
        CompletableFuture<Void> done = cursor.persist();
        if (offset % TRIM_EVERY == 0) {
            done = done.thenCompose(safe -> shard.trim(cursor.floor()));
        }
        return done;
    }

    private static byte[] encode(List<Published> publishes, List<Acknowledged> acknowledgements) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (DataOutputStream out = new DataOutputStream(bytes)) {
            out.writeInt(publishes.size());
            for (Published one : publishes) {
                out.writeUTF(one.exchange().host().name());
                out.writeUTF(one.exchange().name());
                out.writeUTF(one.key());
                out.writeInt(one.copies().size());
                for (String copy : one.copies()) {
                    out.writeUTF(copy);
                }
                out.writeLong(one.at());
                KeptMessage message = one.message();
                out.writeUTF(
                        message.headerCodec() instanceof EnvelopeCodec codec
                                ? codec.protocol()
                                : "");
                out.writeInt(message.flags());
                out.writeInt(message.header().length);
                out.write(message.header());
                out.writeInt(message.payload().length);
                out.write(message.payload());
            }
            out.writeInt(acknowledgements.size());
            for (Acknowledged one : acknowledgements) {
                out.writeUTF(one.queue().host().name());
                out.writeUTF(one.queue().name());
                out.writeLong(one.offset());
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }

    /** At the start, before anyone else knows of it. */
    private void repeat(VirtualHosts hosts, DelayedMessages delayed, MessageRecords records) {
        long[] earliest = {Long.MAX_VALUE};
        eachOpen((offset, timestamp, bytes) -> earliest[0] = Math.min(earliest[0], timestamp));
        if (earliest[0] == Long.MAX_VALUE) {
            return;
        }
        int[] repeated = {0};
        InterruptedTransactions interrupted =
                new InterruptedTransactions(
                        hosts, delayed, codecs, records, earliest[0] - CLOCK_SLACK_MILLIS);
        eachOpen(
                (offset, timestamp, bytes) -> {
                    interrupted.carryOut(offset, bytes);
                    cursor.acknowledge(offset);
                    repeated[0]++;
                });
        cursor.persist().join();
        LOG.atInfo()
                .addKeyValue("transactions", repeated[0])
                .log("transactions that the last end had interrupted are carried out");
    }

    private interface Open {
        void entry(long offset, long timestamp, byte[] bytes) throws IOException;
    }

    /** Those that are not crossed out, in their order. */
    private void eachOpen(Open to) {
        RecordBatchCursor batches = new RecordBatchCursor();
        long at = Math.max(cursor.floor(), shard.startOffset());
        long end = shard.highWatermark();
        while (at < end) {
            long next = at;
            try (ReadResult page = shard.read(at, PAGE_BYTES, true).join()) {
                for (Slice slice : page.slices()) {
                    batches.reset(slice.toBuffer());
                    while (batches.next()) {
                        next = Math.max(next, batches.lastOffset() + 1);
                        ByteBuffer value = batches.value();
                        if (value != null && !cursor.isAcknowledged(batches.offset())) {
                            byte[] bytes = new byte[value.remaining()];
                            value.get(bytes);
                            to.entry(batches.offset(), batches.timestamp(), bytes);
                        }
                    }
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
}
