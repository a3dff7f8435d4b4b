package io.polymq.kafka.group;

import io.polymq.core.security.Security.Action;
import io.polymq.kafka.Access;
import io.polymq.kafka.Cluster;
import io.polymq.kafka.Exchange;
import java.util.List;
import java.util.regex.Pattern;
import org.apache.kafka.common.message.ConsumerGroupHeartbeatRequestData;
import org.apache.kafka.common.message.ConsumerGroupHeartbeatResponseData;
import org.apache.kafka.common.message.FindCoordinatorRequestData;
import org.apache.kafka.common.message.FindCoordinatorResponseData;
import org.apache.kafka.common.message.FindCoordinatorResponseData.Coordinator;
import org.apache.kafka.common.message.HeartbeatRequestData;
import org.apache.kafka.common.message.HeartbeatResponseData;
import org.apache.kafka.common.message.JoinGroupRequestData;
import org.apache.kafka.common.message.JoinGroupResponseData;
import org.apache.kafka.common.message.LeaveGroupRequestData;
import org.apache.kafka.common.message.LeaveGroupRequestData.MemberIdentity;
import org.apache.kafka.common.message.LeaveGroupResponseData;
import org.apache.kafka.common.message.SyncGroupRequestData;
import org.apache.kafka.common.message.SyncGroupResponseData;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.utils.internals.BufferSupplier;

/**
 * Serves what members of groups say: classic groups and those of KIP-848. Connection zone; answers
 * come from the coordinator's threads.
 */
public final class MembershipHandler {

    private static final int BATCHED_FIND_COORDINATOR = 4;
    private static final int NULLABLE_PROTOCOL = 7;
    private static final int PROTOCOL_NAMED_IN_SYNC = 5;
    private static final int BATCHED_LEAVE = 3;
    private static final Pattern SHARE_KEY =
            Pattern.compile(".+:[A-Za-z0-9_-]{22}:\\d{1,9}", Pattern.DOTALL);

    private final GroupService groups;
    private final Access access;
    private final Cluster cluster;

    public MembershipHandler(GroupService groups, Access access, Cluster cluster) {
        this.groups = groups;
        this.access = access;
        this.cluster = cluster;
    }

    public void findCoordinator(Exchange exchange) {
        FindCoordinatorRequestData request = exchange.body(FindCoordinatorRequestData.class);
        FindCoordinatorResponseData response = new FindCoordinatorResponseData();
        if (exchange.version() < BATCHED_FIND_COORDINATOR) {
            Coordinator found = find(exchange, request.keyType(), request.key());
            exchange.respond(
                    response.setErrorCode(found.errorCode())
                            .setErrorMessage(found.errorMessage())
                            .setNodeId(found.nodeId())
                            .setHost(found.host())
                            .setPort(found.port()));
            return;
        }
        for (String key : request.coordinatorKeys()) {
            response.coordinators().add(find(exchange, request.keyType(), key).setKey(key));
        }
        exchange.respond(response);
    }

    private Coordinator find(Exchange exchange, byte type, String key) {
        Errors error =
                switch (type) {
                    case CoordinatorKinds.GROUP ->
                            access.group(exchange.client(), Action.DESCRIBE, key)
                                    ? Errors.NONE
                                    : Errors.GROUP_AUTHORIZATION_FAILED;
                    case CoordinatorKinds.TRANSACTION ->
                            access.transaction(exchange.client(), Action.DESCRIBE, key)
                                    ? Errors.NONE
                                    : Errors.TRANSACTIONAL_ID_AUTHORIZATION_FAILED;
                    case CoordinatorKinds.SHARE -> share(exchange, key);
                    default -> Errors.INVALID_REQUEST;
                };
        Coordinator answer = new Coordinator().setErrorCode(error.code());
        return error == Errors.NONE
                ? answer.setNodeId(cluster.brokerId())
                        .setHost(cluster.host(exchange.client()))
                        .setPort(cluster.port(exchange.client()))
                : answer.setErrorMessage(error.message()).setNodeId(-1).setHost("").setPort(-1);
    }

    /** The key of a share coordinator is {@code group:topic id:partition}. */
    private Errors share(Exchange exchange, String key) {
        if (!access.cluster(exchange.client(), Action.CLUSTER_ACTION)) {
            return Errors.CLUSTER_AUTHORIZATION_FAILED;
        }
        return SHARE_KEY.matcher(key).matches() ? Errors.NONE : Errors.INVALID_REQUEST;
    }

    /** What a coordinator may be asked for, by the codes of FindCoordinator. */
    private static final class CoordinatorKinds {
        static final byte GROUP = 0;
        static final byte TRANSACTION = 1;
        static final byte SHARE = 2;

        private CoordinatorKinds() {}
    }

