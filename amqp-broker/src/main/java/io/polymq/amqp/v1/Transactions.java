package io.polymq.amqp.v1;

import io.polymq.amqp.v1.frame.Condition;
import io.polymq.amqp.v1.frame.DeliveryState;
import io.polymq.amqp.v1.frame.FrameException;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The transactions that a session has begun. Connection zone. */
final class Transactions {

    private final Session session;
    private final Map<ByteBuffer, Transaction> open = new HashMap<>();
    private long next = 1;

    Transactions(Session session) {
        this.session = session;
    }

    /** Begins one; what names it. */
    byte[] declare() {
        if (open.size() >= Limits.TRANSACTIONS) {
            throw FrameException.session(
                    Condition.RESOURCE_LIMIT_EXCEEDED,
                    "no more than " + Limits.TRANSACTIONS + " transactions may be open");
        }
        byte[] id = ByteBuffer.allocate(8).putLong(next++).array();
        open.put(ByteBuffer.wrap(id), new Transaction(session));
        return id;
    }

    /** It is discharged: nothing more belongs to it. Null when there is none. */
    @Nullable Transaction end(byte[] id) {
        return open.remove(ByteBuffer.wrap(id));
    }

    private Transaction require(byte[] id) {
        Transaction found = open.get(ByteBuffer.wrap(id));
        if (found == null) {
            throw FrameException.session(Condition.UNKNOWN_TRANSACTION, "no such transaction");
        }
        return found;
    }

    void publish(DeliveryState.Transactional state, Transaction.Staged staged) {
        require(state.transaction()).publish(staged);
    }

    void retire(DeliveryState.Transactional state, int deliveryId, Held held, boolean settled) {
        DeliveryState.Outcome outcome = state.outcome();
        require(state.transaction())
                .retire(
                        new Transaction.Retired(
                                deliveryId,
                                held,
                                outcome == null ? DeliveryState.ACCEPTED : outcome,
                                settled));
    }

    /** What is open is rolled back. */
    void close() {
        List.copyOf(open.values()).forEach(Transaction::rollback);
        open.clear();
    }
}
