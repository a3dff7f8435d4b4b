package io.polymq.kafka.produce;

import io.netty.channel.EventLoop;
import io.polymq.codec.kafka.BatchVerdict.Accepted;
import io.polymq.kafka.topic.KafkaTopic;
import io.polymq.storage.AppendListener;
import io.polymq.storage.Durability;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.protocol.Errors;
import org.jspecify.annotations.Nullable;

/**
 * A sound batch on its way into its partition. Connection zone up to the append, which ends on
 * storage's completion thread.
 */
record ProducedPart(
        KafkaTopic topic, int partition, Accepted batch, Durability level, Production.Part part) {

    /** Of a producer that takes no part in transactions. */
    void append(EventLoop loop) {
        if (batch.idempotent()) {
            append(loop, null);
        } else {
            topic.topic()
                    .append(
                            partition,
                            batch.batch(),
                            level,
                            (base, _, failure) -> part.done(topic, partition, base, failure));
        }
    }

    void append(EventLoop loop, @Nullable TransactionTicket ticket) {
        PartitionProducers producers = topic.producers().partition(partition);
        producers.whenLoaded(loop, () -> admit(producers, ticket));
    }

    private void admit(PartitionProducers producers, @Nullable TransactionTicket ticket) {
        Admission admission =
                producers.admit(
                        batch,
                        ticket,
                        ended ->
                                topic.topic()
                                        .append(partition, batch.batch(), level, ending(ended)));
        switch (admission) {
            case Admission.Fresh _ -> {
                // the append's listener goes on
            }
            case Admission.Refused(Errors error, String message) -> part.refuse(error, message);
            case Admission.Again(CompletableFuture<Long> baseOffset) ->
                    baseOffset.whenComplete(
                            (base, failure) -> part.again(topic, partition, base, failure));
        }
    }

    private AppendListener ending(CompletableFuture<Long> ended) {
        return (base, _, failure) -> {
            if (failure == null) {
                ended.complete(base);
            } else {
                ended.completeExceptionally(failure);
            }
            part.done(topic, partition, base, failure);
        };
    }
}
