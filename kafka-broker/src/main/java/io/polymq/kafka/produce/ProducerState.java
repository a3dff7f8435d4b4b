package io.polymq.kafka.produce;

import java.util.ArrayDeque;
import java.util.Iterator;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * What is known of one idempotent producer in one partition: its epoch and its last five batches,
 * by which a batch that is sent again is recognised. Guarded by its own monitor, which is held from
 * the check to the append, so that the order checked is the order kept; only a producer that uses
 * two connections at once ever waits for it.
 */
final class ProducerState {

    static final int KEPT_BATCHES = 5;
    private static final int NONE = -1;

    /** One batch; its future ends when the append does. */
    record Batch(int firstSequence, int lastSequence, CompletableFuture<Long> baseOffset) {}

    private final long id;
    private short epoch;
    private int lastSequence = NONE;
    private int coordinatorEpoch = NONE;
    private long lastUsed;
    private final ArrayDeque<Batch> batches = new ArrayDeque<>(KEPT_BATCHES);

    ProducerState(long id, short epoch, long now) {
        this.id = id;
        this.epoch = epoch;
        this.lastUsed = now;
    }

    long id() {
        return id;
    }

    short epoch() {
        return epoch;
    }

    int lastSequence() {
        return lastSequence;
    }

    /** The epoch of the coordinator that last ended a transaction of it; -1 when none has. */
    int coordinatorEpoch() {
        return coordinatorEpoch;
    }

    long lastUsed() {
        return lastUsed;
    }

    ArrayDeque<Batch> batches() {
        return batches;
    }

    /** The batch of the same sequences, when it is among those kept. */
    @Nullable Batch duplicate(short ofEpoch, int first, int last) {
        if (ofEpoch != epoch) {
            return null;
        }
        for (Batch batch : batches) {
            if (batch.firstSequence == first && batch.lastSequence == last) {
                return batch;
            }
        }
        return null;
    }

    /** Whether a batch of the current epoch may begin with this sequence. */
    boolean follows(int first) {
        return lastSequence == NONE ? first == 0 : first == next(lastSequence);
    }

    /** Sequences wrap to 0. */
    static int next(int sequence) {
        return sequence == Integer.MAX_VALUE ? 0 : sequence + 1;
    }

    /** The last sequence of a batch of so many records. */
    static int last(int first, int records) {
        return (int) ((first + (long) records - 1) & Integer.MAX_VALUE);
    }

    Batch add(short ofEpoch, int first, int last, CompletableFuture<Long> baseOffset, long now) {
        if (ofEpoch != epoch) {
            epoch = ofEpoch;
            batches.clear();
        }
        if (batches.size() == KEPT_BATCHES) {
            batches.removeFirst();
        }
        Batch batch = new Batch(first, last, baseOffset);
        batches.addLast(batch);
        lastSequence = last;
        lastUsed = now;
        return batch;
    }

    /** A transaction has ended: the epoch may have grown, and sequences begin anew when it has. */
    void marked(short ofEpoch, int ofCoordinator, long now) {
        coordinatorEpoch = ofCoordinator;
        if (ofEpoch > epoch) {
            epoch = ofEpoch;
            batches.clear();
            lastSequence = NONE;
        }
        lastUsed = now;
    }

    /** An append has failed: neither its batch nor what came after it counts any more. */
    void forget(Batch failed) {
        if (!batches.contains(failed)) {
            return;
        }
        Iterator<Batch> newestFirst = batches.descendingIterator();
        while (newestFirst.hasNext()) {
            Batch batch = newestFirst.next();
            newestFirst.remove();
            if (batch == failed) {
                break;
            }
        }
        lastSequence =
                batches.isEmpty()
                        ? failed.firstSequence == 0 ? NONE : failed.firstSequence - 1
                        : batches.getLast().lastSequence;
    }
}
