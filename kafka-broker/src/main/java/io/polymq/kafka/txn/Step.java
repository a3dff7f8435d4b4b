package io.polymq.kafka.txn;

import org.apache.kafka.common.protocol.Errors;

/** What the rules make of a request. */
sealed interface Step {

    /**
     * @param producerId -1 where the answer has none
     */
    record Reply(Errors error, long producerId, short epoch) {

        static final Reply DONE = of(Errors.NONE);

        static Reply of(Errors error) {
            return new Reply(error, Transaction.NO_ID, Transaction.NO_EPOCH);
        }
    }

    /** Nothing changes. */
    record Answer(Reply reply) implements Step {

        static Answer of(Errors error) {
            return new Answer(Reply.of(error));
        }
    }

    /** The answer is right once this is stored. */
    record Store(Transaction next, Reply reply) implements Step {}

    /** This has to be stored and completed first, then the request is looked at again. */
    record StoreFirst(Transaction next) implements Step {}

    /** The request is looked at again when the transaction that is ending has ended. */
    record Wait() implements Step {}

    /** The request is looked at again with a fresh producer id. */
    record NeedsProducerId() implements Step {}

    /** Nobody has used the id for long: it is forgotten. */
    record Forget() implements Step {}
}
