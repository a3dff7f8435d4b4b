package io.polymq.kafka.group;

import io.polymq.core.service.BrokerEvent;
import io.polymq.core.service.BrokerEvents;
import io.polymq.storage.RecordBatchCursor;
import java.nio.ByteBuffer;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.consumer.internals.ConsumerProtocol;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.coordinator.common.runtime.CoordinatorRecord;
import org.apache.kafka.coordinator.group.GroupCoordinatorRecordSerde;
import org.apache.kafka.coordinator.group.generated.ConsumerGroupMemberMetadataKey;
import org.apache.kafka.coordinator.group.generated.ConsumerGroupMemberMetadataValue;
import org.apache.kafka.coordinator.group.generated.CoordinatorRecordType;
import org.apache.kafka.coordinator.group.generated.GroupMetadataKey;
import org.apache.kafka.coordinator.group.generated.GroupMetadataValue;
import org.apache.kafka.coordinator.group.generated.ShareGroupMemberMetadataKey;
import org.apache.kafka.coordinator.group.generated.ShareGroupMemberMetadataValue;
import org.apache.kafka.coordinator.group.generated.StreamsGroupMemberMetadataKey;
import org.apache.kafka.coordinator.group.generated.StreamsGroupMemberMetadataValue;
import org.apache.kafka.coordinator.group.generated.StreamsGroupTopologyKey;
import org.apache.kafka.coordinator.group.generated.StreamsGroupTopologyValue;
import org.jspecify.annotations.Nullable;

/**
 * Tells the broker's events which members of groups read which topics. Follows the coordinator's
 * own records, so that those count too who leave without a word, and what was stored before a start
 * is known. The members of a classic group are known when it has settled. The threads of one
 * coordinator, which load and write a partition one at a time.
 */
final class MemberEvents {

    private static final Set<Short> TYPES =
            Set.of(
                    CoordinatorRecordType.GROUP_METADATA.id(),
                    CoordinatorRecordType.CONSUMER_GROUP_MEMBER_METADATA.id(),
                    CoordinatorRecordType.SHARE_GROUP_MEMBER_METADATA.id(),
                    CoordinatorRecordType.STREAMS_GROUP_MEMBER_METADATA.id(),
                    CoordinatorRecordType.STREAMS_GROUP_TOPOLOGY.id());

    private record Member(BrokerEvent.Client client, Set<String> topics) {}

    private static final class Group {
        final Map<String, Member> members = new LinkedHashMap<>();

        /** What all of a streams group read. */
        Set<String> sources = Set.of();

        boolean isGone() {
            return members.isEmpty() && sources.isEmpty();
        }
    }

    private final String tenant;
    private final BrokerEvents events;
    private final InstantSource clock;
    private final GroupCoordinatorRecordSerde serde = new GroupCoordinatorRecordSerde();
    private final List<Map<String, Group>> partitions = new ArrayList<>();

    MemberEvents(String tenant, int partitions, BrokerEvents events, InstantSource clock) {
        this.tenant = tenant;
        this.events = events;
        this.clock = clock;
        for (int partition = 0; partition < partitions; partition++) {
            this.partitions.add(new HashMap<>());
        }
    }

    /** What was known of a partition is read anew. */
    void loading(int partition) {
        Map<String, Group> groups = partitions.get(partition);
        synchronized (groups) {
            groups.clear();
        }
    }

    /** A record that was stored before. */
    void loaded(int partition, CoordinatorRecord record) {
        take(partition, record, false);
    }

    /**
     * Records that are about to be stored. Nearly all are offsets of groups, which are looked at no
     * further than their type.
     */
    void writing(int partition, ByteBuffer batches) {
        RecordBatchCursor records = new RecordBatchCursor().reset(batches);
        while (records.nextBatch()) {
            while (!records.isControl() && records.nextInBatch()) {
                ByteBuffer key = records.key();
                if (key != null
                        && key.remaining() >= Short.BYTES
                        && TYPES.contains(key.getShort(key.position()))) {
                    take(partition, serde.deserialize(key, records.value()), true);
                }
            }
        }
    }

    private void take(int partition, CoordinatorRecord record, boolean told) {
        ApiMessage value = record.value() == null ? null : record.value().message();
        Map<String, Group> groups = partitions.get(partition);
        synchronized (groups) {
            switch (record.key()) {
                case GroupMetadataKey key ->
                        classic(groups, key.group(), (GroupMetadataValue) value, told);
                case ConsumerGroupMemberMetadataKey key ->
                        member(
                                groups,
                                key.groupId(),
                                key.memberId(),
                                consumer((ConsumerGroupMemberMetadataValue) value),
                                told);
                case ShareGroupMemberMetadataKey key ->
                        member(
                                groups,
                                key.groupId(),
                                key.memberId(),
                                sharer((ShareGroupMemberMetadataValue) value),
                                told);
                case StreamsGroupMemberMetadataKey key ->
                        member(
                                groups,
                                key.groupId(),
                                key.memberId(),
                                streams(
                                        groups.get(key.groupId()),
                                        (StreamsGroupMemberMetadataValue) value),
                                told);
                case StreamsGroupTopologyKey key ->
                        topology(groups, key.groupId(), (StreamsGroupTopologyValue) value, told);
                default -> {
                    // says nothing of members
                }
            }
        }
    }

