package io.polymq.kafka.txn;

import io.polymq.kafka.Futures;
import io.polymq.kafka.KafkaErrors;
import io.polymq.kafka.produce.EndOfTransaction;
import io.polymq.kafka.topic.KafkaTopic;
import io.polymq.kafka.topic.TopicCatalog;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.protocol.Errors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes the markers that end a transaction, to every partition that it has reached; what fails is
 * tried again until it succeeds, or there is nothing left to be marked. Any thread.
 */
public final class TransactionMarkers {

    private static final Logger LOG = LoggerFactory.getLogger(TransactionMarkers.class);
    private static final long FIRST_PAUSE_MILLIS = 20;
    private static final long LONGEST_PAUSE_MILLIS = 2_000;

    /** There is one coordinator, and it has never moved. */
    static final int COORDINATOR_EPOCH = 0;

    private final TopicCatalog catalog;
    private final OffsetsMarkers offsets;

    /** Ends a transaction for offsets that were committed in it. */
    @FunctionalInterface
    public interface OffsetsMarkers {

        CompletableFuture<Void> write(String tenant, int partition, EndOfTransaction end);
    }

    public TransactionMarkers(TopicCatalog catalog, OffsetsMarkers offsets) {
        this.catalog = catalog;
        this.offsets = offsets;
    }

    /**
     * @param timer for pauses between attempts
     * @return done when all markers are safe; never fails
     */
    CompletableFuture<Void> write(
            String tenant, Transaction prepared, ScheduledExecutorService timer) {
        EndOfTransaction end =
                new EndOfTransaction(
                        prepared.producerId(),
                        prepared.epoch(),
                        COORDINATOR_EPOCH,
                        prepared.phase() == Transaction.Phase.PREPARE_COMMIT);
        List<CompletableFuture<Void>> all = new ArrayList<>();
        for (Participant participant : prepared.participants()) {
            CompletableFuture<Void> done = new CompletableFuture<>();
            all.add(done);
            attempt(new Marker(tenant, participant, end, done), FIRST_PAUSE_MILLIS, timer);
        }
        return CompletableFuture.allOf(all.toArray(CompletableFuture[]::new));
    }

    private record Marker(
            String tenant,
            Participant participant,
            EndOfTransaction end,
            CompletableFuture<Void> done) {}

    private void attempt(Marker marker, long pause, ScheduledExecutorService timer) {
        write(marker)
                .whenComplete(
                        (_, failure) -> {
                            if (failure == null || isPointless(failure)) {
                                marker.done.complete(null);
                                return;
                            }
                            LOG.atDebug()
                                    .setMessage("a transaction's marker is written again")
                                    .addKeyValue("to", marker.participant)
                                    .addKeyValue("reason", failure.toString())
                                    .log();
                            if (!timer.isShutdown()) {
                                timer.schedule(
                                        () ->
                                                attempt(
                                                        marker,
                                                        Math.min(pause * 2, LONGEST_PAUSE_MILLIS),
                                                        timer),
                                        pause,
                                        TimeUnit.MILLISECONDS);
                            }
                        });
    }

    private CompletableFuture<Void> write(Marker marker) {
        return switch (marker.participant) {
            case Participant.Partition(UUID id, int number) -> {
                KafkaTopic topic = find(marker.tenant, id);
                yield topic == null || !topic.hasPartition(number)
                        ? CompletableFuture.completedFuture(null)
                        : topic.producers().partition(number).end(topic.topic(), marker.end);
            }
            case Participant.Offsets(int partition) ->
                    offsets.write(marker.tenant, partition, marker.end);
        };
    }

    private @Nullable KafkaTopic find(String tenant, UUID id) {
        return catalog.find(
                tenant, new Uuid(id.getMostSignificantBits(), id.getLeastSignificantBits()));
    }

    /** The partition is gone, or knows of a later end than this. */
    private static boolean isPointless(Throwable failure) {
        Errors error = KafkaErrors.of(Futures.cause(failure));
        return error == Errors.UNKNOWN_TOPIC_OR_PARTITION
                || error == Errors.INVALID_PRODUCER_EPOCH
                || error == Errors.TRANSACTION_COORDINATOR_FENCED;
    }
}
