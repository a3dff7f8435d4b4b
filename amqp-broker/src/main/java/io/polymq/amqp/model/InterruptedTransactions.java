package io.polymq.amqp.model;

import io.polymq.core.message.KeptMessage;
import io.polymq.core.message.Message;
import io.polymq.core.message.MessageRecords;
import io.polymq.core.message.Receipt;
import io.polymq.core.queue.Recall;
import io.polymq.core.service.DelayedMessages;
import io.polymq.core.subject.Subject;
import java.io.ByteArrayInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Carries out what the last end has interrupted: what a queue has already, acknowledged or not, is
 * told by the marks of the messages that were written to it since; topics and what is put off are
 * asked likewise. Used by the thread that starts the broker, which it blocks.
 */
final class InterruptedTransactions {

    private final VirtualHosts hosts;
    private final DelayedMessages delayed;
    private final Map<String, EnvelopeCodec> codecs;
    private final MessageRecords records;
    private final long since;
    private final Publisher publisher;
    private final Map<AmqpQueue, Set<String>> marks = new HashMap<>();
    private @Nullable Set<String> putOff;

    /**
     * @param since when the earliest of them began, in milliseconds since 1970
     */
    InterruptedTransactions(
            VirtualHosts hosts,
            DelayedMessages delayed,
            Map<String, EnvelopeCodec> codecs,
            MessageRecords records,
            long since) {
        this.hosts = hosts;
        this.delayed = delayed;
        this.codecs = codecs;
        this.records = records;
        this.since = since;
        this.publisher = hosts.newPublisher();
    }

    /** Carries out one of which this was written down. */
    void carryOut(long entry, byte[] written) throws IOException {
        List<CompletableFuture<Void>> waits = new ArrayList<>();
        try (DataInputStream in = new DataInputStream(new ByteArrayInputStream(written))) {
            int publishes = in.readInt();
            for (int i = 0; i < publishes; i++) {
                publish(in, entry, i, waits);
            }
            int acknowledgements = in.readInt();
            for (int i = 0; i < acknowledgements; i++) {
                VirtualHost host = hosts.find(in.readUTF());
                String name = in.readUTF();
                long offset = in.readLong();
                AmqpQueue queue = host == null ? null : host.queues().find(name);
                if (queue != null && !queue.isStream()) {
                    waits.add(queue.queue().discard(offset, offset + 1));
                }
            }
        }
        VirtualHost.all(waits).join();
    }

    private void publish(
            DataInputStream in, long entry, int index, List<CompletableFuture<Void>> waits)
            throws IOException {
        VirtualHost host = hosts.find(in.readUTF());
        String exchangeName = in.readUTF();
        Exchange exchange = host == null ? null : host.exchange(exchangeName);
        String key = in.readUTF();
        List<String> copies = new ArrayList<>();
        int more = in.readInt();
        for (int i = 0; i < more; i++) {
            copies.add(in.readUTF());
        }
        long at = in.readLong();
        EnvelopeCodec codec = codecs.get(in.readUTF());
        int flags = in.readInt();
        byte[] header = in.readNBytes(in.readInt());
        byte[] payload = in.readNBytes(in.readInt());
        if (exchange == null || codec == null) {
            return;
        }
        Receipt receipt = waiting(waits);
        String mark = TransactionJournal.mark(entry, index);
        Message message =
                TransactionJournal.marked(kept(codec, key, flags, header, payload), mark)
                        .lendTo(new Message())
                        .receipt(receipt)
                        .origin(TransactionJournal.origin(entry, index));
        publisher.repeat(
                exchange,
                key,
                copies,
                message,
                at,
                new Publisher.Repeating(
                        since,
                        queue -> !marks(queue).contains(mark),
                        () -> putOff().contains(mark)));
        receipt.seal();
    }

    private static KeptMessage kept(
            EnvelopeCodec codec, String key, int flags, byte[] header, byte[] payload) {
        return new Message()
                .begin(Subject.ofDotted(key), payload, 0, payload.length)
                .header(codec, header, 0, header.length, flags)
                .keep();
    }

    private static Receipt waiting(List<CompletableFuture<Void>> waits) {
        CompletableFuture<Void> safe = new CompletableFuture<>();
        waits.add(safe);
        return Receipt.completing(safe);
    }

    /** Of what was put off. */
    private Set<String> putOff() {
        Set<String> known = putOff;
        if (known == null) {
            Set<String> found = new HashSet<>();
            delayed.recall(since, message -> note(message, found)).join();
            putOff = found;
            known = found;
        }
        return known;
    }

    /** Of what was written to the queue. */
    private Set<String> marks(AmqpQueue queue) {
        return marks.computeIfAbsent(queue, this::recalled);
    }

    private Set<String> recalled(AmqpQueue queue) {
        Set<String> found = new HashSet<>();
        if (queue.isStream()) {
            Message lent = new Message();
            Subject implied = Subject.ofDotted(queue.name());
            for (int number = 0; number < queue.topic().spec().partitions(); number++) {
                Recall.of(
                                queue.topic().partition(number),
                                since,
                                Runnable::run,
                                record -> records.read(record, implied, lent).keep(),
                                message -> note(message, found))
                        .join();
            }
        } else {
            queue.queue().recall(since, message -> note(message, found)).join();
        }
        return found;
    }

    private static void note(KeptMessage message, Set<String> marks) {
        Envelope envelope =
                (message.flags() & Envelope.ANNOTATED) == 0 ? null : Envelope.of(message);
        @Nullable String mark = envelope == null ? null : envelope.transaction();
        if (mark != null) {
            marks.add(mark);
        }
    }
}