    private @Nullable Member consumer(@Nullable ConsumerGroupMemberMetadataValue value) {
        if (value == null) {
            return null;
        }
        Set<String> topics = new LinkedHashSet<>(value.subscribedTopicNames());
        String regex = value.subscribedTopicRegex();
        if (regex != null && !regex.isEmpty()) {
            topics.add(regex);
        }
        return new Member(client(value.clientId(), value.clientHost()), topics);
    }

    private @Nullable Member sharer(@Nullable ShareGroupMemberMetadataValue value) {
        return value == null
                ? null
                : new Member(
                        client(value.clientId(), value.clientHost()),
                        new LinkedHashSet<>(value.subscribedTopicNames()));
    }

    private @Nullable Member streams(
            @Nullable Group group, @Nullable StreamsGroupMemberMetadataValue value) {
        return value == null
                ? null
                : new Member(
                        client(value.clientId(), value.clientHost()),
                        group == null ? Set.of() : group.sources);
    }

    private BrokerEvent.Client client(String id, String host) {
        return new BrokerEvent.Client("kafka", tenant, id, "", host);
    }

    private void topology(
            Map<String, Group> groups,
            String id,
            @Nullable StreamsGroupTopologyValue value,
            boolean told) {
        Group group = groups.computeIfAbsent(id, absent -> new Group());
        Set<String> sources = new LinkedHashSet<>();
        if (value != null) {
            value.subtopologies()
                    .forEach(
                            part -> {
                                sources.addAll(part.sourceTopics());
                                sources.addAll(part.sourceTopicRegex());
                            });
        }
        group.sources = sources;
        Map.copyOf(group.members)
                .forEach(
                        (name, before) ->
                                member(
                                        groups,
                                        id,
                                        name,
                                        new Member(before.client(), sources),
                                        told));
        if (group.isGone()) {
            groups.remove(id);
        }
    }

    /** All members of a classic group; null when it is gone. */
    private void classic(
            Map<String, Group> groups,
            String id,
            @Nullable GroupMetadataValue value,
            boolean told) {
        Map<String, Member> now = new LinkedHashMap<>();
        if (value != null && ConsumerProtocol.PROTOCOL_TYPE.equals(value.protocolType())) {
            value.members()
                    .forEach(
                            one ->
                                    now.put(
                                            one.memberId(),
                                            new Member(
                                                    client(one.clientId(), one.clientHost()),
                                                    topics(one.subscription()))));
        }
        Group group = groups.get(id);
        if (group != null) {
            List<String> gone = new ArrayList<>(group.members.keySet());
            gone.removeAll(now.keySet());
            gone.forEach(name -> member(groups, id, name, null, told));
        }
        now.forEach((name, member) -> member(groups, id, name, member, told));
    }

    /** As the member wrote it, which nobody has checked. */
    private static Set<String> topics(byte[] subscription) {
        try {
            return new LinkedHashSet<>(
                    ConsumerProtocol.deserializeSubscription(ByteBuffer.wrap(subscription))
                            .topics());
        } catch (RuntimeException malformed) {
            return Set.of();
        }
    }

    private void member(
            Map<String, Group> groups, String id, String name, @Nullable Member now, boolean told) {
        Group group = groups.computeIfAbsent(id, absent -> new Group());
        Member before = now == null ? group.members.remove(name) : group.members.put(name, now);
        if (group.isGone()) {
            groups.remove(id);
        }
        if (told && events.isHeard()) {
            tell(id, before, now);
        }
    }

    private void tell(String group, @Nullable Member before, @Nullable Member now) {
        long at = clock.millis();
        Set<String> had = before == null ? Set.of() : before.topics();
        Set<String> has = now == null ? Set.of() : now.topics();
        if (before != null) {
            had.stream()
                    .filter(topic -> !has.contains(topic))
                    .forEach(
                            topic ->
                                    events.tell(
                                            new BrokerEvent.Unsubscribed(
                                                    at, before.client(), topic, group)));
        }
        if (now != null) {
            has.stream()
                    .filter(topic -> !had.contains(topic))
                    .forEach(
                            topic ->
                                    events.tell(
                                            new BrokerEvent.Subscribed(
                                                    at, now.client(), topic, group)));
        }
    }
}
