package io.polymq.kafka.txn;

import static io.polymq.kafka.txn.Transaction.LAST_EPOCH;
import static io.polymq.kafka.txn.Transaction.NO_EPOCH;
import static io.polymq.kafka.txn.Transaction.NO_ID;

import io.polymq.kafka.txn.Step.Answer;
import io.polymq.kafka.txn.Step.Reply;
import io.polymq.kafka.txn.Step.Store;
import io.polymq.kafka.txn.Step.StoreFirst;
import java.util.Set;
import org.apache.kafka.common.protocol.Errors;
import org.jspecify.annotations.Nullable;

/**
 * The rules of transactions (KIP-98, KIP-360, KIP-890) as functions of what is stored and what is
 * asked. Pure.
 */
final class TransactionRules {

    private TransactionRules() {}

    /**
     * A producer wants to use a transactional id.
     *
     * @param expectedId the producer id that it has, to go on after an error; -1 for a newcomer
     * @param freshId a producer id for the case that one is needed; -1 when none was fetched yet
     */
    static Step init(
            @Nullable Transaction known,
            int timeoutMillis,
            long expectedId,
            short expectedEpoch,
            long freshId,
            long now) {
        if (known == null) {
            return freshId == NO_ID
                    ? new Step.NeedsProducerId()
                    : taken(Transaction.create(freshId, timeoutMillis, now));
        }
        if (known.phase().isPrepare()) {
            return new Step.Wait();
        }
        boolean goesOn = expectedId != NO_ID;
        if (goesOn && !mayGoOn(known, expectedId, expectedEpoch)) {
            return Answer.of(Errors.PRODUCER_FENCED);
        }
        if (known.isOngoing()) {
            return new StoreFirst(fenced(known, goesOn ? known.epoch() : NO_EPOCH, now));
        }
        if (known.isEpochUsedUp()
                && (!goesOn
                        || expectedEpoch == known.epoch()
                        || expectedEpoch == known.lastEpoch())) {
            return freshId == NO_ID
                    ? new Step.NeedsProducerId()
                    : taken(
                            known.renumbered(
                                    freshId,
                                    goesOn ? known.epoch() : NO_EPOCH,
                                    timeoutMillis,
                                    now));
        }
        short next = (short) (known.epoch() + 1);
        if (!goesOn) {
            return taken(known.taken(next, NO_EPOCH, timeoutMillis, now));
        }
        if (expectedEpoch == known.epoch() && expectedId == known.producerId()) {
            return taken(known.taken(next, known.epoch(), timeoutMillis, now));
        }
        // the answer to the same request was lost
        return expectedEpoch == known.lastEpoch()
                ? taken(known.taken(known.epoch(), known.lastEpoch(), timeoutMillis, now))
                : Answer.of(Errors.PRODUCER_FENCED);
    }

    private static boolean mayGoOn(Transaction known, long expectedId, short expectedEpoch) {
        if (expectedId != known.producerId()) {
            return expectedId == known.previousId() && expectedEpoch >= LAST_EPOCH;
        }
        return !known.isOngoing() || expectedEpoch == known.epoch();
    }

    private static Step taken(Transaction next) {
        return new Store(next, new Reply(Errors.NONE, next.producerId(), next.epoch()));
    }

    /**
     * Aborted otherwise than by its producer's EndTxn; whoever still writes is shut out by the
     * epoch.
     *
     * @param oldEpoch the epoch that may go on; -1 for none
     */
    private static Transaction fenced(Transaction ongoing, short oldEpoch, long now) {
        return ongoing.prepared(false, (short) (ongoing.epoch() + 1), oldEpoch, NO_ID, now);
    }

    /** Partitions or a group's offsets become part of the transaction, which begins if need be. */
    static Step join(
            @Nullable Transaction known,
            long producerId,
            short epoch,
            Set<Participant> more,
            long now) {
        Step refusal = refusal(known, producerId, epoch);
        if (refusal != null || known == null) {
            return refusal == null ? Answer.of(Errors.INVALID_PRODUCER_ID_MAPPING) : refusal;
        }
        return known.isOngoing() && known.participants().containsAll(more)
                ? Answer.of(Errors.NONE)
                : new Store(known.joined(more, now), Reply.DONE);
    }

    /** Whether the producer's transaction goes on; says nothing about who takes part. */
    static Step check(@Nullable Transaction known, long producerId, short epoch) {
        Step refusal = refusal(known, producerId, epoch);
        return refusal == null ? Answer.of(Errors.NONE) : refusal;
    }

