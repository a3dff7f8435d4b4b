package io.polymq.kafka.share;

import io.polymq.core.security.Security.Action;
import io.polymq.kafka.Access;
import io.polymq.kafka.Exchange;
import io.polymq.kafka.Futures;
import io.polymq.kafka.topic.KafkaTopic;
import io.polymq.kafka.topic.TopicCatalog;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.ShareAcknowledgeRequestData;
import org.apache.kafka.common.message.ShareAcknowledgeResponseData;
import org.apache.kafka.common.message.ShareAcknowledgeResponseData.ShareAcknowledgeTopicResponse;
import org.apache.kafka.common.message.ShareFetchRequestData;
import org.apache.kafka.common.message.ShareFetchRequestData.FetchPartition;
import org.apache.kafka.common.message.ShareFetchRequestData.FetchTopic;
import org.apache.kafka.common.message.ShareFetchResponseData;
import org.apache.kafka.common.message.ShareFetchResponseData.AcquiredRecords;
import org.apache.kafka.common.message.ShareFetchResponseData.PartitionData;
import org.apache.kafka.common.message.ShareFetchResponseData.ShareFetchableTopicResponse;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.jspecify.annotations.Nullable;

/** Serves ShareFetch and ShareAcknowledge. Connection zone. */
public final class ShareRecordsHandler {

    private static final int FIRST_VERSION_WITH_LOCK_TIMEOUT = 2;

    private final SharePartitions partitions;
    private final ShareSessions sessions;
    private final TopicCatalog catalog;
    private final Access access;
    private final Executor blocking;

    public ShareRecordsHandler(
            SharePartitions partitions, TopicCatalog catalog, Access access, Executor blocking) {
        this.partitions = partitions;
        this.sessions = new ShareSessions(partitions);
        this.catalog = catalog;
        this.access = access;
        this.blocking = blocking;
    }

    // ShareFetch.

    public void fetch(Exchange exchange) {
        ShareFetchRequestData request = exchange.body(ShareFetchRequestData.class);
        Errors refusal = refusal(exchange, request.groupId(), request.memberId());
        boolean initial = request.shareSessionEpoch() == ShareSessions.INITIAL_EPOCH;
        if (refusal == Errors.NONE && (initial && acknowledges(request) || badRenewal(request))) {
            refusal = Errors.INVALID_REQUEST;
        }
        if (refusal != Errors.NONE) {
            refuse(exchange, refusal);
            return;
        }
        ShareSessions.Found found =
                sessions.find(
                        exchange,
                        request.groupId(),
                        request.memberId(),
                        request.shareSessionEpoch());
        ShareSession session = found.session();
        if (session == null) {
            refuse(exchange, found.error());
            return;
        }
        withSettings(
                exchange,
                request.groupId(),
                settings -> fetch(exchange, request, session, settings));
    }

    private void withSettings(Exchange exchange, String group, Consumer<ShareSettings> then) {
        CompletableFuture<ShareSettings> settings =
                partitions.settings(exchange.client().tenant(), group);
        if (settings.isDone() && !settings.isCompletedExceptionally()) {
            then.accept(settings.join());
            return;
        }
        settings.whenComplete(
                (found, failure) -> {
                    if (failure != null) {
                        exchange.fail(failure);
                    } else {
                        exchange.loop().execute(() -> then.accept(found));
                    }
                });
    }

    private static boolean acknowledges(ShareFetchRequestData request) {
        return request.topics().stream()
                .flatMap(topic -> topic.partitions().stream())
                .anyMatch(partition -> !partition.acknowledgementBatches().isEmpty());
    }

    /** Who asks for more time asks for no records. */
    private static boolean badRenewal(ShareFetchRequestData request) {
        return request.isRenewAck()
                && (request.maxWaitMs() != 0
                        || request.minBytes() != 0
                        || request.maxRecords() != 0
                        || request.maxBytes() != 0);
    }

    private Errors refusal(Exchange exchange, String group, @Nullable String member) {
        if (group == null || group.isEmpty() || member == null || member.isEmpty()) {
            return Errors.INVALID_REQUEST;
        }
        return access.group(exchange.client(), Action.READ, group)
                ? Errors.NONE
                : Errors.GROUP_AUTHORIZATION_FAILED;
    }

    private static void refuse(Exchange exchange, Errors error) {
        exchange.respond(
                new ShareFetchResponseData()
                        .setErrorCode(error.code())
                        .setErrorMessage(error.message()));
    }

