package io.polymq.kafka.produce;

import io.netty.channel.EventLoop;
import java.util.Set;
import java.util.UUID;
import java.util.function.Consumer;
import org.apache.kafka.common.protocol.Errors;
import org.jspecify.annotations.Nullable;

/** What producing wants of the coordinator of transactions. Any thread. */
public interface ProducerTransactions {

    /** A partition that takes part in a transaction. */
    record TopicPart(UUID topic, int partition) {}

    /**
     * Whose transaction, and what is to be written in it.
     *
     * @param join whether partitions become part of the transaction by being written to (Produce 12
     *     and newer), else they must be part of it already
     */
    record Entry(
            String tenant,
            String transactionalId,
            long producerId,
            short epoch,
            Set<TopicPart> parts,
            boolean join) {}

    /**
     * @param error why nothing may be written; {@link Errors#NONE} otherwise
     * @param ticket shows that the transaction goes on
     * @param parts the partitions that are part of it
     */
    record Pass(Errors error, @Nullable TransactionTicket ticket, Set<TopicPart> parts) {

        public static Pass refused(Errors error) {
            return new Pass(error, null, Set.of());
        }
    }

    /** Calls on the loop, now or later; entries of one producer keep their order. */
    void admit(EventLoop loop, Entry entry, Consumer<Pass> then);
}