    private static @Nullable Step refusal(
            @Nullable Transaction known, long producerId, short epoch) {
        if (known == null) {
            return Answer.of(Errors.INVALID_PRODUCER_ID_MAPPING);
        }
        if (known.phase().isPrepare()) {
            // The epoch that it will have is known, so who is shut out need not wait.
            boolean comesNext = known.nextId() == producerId && epoch == 0;
            return comesNext || known.producerId() == producerId && known.epoch() == epoch
                    ? new Step.Wait()
                    : fencedOr(known, producerId);
        }
        return known.producerId() == producerId && known.epoch() == epoch
                ? null
                : fencedOr(known, producerId);
    }

    private static Step fencedOr(Transaction known, long producerId) {
        return Answer.of(
                known.producerId() == producerId
                        ? Errors.PRODUCER_FENCED
                        : Errors.INVALID_PRODUCER_ID_MAPPING);
    }

    /**
     * The producer ends its transaction.
     *
     * @param bumps whether every transaction has an epoch of its own (EndTxn 5 and newer)
     */
    static Step end(
            @Nullable Transaction known,
            long producerId,
            short epoch,
            boolean commit,
            boolean bumps,
            long freshId,
            long now) {
        if (known == null) {
            return Answer.of(Errors.INVALID_PRODUCER_ID_MAPPING);
        }
        if (known.phase().isPrepare()) {
            return new Step.Wait();
        }
        return bumps
                ? endWithBump(known, producerId, epoch, commit, freshId, now)
                : endAsItIs(known, producerId, epoch, commit, now);
    }

    private static Step endAsItIs(
            Transaction known, long producerId, short epoch, boolean commit, long now) {
        if (known.producerId() != producerId || known.epoch() != epoch) {
            return fencedOr(known, producerId);
        }
        return switch (known.phase()) {
            case ONGOING ->
                    new Store(
                            known.prepared(commit, epoch, known.lastEpoch(), NO_ID, now),
                            new Reply(Errors.NONE, producerId, epoch));
            case COMPLETE_COMMIT -> Answer.of(commit ? Errors.NONE : Errors.INVALID_TXN_STATE);
            case COMPLETE_ABORT -> Answer.of(commit ? Errors.INVALID_TXN_STATE : Errors.NONE);
            case EMPTY, PREPARE_COMMIT, PREPARE_ABORT -> Answer.of(Errors.INVALID_TXN_STATE);
        };
    }

    private static Step endWithBump(
            Transaction known,
            long producerId,
            short epoch,
            boolean commit,
            long freshId,
            long now) {
        boolean again =
                known.lastEpoch() == epoch
                        && (known.producerId() == producerId && known.epoch() == epoch + 1
                                || known.previousId() == producerId
                                        && epoch == LAST_EPOCH
                                        && known.epoch() == 0);
        boolean complete =
                known.phase() == Transaction.Phase.COMPLETE_COMMIT
                        || known.phase() == Transaction.Phase.COMPLETE_ABORT;
        if (again && complete) {
            boolean committed = known.phase() == Transaction.Phase.COMPLETE_COMMIT;
            return committed == commit
                    ? new Answer(new Reply(Errors.NONE, known.producerId(), known.epoch()))
                    : Answer.of(Errors.INVALID_TXN_STATE);
        }
        if (known.producerId() != producerId || known.epoch() != epoch) {
            return fencedOr(known, producerId);
        }
        if (!known.isOngoing() && commit) {
            return Answer.of(Errors.INVALID_TXN_STATE);
        }
        boolean renumber = known.isEpochUsedUp();
        if (renumber && freshId == NO_ID) {
            return new Step.NeedsProducerId();
        }
        Transaction prepared =
                known.prepared(
                        commit,
                        (short) (known.epoch() + 1),
                        known.epoch(),
                        renumber ? freshId : NO_ID,
                        now);
        Transaction after = prepared.completed(now);
        // Without participants there is nothing to be marked.
        return new Store(
                prepared.participants().isEmpty() ? after : prepared,
                new Reply(Errors.NONE, after.producerId(), after.epoch()));
    }

    /** Time has passed. */
    static Step expire(@Nullable Transaction known, long idExpiryMillis, long now) {
        if (known == null || known.phase().isPrepare()) {
            return Answer.of(Errors.NONE);
        }
        if (known.isOverdue(now)) {
            return new Store(fenced(known, NO_EPOCH, now), Reply.DONE);
        }
        return !known.isOngoing() && now - known.updated() >= idExpiryMillis
                ? new Step.Forget()
                : Answer.of(Errors.NONE);
    }
}
