package io.polymq.kafka.fetch;

import io.polymq.core.security.Security.Action;
import io.polymq.kafka.Access;
import io.polymq.kafka.Exchange;
import io.polymq.kafka.KafkaErrors;
import io.polymq.kafka.produce.PartitionProducers;
import io.polymq.kafka.topic.KafkaTopic;
import io.polymq.kafka.topic.TopicCatalog;
import io.polymq.storage.ReadResult;
import io.polymq.storage.RecordBatchCursor;
import io.polymq.storage.Shard;
import io.polymq.storage.Slice;
import io.polymq.storage.StorageException;
import io.polymq.storage.TimedOffset;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import org.apache.kafka.common.message.ListOffsetsRequestData;
import org.apache.kafka.common.message.ListOffsetsRequestData.ListOffsetsPartition;
import org.apache.kafka.common.message.ListOffsetsRequestData.ListOffsetsTopic;
import org.apache.kafka.common.message.ListOffsetsResponseData;
import org.apache.kafka.common.message.ListOffsetsResponseData.ListOffsetsPartitionResponse;
import org.apache.kafka.common.message.ListOffsetsResponseData.ListOffsetsTopicResponse;
import org.apache.kafka.common.message.OffsetForLeaderEpochRequestData;
import org.apache.kafka.common.message.OffsetForLeaderEpochRequestData.OffsetForLeaderPartition;
import org.apache.kafka.common.message.OffsetForLeaderEpochRequestData.OffsetForLeaderTopic;
import org.apache.kafka.common.message.OffsetForLeaderEpochResponseData;
import org.apache.kafka.common.message.OffsetForLeaderEpochResponseData.EpochEndOffset;
import org.apache.kafka.common.message.OffsetForLeaderEpochResponseData.OffsetForLeaderTopicResult;
import org.apache.kafka.common.protocol.Errors;
import org.jspecify.annotations.Nullable;

/** Serves ListOffsets and OffsetForLeaderEpoch. Connection zone; look-ups end elsewhere. */
public final class OffsetsHandler {

    private static final int LEADER_EPOCH = 0;
    private static final int FIRST_VERSION_WITH_EPOCH = 4;
    private static final byte READ_COMMITTED = 1;
    private static final long LATEST = -1;
    private static final long EARLIEST = -2;
    private static final long MAX_TIMESTAMP = -3;
    private static final long EARLIEST_LOCAL = -4;
    private static final long LATEST_TIERED = -5;
    private static final long EARLIEST_PENDING_UPLOAD = -6;
    private static final TimedOffset NOTHING = new TimedOffset(-1, -1);
    private static final int LOOK_BYTES = 1;

    private final TopicCatalog catalog;
    private final Access access;
    private final Executor blocking;

    public OffsetsHandler(TopicCatalog catalog, Access access, Executor blocking) {
        this.catalog = catalog;
        this.access = access;
        this.blocking = blocking;
    }

    public void listOffsets(Exchange exchange) {
        ListOffsetsRequestData request = exchange.body(ListOffsetsRequestData.class);
        ListOffsetsResponseData response = new ListOffsetsResponseData();
        List<CompletableFuture<?>> open = new ArrayList<>();
        boolean withEpoch = exchange.version() >= FIRST_VERSION_WITH_EPOCH;
        for (ListOffsetsTopic asked : request.topics()) {
            ListOffsetsTopicResponse topic = new ListOffsetsTopicResponse().setName(asked.name());
            response.topics().add(topic);
            KafkaTopic found = catalog.find(exchange.client().tenant(), asked.name());
            for (ListOffsetsPartition partition : asked.partitions()) {
                ListOffsetsPartitionResponse answer =
                        new ListOffsetsPartitionResponse()
                                .setPartitionIndex(partition.partitionIndex());
                topic.partitions().add(answer);
                Errors error =
                        error(
                                exchange,
                                asked.name(),
                                found,
                                partition.partitionIndex(),
                                partition.currentLeaderEpoch());
                if (error != Errors.NONE || found == null) {
                    answer.setErrorCode(error.code());
                } else {
                    open.add(
                            find(
                                            found,
                                            partition.partitionIndex(),
                                            partition.timestamp(),
                                            request.isolationLevel() == READ_COMMITTED)
                                    .handle(
                                            (offset, failure) ->
                                                    put(answer, offset, failure, withEpoch)));
                }
            }
        }
        whenAll(open, () -> exchange.respond(response));
    }

    private static void whenAll(List<CompletableFuture<?>> open, Runnable action) {
        CompletableFuture.allOf(open.toArray(CompletableFuture[]::new)).thenRun(action);
    }

    private Errors error(
            Exchange exchange,
            String name,
            @Nullable KafkaTopic found,
            int partition,
            int currentLeaderEpoch) {
        if (!access.topic(exchange.client(), Action.DESCRIBE, name)) {
            return Errors.TOPIC_AUTHORIZATION_FAILED;
        }
        if (found == null || !found.hasPartition(partition)) {
            return Errors.UNKNOWN_TOPIC_OR_PARTITION;
        }
        return currentLeaderEpoch > LEADER_EPOCH ? Errors.UNKNOWN_LEADER_EPOCH : Errors.NONE;
    }

