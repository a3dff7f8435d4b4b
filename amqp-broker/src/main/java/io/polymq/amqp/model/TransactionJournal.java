package io.polymq.amqp.model;

import io.polymq.core.message.KeptMessage;
import io.polymq.core.message.Message;
import io.polymq.core.message.Receipt;
import io.polymq.core.queue.Queue;
import io.polymq.core.subject.Subject;
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
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes transactions atomic: what a commit is going to do is written down as one record before it
 * is done, and crossed out after. What a crash has left half done is done again by the next start,
 * so that its publishes and acknowledgements are there all together; some of its messages may then
 * be there twice. Any thread.
 */
public final class TransactionJournal {

    private static final Logger LOG = LoggerFactory.getLogger(TransactionJournal.class);
    private static final String SHARD = "amqp/transactions";
    private static final String GROUP = "done";
    private static final int PAGE_BYTES = 1 << 20;
    private static final long TRIM_EVERY = 1024;

    /** A publish of a transaction. */
    public record Published(
            Exchange exchange, String key, List<String> copies, KeptMessage message) {}

    /** An acknowledgement of a transaction. */
    public record Acknowledged(AmqpQueue queue, long offset) {}

    private final Shard shard;
    private final GroupCursor cursor;
    private final EnvelopeCodec codec;
    private final InstantSource clock;

    private TransactionJournal(Shard shard, EnvelopeCodec codec, InstantSource clock) {
        this.clock = clock;
        this.shard = shard;
        this.cursor = shard.cursor(GROUP);
        this.codec = codec;
    }

    /** Completes when everything that was left half done is done. */
    public static CompletableFuture<TransactionJournal> open(
            ShardStore store, VirtualHosts hosts, EnvelopeCodec codec, InstantSource clock) {
        CompletableFuture<Shard> shard =
                store.open(SHARD)
                        .map(CompletableFuture::completedFuture)
                        .orElseGet(() -> store.create(SHARD, ShardSpec.DEFAULT));
        return shard.thenApply(
                found -> {
                    TransactionJournal journal = new TransactionJournal(found, codec, clock);
                    journal.repeat(hosts);
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

    /** It is done; completes when a start will not do it again. */
    public CompletableFuture<Void> finish(long offset) {
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
                KeptMessage message = one.message();
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
    private void repeat(VirtualHosts hosts) {
        Publisher publisher = hosts.newPublisher();
        RecordBatchCursor batches = new RecordBatchCursor();
        long at = Math.max(cursor.floor(), shard.startOffset());
        long end = shard.highWatermark();
        int repeated = 0;
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
                            repeat(bytes, hosts, publisher);
                            cursor.acknowledge(batches.offset());
                            repeated++;
                        }
                    }
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            if (next == at) {
                break;
            }
            at = next;
        }
        if (repeated > 0) {
            cursor.persist().join();
            LOG.atInfo()
                    .addKeyValue("transactions", repeated)
                    .log("transactions that the last end had interrupted are carried out");
        }
    }

    private void repeat(byte[] bytes, VirtualHosts hosts, Publisher publisher) throws IOException {
        List<CompletableFuture<Void>> waits = new ArrayList<>();
        try (DataInputStream in = new DataInputStream(new ByteArrayInputStream(bytes))) {
            int publishes = in.readInt();
            for (int i = 0; i < publishes; i++) {
                publishAgain(in, hosts, publisher, waits);
            }
            int acknowledgements = in.readInt();
            for (int i = 0; i < acknowledgements; i++) {
                VirtualHost host = hosts.find(in.readUTF());
                String name = in.readUTF();
                long offset = in.readLong();
                AmqpQueue queue = host == null ? null : host.queues().find(name);
                if (queue != null && !queue.isStream() && queue.queue().spec().priorities() == 0) {
                    Queue core = queue.queue();
                    waits.add(core.discard(offset, offset + 1));
                }
            }
        }
        VirtualHost.all(waits).join();
    }

    private void publishAgain(
            DataInputStream in,
            VirtualHosts hosts,
            Publisher publisher,
            List<CompletableFuture<Void>> waits)
            throws IOException {
        VirtualHost host = hosts.find(in.readUTF());
        Exchange exchange = host == null ? null : host.exchange(in.readUTF());
        if (host == null) {
            in.readUTF();
        }
        String key = in.readUTF();
        List<String> copies = new ArrayList<>();
        int more = in.readInt();
        for (int i = 0; i < more; i++) {
            copies.add(in.readUTF());
        }
        int flags = in.readInt();
        byte[] header = in.readNBytes(in.readInt());
        byte[] payload = in.readNBytes(in.readInt());
        if (exchange == null) {
            return;
        }
        CompletableFuture<Void> safe = new CompletableFuture<>();
        Receipt receipt =
                new Receipt(
                        failure -> {
                            if (failure == null) {
                                safe.complete(null);
                            } else {
                                safe.completeExceptionally(failure);
                            }
                        });
        Message message =
                new Message()
                        .begin(Subject.ofDotted(key), payload, 0, payload.length)
                        .header(codec, header, 0, header.length, flags)
                        .receipt(receipt);
        publisher.publish(exchange, key, copies, message);
        receipt.seal();
        waits.add(safe);
    }
}
