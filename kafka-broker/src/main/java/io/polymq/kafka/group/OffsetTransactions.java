package io.polymq.kafka.group;

import io.polymq.kafka.produce.TransactionTicket;
import java.util.concurrent.CompletableFuture;

/**
 * What committing offsets in a transaction wants of the coordinator of transactions. Any thread.
 */
public interface OffsetTransactions {

    /**
     * Whose transaction, and which of the group coordinator's partitions.
     *
     * @param partition where the group is
     */
    record Offsets(String transactionalId, int partition, long producerId, short epoch) {}

    /**
     * Fails with Kafka's own exception when the transaction does not go on.
     *
     * @param join whether the partition becomes part of it by this, else it must be already
     */
    CompletableFuture<TransactionTicket> admit(String tenant, Offsets offsets, boolean join);
}
