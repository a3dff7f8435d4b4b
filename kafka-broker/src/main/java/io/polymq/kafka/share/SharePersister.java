package io.polymq.kafka.share;

import io.polymq.kafka.topic.KafkaTopic;
import io.polymq.kafka.topic.TopicCatalog;
import io.polymq.storage.GroupCursor;
import io.polymq.storage.Shard;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import org.apache.kafka.common.message.DeleteShareGroupStateResponseData;
import org.apache.kafka.common.message.InitializeShareGroupStateResponseData;
import org.apache.kafka.common.message.ReadShareGroupStateSummaryResponseData;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.server.share.persister.DeleteShareGroupStateParameters;
import org.apache.kafka.server.share.persister.DeleteShareGroupStateResult;
import org.apache.kafka.server.share.persister.InitializeShareGroupStateParameters;
import org.apache.kafka.server.share.persister.InitializeShareGroupStateResult;
import org.apache.kafka.server.share.persister.PartitionIdData;
import org.apache.kafka.server.share.persister.PartitionIdLeaderEpochData;
import org.apache.kafka.server.share.persister.PartitionStateData;
import org.apache.kafka.server.share.persister.Persister;
import org.apache.kafka.server.share.persister.ReadShareGroupStateParameters;
import org.apache.kafka.server.share.persister.ReadShareGroupStateResult;
import org.apache.kafka.server.share.persister.ReadShareGroupStateSummaryParameters;
import org.apache.kafka.server.share.persister.ReadShareGroupStateSummaryResult;
import org.apache.kafka.server.share.persister.TopicData;
import org.apache.kafka.server.share.persister.WriteShareGroupStateParameters;
import org.apache.kafka.server.share.persister.WriteShareGroupStateResult;

/**
 * What the group coordinator sees of the states of one tenant's share groups: where they begin is
 * in {@link ShareStates}, how far they have come in their cursors. Shared.
 */
public final class SharePersister implements Persister {

    private final String tenant;
    private final ShareStates states;
    private final TopicCatalog catalog;

    public SharePersister(String tenant, ShareStates states, TopicCatalog catalog) {
        this.tenant = tenant;
        this.states = states;
        this.catalog = catalog;
    }

    private static <T> CompletableFuture<List<T>> all(List<CompletableFuture<T>> open) {
        return CompletableFuture.allOf(open.toArray(CompletableFuture[]::new))
                .thenApply(_ -> open.stream().map(CompletableFuture::join).toList());
    }

    private <P extends PartitionIdData, R> CompletableFuture<List<R>> each(
            String group,
            TopicData<P> topic,
            Function<ShareKey, CompletableFuture<Void>> change,
            Function<P, R> answer) {
        List<CompletableFuture<R>> open = new ArrayList<>();
        for (P partition : topic.partitions()) {
            ShareKey key = new ShareKey(tenant, group, topic.topicId(), partition.partition());
            open.add(change.apply(key).thenApply(_ -> answer.apply(partition)));
        }
        return all(open);
    }

    @Override
    public CompletableFuture<InitializeShareGroupStateResult> initializeState(
            InitializeShareGroupStateParameters request) {
        var data = request.groupTopicPartitionData();
        List<CompletableFuture<InitializeShareGroupStateResponseData.InitializeStateResult>> open =
                new ArrayList<>();
        for (TopicData<PartitionStateData> topic : data.topicsData()) {
            List<CompletableFuture<InitializeShareGroupStateResponseData.PartitionResult>> parts =
                    new ArrayList<>();
            for (PartitionStateData partition : topic.partitions()) {
                ShareKey key =
                        new ShareKey(
                                tenant, data.groupId(), topic.topicId(), partition.partition());
                parts.add(
                        states.begin(key, partition.stateEpoch(), partition.startOffset())
                                .thenApply(
                                        _ ->
                                                new InitializeShareGroupStateResponseData
                                                                .PartitionResult()
                                                        .setPartition(partition.partition())));
            }
            open.add(
                    all(parts)
                            .thenApply(
                                    results ->
                                            new InitializeShareGroupStateResponseData
                                                            .InitializeStateResult()
                                                    .setTopicId(topic.topicId())
                                                    .setPartitions(results)));
        }
        return all(open)
                .thenApply(
                        results ->
                                InitializeShareGroupStateResult.from(
                                        new InitializeShareGroupStateResponseData()
                                                .setResults(results)));
    }

