package io.polymq.kafka.group;

import com.fasterxml.jackson.databind.JsonNode;
import io.polymq.core.admin.AdminCall;
import io.polymq.core.admin.AdminPages;
import io.polymq.core.admin.AdminRefusal;
import io.polymq.core.admin.AdminRoute;
import io.polymq.core.admin.AdminRoutes;
import io.polymq.kafka.KafkaErrors;
import io.polymq.kafka.topic.KafkaTopic;
import io.polymq.kafka.topic.TopicCatalog;
import io.polymq.storage.Shard;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.function.BiFunction;
import org.apache.kafka.common.message.DeleteGroupsResponseData;
import org.apache.kafka.common.message.DescribeGroupsResponseData;
import org.apache.kafka.common.message.ListGroupsRequestData;
import org.apache.kafka.common.message.ListGroupsResponseData.ListedGroup;
import org.apache.kafka.common.message.OffsetCommitRequestData;
import org.apache.kafka.common.message.OffsetCommitResponseData;
import org.apache.kafka.common.message.OffsetFetchRequestData.OffsetFetchRequestGroup;
import org.apache.kafka.common.message.OffsetFetchResponseData.OffsetFetchResponseGroup;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.utils.internals.BufferSupplier;
import org.apache.kafka.coordinator.group.GroupCoordinator;
import org.jspecify.annotations.Nullable;

/** Groups on the admin port: who is in them, how far they are, moving and deleting them. */
public final class GroupPages {
    private static final String GROUP = "/{name}";

    private final GroupService groups;
    private final TopicCatalog catalog;

    public GroupPages(GroupService groups, TopicCatalog catalog) {
        this.groups = groups;
        this.catalog = catalog;
    }

    public AdminPages pages() {
        return new AdminRoutes(
                "/api/v1/groups",
                "Groups of Kafka consumers",
                List.of(
                        AdminRoute.list("", "Groups of a tenant", this::list),
                        AdminRoute.get(GROUP, "One group: members, positions, lag", this::find)
                                .asking("tenant", "its name space"),
                        AdminRoute.post(
                                        GROUP + "/reset",
                                        "Moves a group that nobody is in",
                                        "topic, partition (all without), and one of: to (earliest,"
                                                + " latest), offset, time in ms",
                                        this::reset)
                                .asking("tenant", "its name space"),
                        AdminRoute.delete(GROUP, "Deletes a group that nobody is in", this::delete)
                                .asking("tenant", "its name space")));
    }

    private <T> T ask(
            AdminCall call, BiFunction<GroupCoordinator, AdminContext, CompletableFuture<T>> work)
            throws Exception {
        AdminContext context = new AdminContext(call.who(), call.request().peer());
        try {
            return AdminCall.await(
                    groups.of(call.tenant())
                            .thenCompose(tenant -> work.apply(tenant.coordinator(), context)));
        } catch (AdminRefusal refused) {
            throw refused;
        } catch (Exception failed) {
            throw refusal(KafkaErrors.of(failed));
        }
    }

    private static AdminRefusal refusal(Errors error) {
        int status =
                switch (error) {
                    case GROUP_ID_NOT_FOUND, UNKNOWN_TOPIC_OR_PARTITION -> 404;
                    case NON_EMPTY_GROUP,
                            UNKNOWN_MEMBER_ID,
                            REBALANCE_IN_PROGRESS,
                            STALE_MEMBER_EPOCH,
                            GROUP_SUBSCRIBED_TO_TOPIC ->
                            409;
                    case INVALID_GROUP_ID, INVALID_REQUEST -> 400;
                    default -> error.exception() == null ? 500 : 503;
                };
        String words =
                error == Errors.UNKNOWN_MEMBER_ID || error == Errors.NON_EMPTY_GROUP
                        ? "There are members in the group."
                        : error.message();
        return new AdminRefusal(status, words);
    }

    private List<ListedGroup> all(AdminCall call) throws Exception {
        return ask(
                        call,
                        (coordinator, context) ->
                                coordinator.listGroups(context, new ListGroupsRequestData()))
                .groups();
    }