    public void joinGroup(Exchange exchange) {
        JoinGroupRequestData request = exchange.body(JoinGroupRequestData.class);
        if (!mayJoin(exchange, request.groupId())) {
            exchange.respond(joinRefused(exchange, Errors.GROUP_AUTHORIZATION_FAILED));
            return;
        }
        groups.ask(
                exchange,
                (coordinator, context) ->
                        coordinator.joinGroup(context, request, BufferSupplier.NO_CACHING),
                response -> named(exchange, response),
                error -> joinRefused(exchange, error));
    }

    private static JoinGroupResponseData joinRefused(Exchange exchange, Errors error) {
        return named(
                exchange,
                new JoinGroupResponseData()
                        .setErrorCode(error.code())
                        .setGenerationId(-1)
                        .setProtocolName(null)
                        .setLeader("")
                        .setMemberId(""));
    }

    private static JoinGroupResponseData named(Exchange exchange, JoinGroupResponseData response) {
        if (exchange.version() < NULLABLE_PROTOCOL && response.protocolName() == null) {
            response.setProtocolName("");
        }
        return response;
    }

    private boolean mayJoin(Exchange exchange, String group) {
        return access.group(exchange.client(), Action.READ, group);
    }

    public void syncGroup(Exchange exchange) {
        SyncGroupRequestData request = exchange.body(SyncGroupRequestData.class);
        if (!mayJoin(exchange, request.groupId())) {
            exchange.respond(syncRefused(Errors.GROUP_AUTHORIZATION_FAILED));
        } else if (exchange.version() >= PROTOCOL_NAMED_IN_SYNC
                && (request.protocolType() == null || request.protocolName() == null)) {
            exchange.respond(syncRefused(Errors.INCONSISTENT_GROUP_PROTOCOL));
        } else {
            groups.ask(
                    exchange,
                    (coordinator, context) ->
                            coordinator.syncGroup(context, request, BufferSupplier.NO_CACHING),
                    response -> response,
                    MembershipHandler::syncRefused);
        }
    }

    private static SyncGroupResponseData syncRefused(Errors error) {
        return new SyncGroupResponseData().setErrorCode(error.code());
    }

    public void heartbeat(Exchange exchange) {
        HeartbeatRequestData request = exchange.body(HeartbeatRequestData.class);
        if (!mayJoin(exchange, request.groupId())) {
            exchange.respond(
                    new HeartbeatResponseData()
                            .setErrorCode(Errors.GROUP_AUTHORIZATION_FAILED.code()));
            return;
        }
        groups.ask(
                exchange,
                (coordinator, context) -> coordinator.heartbeat(context, request),
                response -> response,
                error -> new HeartbeatResponseData().setErrorCode(error.code()));
    }

    public void leaveGroup(Exchange exchange) {
        LeaveGroupRequestData request = exchange.body(LeaveGroupRequestData.class);
        if (!mayJoin(exchange, request.groupId())) {
            exchange.respond(
                    new LeaveGroupResponseData()
                            .setErrorCode(Errors.GROUP_AUTHORIZATION_FAILED.code()));
            return;
        }
        boolean batched = exchange.version() >= BATCHED_LEAVE;
        LeaveGroupRequestData all =
                batched
                        ? request
                        : new LeaveGroupRequestData()
                                .setGroupId(request.groupId())
                                .setMembers(
                                        List.of(
                                                new MemberIdentity()
                                                        .setMemberId(request.memberId())));
        groups.ask(
                exchange,
                (coordinator, context) -> coordinator.leaveGroup(context, all),
                response -> batched ? response : single(response),
                error -> new LeaveGroupResponseData().setErrorCode(error.code()));
    }

    /** Older clients leave alone and are told of themselves only. */
    private static LeaveGroupResponseData single(LeaveGroupResponseData response) {
        short error =
                response.errorCode() == Errors.NONE.code() && !response.members().isEmpty()
                        ? response.members().getFirst().errorCode()
                        : response.errorCode();
        return new LeaveGroupResponseData()
                .setThrottleTimeMs(response.throttleTimeMs())
                .setErrorCode(error);
    }

    public void consumerGroupHeartbeat(Exchange exchange) {
        ConsumerGroupHeartbeatRequestData request =
                exchange.body(ConsumerGroupHeartbeatRequestData.class);
        if (!mayJoin(exchange, request.groupId())) {
            exchange.respond(heartbeatRefused(Errors.GROUP_AUTHORIZATION_FAILED));
            return;
        }
        List<String> topics = request.subscribedTopicNames();
        if (topics != null
                && !topics.stream()
                        .allMatch(
                                topic -> access.topic(exchange.client(), Action.DESCRIBE, topic))) {
            exchange.respond(heartbeatRefused(Errors.TOPIC_AUTHORIZATION_FAILED));
            return;
        }
        groups.ask(
                exchange,
                (coordinator, context) -> coordinator.consumerGroupHeartbeat(context, request),
                response -> response,
                MembershipHandler::heartbeatRefused);
    }

    private static ConsumerGroupHeartbeatResponseData heartbeatRefused(Errors error) {
        return new ConsumerGroupHeartbeatResponseData().setErrorCode(error.code());
    }
}