    private void fetch(
            Exchange exchange,
            ShareFetchRequestData request,
            ShareSession session,
            ShareSettings settings) {
        boolean last = request.shareSessionEpoch() == ShareSessions.FINAL_EPOCH;
        Map<ShareKey, PartitionData> answers = Collections.synchronizedMap(new LinkedHashMap<>());
        List<CompletableFuture<?>> open = new ArrayList<>();
        for (FetchTopic topic : request.topics()) {
            KafkaTopic found = catalog.find(exchange.client().tenant(), topic.topicId());
            for (FetchPartition partition : topic.partitions()) {
                ShareKey key = session.key(topic.topicId(), partition.partitionIndex());
                Errors error = error(exchange, found, partition.partitionIndex());
                if (!last) {
                    add(session, key, found, error, answers);
                }
                List<Verdicts> verdicts = verdicts(partition);
                if (!verdicts.isEmpty()) {
                    open.add(
                            acknowledge(
                                            session,
                                            key,
                                            error,
                                            verdicts,
                                            request.isRenewAck(),
                                            settings)
                                    .thenAccept(result -> tell(answers, key, result)));
                }
            }
        }
        for (var topic : request.forgottenTopicsData()) {
            for (int partition : topic.partitions()) {
                forget(session, session.key(topic.topicId(), partition));
            }
        }
        if (last) {
            Futures.whenAll(
                    exchange,
                    open,
                    () -> {
                        exchange.loop().execute(() -> sessions.close(exchange, session));
                        answer(exchange, settings, answers, List.of());
                    });
            return;
        }
        List<ShareFetchOperation.Part> parts =
                session.inTurn().stream().map(ShareFetchOperation.Part::new).toList();
        new ShareFetchOperation(
                        exchange,
                        request,
                        session.member(),
                        parts,
                        blocking,
                        () ->
                                Futures.whenAll(
                                        exchange,
                                        open,
                                        () -> answer(exchange, settings, answers, parts)))
                .start();
    }

    private static List<Verdicts> verdicts(FetchPartition partition) {
        return partition.acknowledgementBatches().stream()
                .map(
                        batch ->
                                new Verdicts(
                                        batch.firstOffset(),
                                        batch.lastOffset(),
                                        batch.acknowledgeTypes()))
                .toList();
    }

    private Errors error(Exchange exchange, @Nullable KafkaTopic topic, int partition) {
        if (topic == null) {
            return Errors.UNKNOWN_TOPIC_ID;
        }
        if (!access.mayRead(exchange.client(), topic.name())) {
            return Errors.TOPIC_AUTHORIZATION_FAILED;
        }
        return topic.hasPartition(partition) ? Errors.NONE : Errors.UNKNOWN_TOPIC_OR_PARTITION;
    }

    private void add(
            ShareSession session,
            ShareKey key,
            @Nullable KafkaTopic topic,
            Errors error,
            Map<ShareKey, PartitionData> answers) {
        if (error != Errors.NONE || topic == null) {
            forget(session, key);
            data(answers, key).setErrorCode(error.code()).setErrorMessage(error.message());
        } else if (session.part(key) == null) {
            session.add(new ShareSession.Part(key, topic.topic(), partitions.retain(key, topic)));
        }
    }

    private void forget(ShareSession session, ShareKey key) {
        if (session.remove(key) != null) {
            partitions.release(key);
        }
    }

    private static CompletableFuture<Errors> acknowledge(
            ShareSession session,
            ShareKey key,
            Errors error,
            List<Verdicts> verdicts,
            boolean renewing,
            ShareSettings settings) {
        Errors refusal =
                error == Errors.NONE
                        ? Verdicts.check(verdicts, renewing, settings.renews())
                        : error;
        ShareSession.Part part = session.part(key);
        if (refusal == Errors.NONE && part == null) {
            refusal = Errors.INVALID_RECORD_STATE;
        }
        if (refusal != Errors.NONE || part == null) {
            return CompletableFuture.completedFuture(refusal);
        }
        return part.partition()
                .thenCompose(partition -> partition.acknowledge(session.member(), verdicts))
                .exceptionally(_ -> Errors.UNKNOWN_SERVER_ERROR);
    }

    private static PartitionData data(Map<ShareKey, PartitionData> answers, ShareKey key) {
        return answers.computeIfAbsent(
                key,
                _ ->
                        new PartitionData()
                                .setPartitionIndex(key.partition())
                                .setRecords(MemoryRecords.EMPTY));
    }

    private static void tell(Map<ShareKey, PartitionData> answers, ShareKey key, Errors result) {
        PartitionData data = data(answers, key);
        if (result != Errors.NONE) {
            data.setAcknowledgeErrorCode(result.code())
                    .setAcknowledgeErrorMessage(result.message());
        }
    }

    private void answer(
            Exchange exchange,
            ShareSettings settings,
            Map<ShareKey, PartitionData> answers,
            List<ShareFetchOperation.Part> parts) {
        for (ShareFetchOperation.Part part : parts) {
            if (part.error != Errors.NONE) {
                data(answers, part.key)
                        .setErrorCode(part.error.code())
                        .setErrorMessage(part.error.message());
            } else if (part.hasRecords()) {
                put(data(answers, part.key), part);
                handedOut(exchange, part);
            }
        }
        ShareFetchResponseData response =
                new ShareFetchResponseData().setAcquisitionLockTimeoutMs(settings.lockMillis());
        answers.forEach((key, data) -> topic(response, key.topicId()).partitions().add(data));
        exchange.respond(response);
    }