    @Override
    public CompletableFuture<DeleteShareGroupStateResult> deleteState(
            DeleteShareGroupStateParameters request) {
        var data = request.groupTopicPartitionData();
        List<CompletableFuture<DeleteShareGroupStateResponseData.DeleteStateResult>> open =
                new ArrayList<>();
        for (TopicData<PartitionIdData> topic : data.topicsData()) {
            open.add(
                    each(
                                    data.groupId(),
                                    topic,
                                    states::delete,
                                    partition ->
                                            new DeleteShareGroupStateResponseData.PartitionResult()
                                                    .setPartition(partition.partition()))
                            .thenApply(
                                    results ->
                                            new DeleteShareGroupStateResponseData
                                                            .DeleteStateResult()
                                                    .setTopicId(topic.topicId())
                                                    .setPartitions(results)));
        }
        return all(open)
                .thenApply(
                        results ->
                                DeleteShareGroupStateResult.from(
                                        new DeleteShareGroupStateResponseData()
                                                .setResults(results)));
    }

    @Override
    public CompletableFuture<ReadShareGroupStateSummaryResult> readSummary(
            ReadShareGroupStateSummaryParameters request) {
        var data = request.groupTopicPartitionData();
        ReadShareGroupStateSummaryResponseData response =
                new ReadShareGroupStateSummaryResponseData();
        for (TopicData<PartitionIdLeaderEpochData> topic : data.topicsData()) {
            var result =
                    new ReadShareGroupStateSummaryResponseData.ReadStateSummaryResult()
                            .setTopicId(topic.topicId());
            response.results().add(result);
            for (PartitionIdLeaderEpochData partition : topic.partitions()) {
                result.partitions()
                        .add(
                                summary(
                                        new ShareKey(
                                                tenant,
                                                data.groupId(),
                                                topic.topicId(),
                                                partition.partition())));
            }
        }
        return CompletableFuture.completedFuture(ReadShareGroupStateSummaryResult.from(response));
    }

    private ReadShareGroupStateSummaryResponseData.PartitionResult summary(ShareKey key) {
        var result =
                new ReadShareGroupStateSummaryResponseData.PartitionResult()
                        .setPartition(key.partition())
                        .setStartOffset(ShareState.UNDECIDED)
                        .setDeliveryCompleteCount(-1);
        KafkaTopic topic = catalog.find(tenant, key.topicId());
        ShareState state = states.find(key);
        if (topic == null || !topic.hasPartition(key.partition())) {
            return result.setErrorCode(Errors.UNKNOWN_TOPIC_OR_PARTITION.code());
        }
        if (state == null || state.start() == ShareState.UNDECIDED) {
            return result.setStateEpoch(state == null ? 0 : state.epoch());
        }
        result.setStateEpoch(state.epoch());
        if (!state.applied()) {
            return result.setStartOffset(state.start()).setDeliveryCompleteCount(0);
        }
        Shard shard = topic.topic().partition(key.partition());
        GroupCursor cursor = shard.cursor(key.cursor());
        long floor = Math.max(cursor.floor(), shard.startOffset());
        long end = Math.max(floor, shard.highWatermark());
        long done = end - floor - cursor.countUnacknowledged(floor, end);
        return result.setStartOffset(floor).setDeliveryCompleteCount((int) done);
    }

    @Override
    public CompletableFuture<ReadShareGroupStateResult> readState(
            ReadShareGroupStateParameters request) {
        return CompletableFuture.failedFuture(
                new UnsupportedOperationException("the cursors of the queues have it"));
    }

    @Override
    public CompletableFuture<WriteShareGroupStateResult> writeState(
            WriteShareGroupStateParameters request) {
        return CompletableFuture.failedFuture(
                new UnsupportedOperationException("the cursors of the queues have it"));
    }

    @Override
    public void stop() {
        // nothing is held
    }
}