    private CompletableFuture<TimedOffset> find(
            KafkaTopic topic, int partition, long timestamp, boolean committedOnly) {
        Shard shard = topic.topic().partition(partition);
        if (!committedOnly) {
            return find(shard, timestamp, shard.highWatermark());
        }
        PartitionProducers producers = topic.producers().partition(partition);
        CompletableFuture<TimedOffset> found = new CompletableFuture<>();
        producers.whenKnown(
                () -> {
                    StorageException failure = producers.failure();
                    if (failure != null) {
                        found.completeExceptionally(failure);
                        return;
                    }
                    find(shard, timestamp, producers.stableOffset())
                            .whenComplete(
                                    (offset, failed) -> {
                                        if (failed != null) {
                                            found.completeExceptionally(failed);
                                        } else {
                                            found.complete(offset);
                                        }
                                    });
                });
        return found;
    }

    /**
     * @param end what the reader may see ends there
     */
    private CompletableFuture<TimedOffset> find(Shard shard, long timestamp, long end) {
        if (timestamp == LATEST) {
            return done(end);
        }
        if (timestamp == EARLIEST || timestamp == EARLIEST_LOCAL) {
            return done(shard.startOffset());
        }
        if (timestamp == MAX_TIMESTAMP) {
            return shard.maxTimestamp();
        }
        if (timestamp == LATEST_TIERED || timestamp == EARLIEST_PENDING_UPLOAD) {
            return CompletableFuture.completedFuture(NOTHING);
        }
        return shard.offsetForTime(timestamp)
                .thenCompose((OptionalLong offset) -> withTime(shard, offset, timestamp, end));
    }

    private static CompletableFuture<TimedOffset> done(long offset) {
        return CompletableFuture.completedFuture(new TimedOffset(offset, -1));
    }

    private CompletableFuture<TimedOffset> withTime(
            Shard shard, OptionalLong offset, long timestamp, long end) {
        if (offset.isEmpty() || offset.getAsLong() >= end) {
            return CompletableFuture.completedFuture(NOTHING);
        }
        return shard.read(offset.getAsLong(), LOOK_BYTES, true)
                .thenApplyAsync(read -> atOrAfter(read, offset.getAsLong(), timestamp), blocking);
    }

    private static TimedOffset atOrAfter(ReadResult read, long from, long timestamp) {
        try (read) {
            RecordBatchCursor cursor = new RecordBatchCursor();
            for (Slice slice : read.slices()) {
                cursor.reset(slice.toBuffer());
                while (cursor.next()) {
                    if (cursor.offset() >= from && cursor.timestamp() >= timestamp) {
                        return new TimedOffset(cursor.offset(), cursor.timestamp());
                    }
                }
            }
            return NOTHING;
        } catch (IOException e) {
            throw new StorageException(StorageException.Kind.IO, "looking up a time", e);
        }
    }

    private static ListOffsetsPartitionResponse put(
            ListOffsetsPartitionResponse answer,
            @Nullable TimedOffset found,
            @Nullable Throwable failure,
            boolean withEpoch) {
        if (found == null) {
            return answer.setErrorCode(
                    failure == null
                            ? Errors.UNKNOWN_SERVER_ERROR.code()
                            : KafkaErrors.of(failure).code());
        }
        return answer.setOffset(found.offset())
                .setTimestamp(found.timestamp())
                .setLeaderEpoch(withEpoch && found.offset() >= 0 ? LEADER_EPOCH : -1);
    }

    /** There has only ever been one epoch: it ends where the partition does. */
    public void offsetForLeaderEpoch(Exchange exchange) {
        OffsetForLeaderEpochRequestData request =
                exchange.body(OffsetForLeaderEpochRequestData.class);
        OffsetForLeaderEpochResponseData response = new OffsetForLeaderEpochResponseData();
        for (OffsetForLeaderTopic asked : request.topics()) {
            OffsetForLeaderTopicResult topic =
                    new OffsetForLeaderTopicResult().setTopic(asked.topic());
            response.topics().add(topic);
            KafkaTopic found = catalog.find(exchange.client().tenant(), asked.topic());
            for (OffsetForLeaderPartition partition : asked.partitions()) {
                EpochEndOffset answer = new EpochEndOffset().setPartition(partition.partition());
                topic.partitions().add(answer);
                Errors error =
                        error(
                                exchange,
                                asked.topic(),
                                found,
                                partition.partition(),
                                partition.currentLeaderEpoch());
                if (error != Errors.NONE || found == null) {
                    answer.setErrorCode(error.code());
                } else if (partition.leaderEpoch() == LEADER_EPOCH) {
                    answer.setLeaderEpoch(LEADER_EPOCH)
                            .setEndOffset(
                                    found.topic().partition(partition.partition()).endOffset());
                }
            }
        }
        exchange.respond(response);
    }
}
