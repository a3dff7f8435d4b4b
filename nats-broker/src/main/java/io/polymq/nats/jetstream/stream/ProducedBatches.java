package io.polymq.nats.jetstream.stream;

import io.polymq.nats.jetstream.stream.OpenTransactions.End;
import io.polymq.storage.AppendListener;
import io.polymq.storage.Durability;
import io.polymq.storage.RecordBatchCursor;
import io.polymq.storage.StorageException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * What Kafka's producers write into a stream: numbered and counted like any other message, under no
 * other rules. Nothing from the first record of an open transaction on is read; what an aborted one
 * wrote is removed. Shard zone.
 */
final class ProducedBatches {

    private final Stream stream;
    private final Parts parts;
    private OpenTransactions open = new OpenTransactions();

    ProducedBatches(Stream stream, Parts parts) {
        this.stream = stream;
        this.parts = parts;
    }

    void recovered(Recovery found) {
        open = found.open;
    }

    /** Messages from this sequence on wait for a transaction's end. */
    long hiddenFrom() {
        return open.first();
    }

    void take(RecordForm form, ByteBuffer batches, Durability durability, AppendListener listener) {
        List<StreamMessage> messages = new ArrayList<>();
        long behind = stream.index().last();
        long last;
        try {
            last = form.read(batches, behind, messages);
        } catch (StorageException unreadable) {
            listener.appended(-1, -1, unreadable);
            return;
        }
        List<End> ends = transactions(batches, behind);
        stream.log().append(batches, durability, ends.isEmpty() ? listener : then(ends, listener));
        messages.forEach(stream::took);
        stream.index().skipTo(last);
        stream.enforce();
    }

    private List<End> transactions(ByteBuffer batches, long behind) {
        List<End> ends = new ArrayList<>(0);
        RecordBatchCursor cursor = new RecordBatchCursor().reset(batches);
        long next = behind + 1;
        while (cursor.nextBatch()) {
            open.came(cursor, next);
            next += cursor.lastOffset() - cursor.baseOffset() + 1;
            if (cursor.isControl()) {
                ends.add(OpenTransactions.end(cursor));
            }
        }
        return ends;
    }

    private AppendListener then(List<End> ends, AppendListener listener) {
        return (base, timestamp, failure) -> {
            listener.appended(base, timestamp, failure);
            if (failure == null) {
                parts.zone().offer(() -> ended(ends));
            }
        };
    }

    private void ended(List<End> ends) {
        ends.forEach(end -> open.ended(end, stream::remove));
        stream.signal();
    }
}
