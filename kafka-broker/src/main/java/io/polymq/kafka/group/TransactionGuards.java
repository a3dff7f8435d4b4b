package io.polymq.kafka.group;

import io.polymq.kafka.produce.TransactionTicket;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.kafka.common.errors.InvalidTxnStateException;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.apache.kafka.storage.internals.log.VerificationGuard;

/**
 * Lets offsets of a transaction into the log only while it goes on. The coordinator asks first and
 * appends later, so what it was given is looked at again in the append, which is never concurrent
 * with that of a marker: offsets that come behind their marker would be pending for ever. Any
 * thread.
 */
final class TransactionGuards {

    private final String tenant;
    private final OffsetTransactions transactions;
    private final Map<VerificationGuard, TransactionTicket> tickets = new ConcurrentHashMap<>();
    private final Map<TransactionTicket, VerificationGuard> guards = new ConcurrentHashMap<>();

    TransactionGuards(String tenant, OffsetTransactions transactions) {
        this.tenant = tenant;
        this.transactions = transactions;
    }

    CompletableFuture<VerificationGuard> admit(
            String transactionalId, int partition, long producerId, short epoch, boolean join) {
        return transactions
                .admit(
                        tenant,
                        new OffsetTransactions.Offsets(
                                transactionalId, partition, producerId, epoch),
                        join)
                .thenApply(this::guard);
    }

    private VerificationGuard guard(TransactionTicket ticket) {
        VerificationGuard known = guards.get(ticket);
        if (known != null) {
            return known;
        }
        forgetEnded();
        VerificationGuard fresh = new VerificationGuard();
        tickets.put(fresh, ticket);
        VerificationGuard first = guards.putIfAbsent(ticket, fresh);
        return first == null ? fresh : first;
    }

    private void forgetEnded() {
        guards.keySet().removeIf(ticket -> !ticket.isOpen());
        tickets.values().removeIf(ticket -> !ticket.isOpen());
    }

    /** Called before records are appended to a partition, on the coordinator's thread. */
    void appending(int partition, VerificationGuard guard, MemoryRecords records) {
        RecordBatch first = records.firstBatch();
        if (first == null || !first.isTransactional() || first.isControlBatch()) {
            return;
        }
        TransactionTicket ticket = tickets.get(guard);
        if (ticket == null || !ticket.isOpen()) {
            throw new InvalidTxnStateException(
                    "the transaction of these offsets has ended, in partition " + partition);
        }
    }
}
