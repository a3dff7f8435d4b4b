package io.polymq.nats.jetstream.stream;

import io.polymq.storage.RecordBatchCursor;
import io.polymq.storage.RecordBatches;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongConsumer;

/**
 * Transactions of Kafka's producers whose records stand in a stream while it is open what becomes
 * of them. Shard zone, and the thread that reads a stream anew.
 */
final class OpenTransactions {

    static final long NONE = Long.MAX_VALUE;

    private static final short COMMIT = 1;

    /** Sequences of one batch, both included. */
    private record Run(long first, long last) {}

    /** What a marker in the log says. */
    record End(long producer, boolean committed) {}

    private final Map<Long, List<Run>> runs = new HashMap<>();
    private long first = NONE;

    /** The batch that the cursor stands in has come, if it is one of a transaction. */
    void came(RecordBatchCursor batch, long firstSequence) {
        if (batch.isControl() || (batch.attributes() & RecordBatches.TRANSACTIONAL) == 0) {
            return;
        }
        long last = firstSequence + batch.lastOffset() - batch.baseOffset();
        runs.computeIfAbsent(batch.producerId(), id -> new ArrayList<>())
                .add(new Run(firstSequence, last));
        first = Math.min(first, firstSequence);
    }

    /** Of a control batch; its records are read on. A key is its version and its type. */
    static End end(RecordBatchCursor control) {
        ByteBuffer key = control.nextInBatch() ? control.key() : null;
        boolean committed =
                key != null
                        && key.remaining() >= 2 * Short.BYTES
                        && key.getShort(key.position() + Short.BYTES) == COMMIT;
        return new End(control.producerId(), committed);
    }

    /**
     * @param aborted takes each sequence that is to go
     */
    void ended(End end, LongConsumer aborted) {
        List<Run> ended = runs.remove(end.producer());
        if (ended == null) {
            return;
        }
        first =
                runs.values().stream()
                        .mapToLong(others -> others.getFirst().first())
                        .min()
                        .orElse(NONE);
        if (end.committed()) {
            return;
        }
        for (Run run : ended) {
            for (long sequence = run.first(); sequence <= run.last(); sequence++) {
                aborted.accept(sequence);
            }
        }
    }

    /** The first sequence of the oldest; {@link #NONE} when there is none. */
    long first() {
        return first;
    }
}