    private Object list(AdminCall call) throws Exception {
        List<ListedGroup> sorted = new ArrayList<>(all(call));
        sorted.sort(Comparator.comparing(ListedGroup::groupId));
        return call.page(sorted, ListedGroup::groupId, GroupPages::row);
    }

    private static Map<String, Object> row(ListedGroup group) {
        Map<String, Object> row = new LinkedHashMap<>();
        row.put("name", group.groupId());
        row.put("type", group.groupType());
        row.put("protocol", group.protocolType());
        row.put("state", group.groupState());
        return row;
    }

    private ListedGroup listed(AdminCall call) throws Exception {
        String name = call.segment("name");
        return all(call).stream()
                .filter(group -> group.groupId().equals(name))
                .findFirst()
                .orElseThrow(() -> AdminRefusal.notFound("There is no group " + name + "."));
    }

    private Object find(AdminCall call) throws Exception {
        ListedGroup listed = listed(call);
        Map<String, Object> whole = row(listed);
        whole.put("members", members(call, listed));
        List<Map<String, Object>> offsets = offsets(call, listed.groupId());
        whole.put(
                "lag",
                offsets.stream()
                        .mapToLong(row -> row.get("lag") instanceof Long lag ? lag : 0)
                        .sum());
        whole.put("offsets", offsets);
        return whole;
    }

    private List<Map<String, Object>> members(AdminCall call, ListedGroup group) throws Exception {
        List<String> one = List.of(group.groupId());
        return switch (group.groupType()) {
            case "consumer" ->
                    ask(call, (c, context) -> c.consumerGroupDescribe(context, one))
                            .getFirst()
                            .members()
                            .stream()
                            .map(
                                    member ->
                                            member(
                                                    member.memberId(),
                                                    member.clientId(),
                                                    member.clientHost(),
                                                    member.assignment().topicPartitions().stream()
                                                            .map(
                                                                    part ->
                                                                            part.topicName()
                                                                                    + part
                                                                                            .partitions())
                                                            .toList()))
                            .toList();
            case "share" ->
                    ask(call, (c, context) -> c.shareGroupDescribe(context, one))
                            .getFirst()
                            .members()
                            .stream()
                            .map(
                                    member ->
                                            member(
                                                    member.memberId(),
                                                    member.clientId(),
                                                    member.clientHost(),
                                                    member.subscribedTopicNames()))
                            .toList();
            case "classic" ->
                    ask(call, (c, context) -> c.describeGroups(context, one))
                            .getFirst()
                            .members()
                            .stream()
                            .map(GroupPages::classic)
                            .toList();
            default -> List.of();
        };
    }

    private static Map<String, Object> classic(
            DescribeGroupsResponseData.DescribedGroupMember member) {
        return member(member.memberId(), member.clientId(), member.clientHost(), List.of());
    }

    private static Map<String, Object> member(
            String id, String client, String address, List<String> assigned) {
        Map<String, Object> row = new LinkedHashMap<>();
        row.put("id", id);
        row.put("client_id", client);
        row.put("address", address);
        row.put("assigned", assigned);
        return row;
    }

    private List<Map<String, Object>> offsets(AdminCall call, String group) throws Exception {
        OffsetFetchRequestGroup everything =
                new OffsetFetchRequestGroup().setGroupId(group).setTopics(null);
        OffsetFetchResponseGroup answer =
                ask(
                        call,
                        (coordinator, context) ->
                                coordinator.fetchOffsets(context, everything, false));
        List<Map<String, Object>> rows = new ArrayList<>();
        answer.topics()
                .forEach(
                        topic ->
                                topic.partitions()
                                        .forEach(
                                                position ->
                                                        rows.add(
                                                                position(
                                                                        shard(
                                                                                call.tenant(),
                                                                                topic.name(),
                                                                                position
                                                                                        .partitionIndex()),
                                                                        topic.name(),
                                                                        position.partitionIndex(),
                                                                        position.committedOffset(),
                                                                        position.metadata()))));
        return rows;
    }