    private static void handedOut(Exchange exchange, ShareFetchOperation.Part part) {
        Acquisition acquisition = part.acquisition;
        if (acquisition == null) {
            return;
        }
        for (int run = 0; run < acquisition.runs(); run++) {
            part.topic.handedOutRecords(
                    part.key.partition(),
                    acquisition.first(run),
                    acquisition.last(run),
                    exchange.client().connectionId());
        }
    }

    private static void put(PartitionData data, ShareFetchOperation.Part part) {
        Acquisition acquisition = part.acquisition;
        SharedRead read = part.read;
        if (acquisition == null || read == null) {
            return;
        }
        data.setRecords(read.sections());
        for (int run = 0; run < acquisition.runs(); run++) {
            data.acquiredRecords()
                    .add(
                            new AcquiredRecords()
                                    .setFirstOffset(acquisition.first(run))
                                    .setLastOffset(acquisition.last(run))
                                    .setDeliveryCount(acquisition.deliveries(run)));
        }
    }

    private static ShareFetchableTopicResponse topic(ShareFetchResponseData response, Uuid id) {
        ShareFetchableTopicResponse known = response.responses().find(id);
        if (known == null) {
            known = new ShareFetchableTopicResponse().setTopicId(id);
            response.responses().add(known);
        }
        return known;
    }

    // ShareAcknowledge.

    public void acknowledge(Exchange exchange) {
        ShareAcknowledgeRequestData request = exchange.body(ShareAcknowledgeRequestData.class);
        Errors refusal = refusal(exchange, request.groupId(), request.memberId());
        ShareSession session = null;
        if (refusal == Errors.NONE) {
            if (request.shareSessionEpoch() == ShareSessions.INITIAL_EPOCH) {
                refusal = Errors.INVALID_SHARE_SESSION_EPOCH;
            } else {
                ShareSessions.Found found =
                        sessions.find(
                                exchange,
                                request.groupId(),
                                request.memberId(),
                                request.shareSessionEpoch());
                session = found.session();
                refusal = found.error();
            }
        }
        if (session == null) {
            exchange.respond(
                    new ShareAcknowledgeResponseData()
                            .setErrorCode(refusal.code())
                            .setErrorMessage(refusal.message()));
            return;
        }
        ShareSession of = session;
        withSettings(
                exchange,
                request.groupId(),
                settings -> acknowledge(exchange, request, of, settings));
    }

    private void acknowledge(
            Exchange exchange,
            ShareAcknowledgeRequestData request,
            ShareSession session,
            ShareSettings settings) {
        ShareAcknowledgeResponseData response = new ShareAcknowledgeResponseData();
        if (exchange.version() >= FIRST_VERSION_WITH_LOCK_TIMEOUT) {
            response.setAcquisitionLockTimeoutMs(settings.lockMillis());
        }
        List<CompletableFuture<?>> open = new ArrayList<>();
        for (var topic : request.topics()) {
            KafkaTopic found = catalog.find(exchange.client().tenant(), topic.topicId());
            ShareAcknowledgeTopicResponse answer =
                    new ShareAcknowledgeTopicResponse().setTopicId(topic.topicId());
            response.responses().add(answer);
            for (var partition : topic.partitions()) {
                var data =
                        new ShareAcknowledgeResponseData.PartitionData()
                                .setPartitionIndex(partition.partitionIndex());
                answer.partitions().add(data);
                List<Verdicts> verdicts =
                        partition.acknowledgementBatches().stream()
                                .map(
                                        batch ->
                                                new Verdicts(
                                                        batch.firstOffset(),
                                                        batch.lastOffset(),
                                                        batch.acknowledgeTypes()))
                                .toList();
                open.add(
                        acknowledge(
                                        session,
                                        session.key(topic.topicId(), partition.partitionIndex()),
                                        error(exchange, found, partition.partitionIndex()),
                                        verdicts,
                                        request.isRenewAck(),
                                        settings)
                                .thenAccept(
                                        error ->
                                                data.setErrorCode(error.code())
                                                        .setErrorMessage(
                                                                error == Errors.NONE
                                                                        ? null
                                                                        : error.message())));
            }
        }
        Futures.whenAll(
                exchange,
                open,
                () -> {
                    if (request.shareSessionEpoch() == ShareSessions.FINAL_EPOCH) {
                        exchange.loop().execute(() -> sessions.close(exchange, session));
                    }
                    exchange.respond(response);
                });
    }
}
