package io.polymq.kafka.group;

import io.polymq.core.security.Security.Action;
import io.polymq.kafka.Access;
import io.polymq.kafka.Exchange;
import io.polymq.kafka.topic.AuthorizedOperations;
import io.polymq.kafka.topic.TopicCatalog;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.message.CreateTopicsRequestData.CreatableTopic;
import org.apache.kafka.common.message.CreateTopicsRequestData.CreatableTopicConfig;
import org.apache.kafka.common.message.StreamsGroupDescribeRequestData;
import org.apache.kafka.common.message.StreamsGroupDescribeResponseData;
import org.apache.kafka.common.message.StreamsGroupDescribeResponseData.DescribedGroup;
import org.apache.kafka.common.message.StreamsGroupHeartbeatRequestData;
import org.apache.kafka.common.message.StreamsGroupHeartbeatResponseData;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.coordinator.group.streams.StreamsGroupHeartbeatResult;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Serves the groups of Kafka Streams (KIP-1071). Topics that a topology needs inside are made here:
 * the coordinator only names them.
 */
public final class StreamsGroupHandler {

    private static final Logger LOG = LoggerFactory.getLogger(StreamsGroupHandler.class);

    private final GroupService groups;
    private final TopicCatalog catalog;
    private final Access access;

    public StreamsGroupHandler(GroupService groups, TopicCatalog catalog, Access access) {
        this.groups = groups;
        this.catalog = catalog;
        this.access = access;
    }

    public void heartbeat(Exchange exchange) {
        StreamsGroupHeartbeatRequestData request =
                exchange.body(StreamsGroupHeartbeatRequestData.class);
        if (!access.group(exchange.client(), Action.READ, request.groupId())) {
            exchange.respond(
                    new StreamsGroupHeartbeatResponseData()
                            .setErrorCode(Errors.GROUP_AUTHORIZATION_FAILED.code()));
            return;
        }
        groups.ask(
                exchange,
                (coordinator, context) -> coordinator.streamsGroupHeartbeat(context, request),
                (result, error) -> {
                    if (result == null) {
                        exchange.respond(
                                new StreamsGroupHeartbeatResponseData().setErrorCode(error.code()));
                    } else {
                        create(exchange, result).thenRun(() -> exchange.respond(result.data()));
                    }
                });
    }

    private CompletableFuture<Void> create(Exchange exchange, StreamsGroupHeartbeatResult result) {
        List<CompletableFuture<?>> open = new ArrayList<>();
        for (CreatableTopic wanted : result.creatableTopics().values()) {
            if (!access.mayCreate(exchange.client(), wanted.name())) {
                continue;
            }
            Map<String, String> settings = new HashMap<>();
            for (CreatableTopicConfig config : wanted.configs()) {
                settings.put(config.name(), config.value());
            }
            open.add(
                    catalog.create(
                                    exchange.client().tenant(),
                                    wanted.name(),
                                    Math.max(1, wanted.numPartitions()),
                                    settings)
                            .handle(
                                    (created, failure) -> {
                                        if (failure != null) {
                                            // the next heartbeat asks again when it is missing
                                            LOG.debug("{} was not made", wanted.name(), failure);
                                        }
                                        return created;
                                    }));
        }
        return CompletableFuture.allOf(open.toArray(CompletableFuture[]::new));
    }

    public void describe(Exchange exchange) {
        StreamsGroupDescribeRequestData request =
                exchange.body(StreamsGroupDescribeRequestData.class);
        StreamsGroupDescribeResponseData response = new StreamsGroupDescribeResponseData();
        List<String> mine = new ArrayList<>();
        for (String id : request.groupIds()) {
            if (access.group(exchange.client(), Action.DESCRIBE, id)) {
                mine.add(id);
            } else {
                response.groups().add(refused(id, Errors.GROUP_AUTHORIZATION_FAILED));
            }
        }
        groups.ask(
                exchange,
                (coordinator, context) -> coordinator.streamsGroupDescribe(context, mine, false),
                (described, error) -> {
                    if (described == null) {
                        mine.forEach(id -> response.groups().add(refused(id, error)));
                    } else {
                        response.groups().addAll(described);
                    }
                    if (request.includeAuthorizedOperations()) {
                        for (DescribedGroup group : response.groups()) {
                            group.setAuthorizedOperations(
                                    AuthorizedOperations.group(
                                            access, exchange.client(), group.groupId()));
                        }
                    }
                    exchange.respond(response);
                });
    }

    private static DescribedGroup refused(String id, Errors error) {
        return new DescribedGroup().setGroupId(id).setErrorCode(error.code());
    }
}