    private static Map<String, Object> position(
            @Nullable Shard shard,
            String topic,
            int partition,
            long offset,
            @Nullable String metadata) {
        Map<String, Object> row = new LinkedHashMap<>();
        row.put("topic", topic);
        row.put("partition", partition);
        row.put("offset", offset);
        if (shard != null) {
            long end = shard.highWatermark();
            row.put("end_offset", end);
            row.put("lag", Math.max(0, end - Math.max(offset, shard.startOffset())));
        }
        row.put("metadata", metadata);
        return row;
    }

    private @Nullable Shard shard(String tenant, String name, int partition) {
        KafkaTopic topic = catalog.find(tenant, name);
        return topic == null || !topic.hasPartition(partition)
                ? null
                : topic.topic().partition(partition);
    }

    private Object reset(AdminCall call) throws Exception {
        String group = listed(call).groupId();
        JsonNode wanted = call.json();
        String name = wanted.path("topic").asText();
        KafkaTopic topic = catalog.find(call.tenant(), name);
        if (topic == null) {
            throw AdminRefusal.notFound("There is no topic " + name + ".");
        }
        int only = wanted.path("partition").asInt(-1);
        OffsetCommitRequestData.OffsetCommitRequestTopic moved =
                new OffsetCommitRequestData.OffsetCommitRequestTopic()
                        .setName(name)
                        .setTopicId(topic.id());
        List<Map<String, Object>> rows = new ArrayList<>();
        for (int i = 0; i < topic.partitions(); i++) {
            if (only >= 0 && only != i) {
                continue;
            }
            Shard shard = topic.topic().partition(i);
            long offset = offset(shard, wanted);
            moved.partitions()
                    .add(
                            new OffsetCommitRequestData.OffsetCommitRequestPartition()
                                    .setPartitionIndex(i)
                                    .setCommittedOffset(offset)
                                    .setCommittedMetadata(""));
            rows.add(position(shard, name, i, offset, ""));
        }
        if (rows.isEmpty()) {
            throw AdminRefusal.notFound(name + " has no partition " + only + ".");
        }
        OffsetCommitRequestData request =
                new OffsetCommitRequestData()
                        .setGroupId(group)
                        .setGenerationIdOrMemberEpoch(-1)
                        .setTopics(List.of(moved));
        OffsetCommitResponseData answer =
                ask(
                        call,
                        (coordinator, context) ->
                                coordinator.commitOffsets(
                                        context, request, BufferSupplier.NO_CACHING));
        for (var answered : answer.topics()) {
            for (var partition : answered.partitions()) {
                if (partition.errorCode() != Errors.NONE.code()) {
                    throw refusal(Errors.forCode(partition.errorCode()));
                }
            }
        }
        return Map.of("offsets", rows);
    }

    private static long offset(Shard shard, JsonNode wanted) throws Exception {
        long first = shard.startOffset();
        long end = shard.highWatermark();
        if (wanted.has("offset")) {
            long offset = wanted.path("offset").asLong(-1);
            if (offset < first || offset > end) {
                throw AdminRefusal.badRequest(
                        "An offset is from " + first + " to " + end + " here, not " + offset + ".");
            }
            return offset;
        }
        if (wanted.has("time")) {
            OptionalLong found = AdminCall.await(shard.offsetForTime(wanted.path("time").asLong()));
            return found.orElse(end);
        }
        return switch (wanted.path("to").asText()) {
            case "earliest" -> first;
            case "latest" -> end;
            default ->
                    throw AdminRefusal.badRequest(
                            "Say where to: to (earliest, latest), offset or time.");
        };
    }

    private @Nullable Object delete(AdminCall call) throws Exception {
        List<String> one = List.of(call.segment("name"));
        DeleteGroupsResponseData.DeletableGroupResultCollection results =
                ask(
                        call,
                        (coordinator, context) ->
                                coordinator.deleteGroups(context, one, BufferSupplier.NO_CACHING));
        for (DeleteGroupsResponseData.DeletableGroupResult result : results) {
            if (result.errorCode() != Errors.NONE.code()) {
                throw refusal(Errors.forCode(result.errorCode()));
            }
        }
        return null;
    }
}
