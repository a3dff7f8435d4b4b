package io.polymq.kafka.produce;

import io.polymq.kafka.Exchange;
import io.polymq.kafka.produce.ProducerTransactions.Entry;
import io.polymq.kafka.produce.ProducerTransactions.Pass;
import io.polymq.kafka.produce.ProducerTransactions.TopicPart;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.apache.kafka.common.protocol.Errors;

/**
 * The transactional batches of one Produce request: all of one producer, they ask its coordinator
 * together and go on to their partitions with its ticket. Connection zone.
 */
final class TransactionalProduce {

    /** From here on partitions join a transaction by being written to. */
    private static final short FIRST_VERSION_THAT_JOINS = 12;

    private static final short FIRST_VERSION_WITH_ABORTABLE = 11;

    private final ProducerTransactions transactions;
    private final List<ProducedPart> parts = new ArrayList<>();

    TransactionalProduce(ProducerTransactions transactions) {
        this.transactions = transactions;
    }

    void add(ProducedPart part) {
        parts.add(part);
    }

    void begin(Exchange exchange, String transactionalId) {
        if (parts.isEmpty()) {
            return;
        }
        ProducedPart first = parts.getFirst();
        Set<TopicPart> asked = new HashSet<>();
        for (ProducedPart part : List.copyOf(parts)) {
            if (part.batch().producerId() == first.batch().producerId()
                    && part.batch().producerEpoch() == first.batch().producerEpoch()) {
                asked.add(place(part));
            } else {
                parts.remove(part);
                part.part().refuse(Errors.INVALID_PRODUCER_ID_MAPPING, "several producers");
            }
        }
        transactions.admit(
                exchange.loop(),
                new Entry(
                        exchange.client().tenant(),
                        transactionalId,
                        first.batch().producerId(),
                        first.batch().producerEpoch(),
                        asked,
                        exchange.version() >= FIRST_VERSION_THAT_JOINS),
                pass -> admitted(exchange, pass));
    }

    private static TopicPart place(ProducedPart part) {
        return new TopicPart(part.topic().topic().id(), part.partition());
    }

    private void admitted(Exchange exchange, Pass pass) {
        for (ProducedPart part : parts) {
            if (pass.error() != Errors.NONE) {
                part.part().refuse(told(pass.error()), null);
            } else if (pass.parts().contains(place(part))) {
                part.append(exchange.loop(), pass.ticket());
            } else {
                part.part()
                        .refuse(
                                exchange.version() >= FIRST_VERSION_WITH_ABORTABLE
                                        ? Errors.TRANSACTION_ABORTABLE
                                        : Errors.INVALID_TXN_STATE,
                                "the partition is not part of the transaction");
            }
        }
    }

    /** The coordinator's refusals in the words that producers know how to take. */
    private static Errors told(Errors error) {
        return switch (error) {
            case PRODUCER_FENCED -> Errors.INVALID_PRODUCER_EPOCH;
            case CONCURRENT_TRANSACTIONS,
                    COORDINATOR_LOAD_IN_PROGRESS,
                    COORDINATOR_NOT_AVAILABLE,
                    NOT_COORDINATOR ->
                    Errors.NOT_ENOUGH_REPLICAS;
            default -> error;
        };
    }
}
