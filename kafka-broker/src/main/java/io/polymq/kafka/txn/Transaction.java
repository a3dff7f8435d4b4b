package io.polymq.kafka.txn;

import java.util.HashSet;
import java.util.Set;

/**
 * What is known of a transactional id: its producer and the producer's current transaction.
 * Immutable.
 *
 * <pre>
 *   EMPTY --a partition joins--> ONGOING --end--> PREPARE_COMMIT --markers written--> COMPLETE_COMMIT
 *                                 |  ^  \--abort, time is up, fenced--> PREPARE_ABORT --> COMPLETE_ABORT
 *                                 |  +-- a partition joins -- COMPLETE_* , EMPTY
 * </pre>
 *
 * @param previousId the producer id before the current one, when its epochs were used up; else -1
 * @param nextId the producer id from the next transaction on, while PREPARE; else -1
 * @param epoch of markers while PREPARE, of requests otherwise
 * @param lastEpoch the epoch before it, by which a request that is sent again is known; else -1
 * @param participants those of the transaction that is not complete yet
 * @param begun when the current transaction began; -1 without one
 * @param updated when this was last changed
 */
record Transaction(
        long producerId,
        long previousId,
        long nextId,
        short epoch,
        short lastEpoch,
        int timeoutMillis,
        Phase phase,
        Set<Participant> participants,
        long begun,
        long updated) {

    static final long NO_ID = -1;
    static final short NO_EPOCH = -1;

    /** Epochs end here; the one above it only ever fences. */
    static final short LAST_EPOCH = Short.MAX_VALUE - 1;

    /** Where it stands, by the names that Kafka's tools show. */
    enum Phase {
        EMPTY("Empty"),
        ONGOING("Ongoing"),
        PREPARE_COMMIT("PrepareCommit"),
        PREPARE_ABORT("PrepareAbort"),
        COMPLETE_COMMIT("CompleteCommit"),
        COMPLETE_ABORT("CompleteAbort");

        private final String title;

        Phase(String title) {
            this.title = title;
        }

        String title() {
            return title;
        }

        boolean isPrepare() {
            return this == PREPARE_COMMIT || this == PREPARE_ABORT;
        }
    }

    Transaction {
        participants = Set.copyOf(participants);
    }

    boolean isOngoing() {
        return phase == Phase.ONGOING;
    }

    boolean isEpochUsedUp() {
        return epoch >= LAST_EPOCH;
    }

    boolean isOverdue(long now) {
        return isOngoing() && now - begun >= timeoutMillis;
    }

    /** A producer begins to use the id. */
    static Transaction create(long producerId, int timeoutMillis, long now) {
        return new Transaction(
                producerId,
                NO_ID,
                NO_ID,
                (short) 0,
                NO_EPOCH,
                timeoutMillis,
                Phase.EMPTY,
                Set.of(),
                -1,
                now);
    }

    /** A producer goes on with the id, under a new epoch. */
    Transaction taken(short newEpoch, short oldEpoch, int newTimeout, long now) {
        return new Transaction(
                producerId,
                previousId,
                NO_ID,
                newEpoch,
                oldEpoch,
                newTimeout,
                Phase.EMPTY,
                Set.of(),
                -1,
                now);
    }

    /** A producer goes on with the id, under a new producer id since the epochs are used up. */
    Transaction renumbered(long newId, short oldEpoch, int newTimeout, long now) {
        return new Transaction(
                newId,
                producerId,
                NO_ID,
                (short) 0,
                oldEpoch,
                newTimeout,
                Phase.EMPTY,
                Set.of(),
                -1,
                now);
    }

    Transaction joined(Set<Participant> more, long now) {
        Set<Participant> all = new HashSet<>(isOngoing() ? participants : Set.of());
        all.addAll(more);
        return new Transaction(
                producerId,
                previousId,
                NO_ID,
                epoch,
                lastEpoch,
                timeoutMillis,
                Phase.ONGOING,
                all,
                isOngoing() ? begun : now,
                now);
    }

    /** It will end so; the markers carry this epoch. */
    Transaction prepared(boolean commit, short markerEpoch, short oldEpoch, long newId, long now) {
        return new Transaction(
                producerId,
                previousId,
                newId,
                markerEpoch,
                oldEpoch,
                timeoutMillis,
                commit ? Phase.PREPARE_COMMIT : Phase.PREPARE_ABORT,
                isOngoing() ? participants : Set.of(),
                begun,
                now);
    }

    /** All markers are written. */
    Transaction completed(long now) {
        boolean renumber = nextId != NO_ID;
        return new Transaction(
                renumber ? nextId : producerId,
                renumber ? producerId : previousId,
                NO_ID,
                renumber ? 0 : epoch,
                lastEpoch,
                timeoutMillis,
                phase == Phase.PREPARE_COMMIT ? Phase.COMPLETE_COMMIT : Phase.COMPLETE_ABORT,
                Set.of(),
                -1,
                now);
    }
}
