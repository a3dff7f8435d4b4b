package io.polymq.kafka.group;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.polymq.core.service.BrokerEvent;
import io.polymq.core.service.BrokerEvents;
import io.polymq.core.zone.ShardZone;
import io.polymq.core.zone.Ticks;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.clients.consumer.ConsumerPartitionAssignor.Subscription;
import org.apache.kafka.clients.consumer.internals.ConsumerProtocol;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.apache.kafka.common.utils.Utils;
import org.apache.kafka.coordinator.common.runtime.CoordinatorRecord;
import org.apache.kafka.coordinator.group.GroupCoordinatorRecordSerde;
import org.apache.kafka.coordinator.group.generated.ConsumerGroupMemberMetadataKey;
import org.apache.kafka.coordinator.group.generated.ConsumerGroupMemberMetadataValue;
import org.apache.kafka.coordinator.group.generated.GroupMetadataKey;
import org.apache.kafka.coordinator.group.generated.GroupMetadataValue;
import org.apache.kafka.coordinator.group.generated.OffsetCommitKey;
import org.apache.kafka.coordinator.group.generated.OffsetCommitValue;
import org.apache.kafka.coordinator.group.generated.StreamsGroupMemberMetadataKey;
import org.apache.kafka.coordinator.group.generated.StreamsGroupMemberMetadataValue;
import org.apache.kafka.coordinator.group.generated.StreamsGroupTopologyKey;
import org.apache.kafka.coordinator.group.generated.StreamsGroupTopologyValue;
import org.apache.kafka.server.common.ApiMessageAndVersion;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What is told of members, by the records that the coordinator writes. */
class MemberEventsTest {

    private final ShardZone zone = new ShardZone("test", Ticks.SYSTEM, () -> {});
    private final BrokerEvents events = new BrokerEvents(zone);
    private final MemberEvents members =
            new MemberEvents("t", 1, events, InstantSource.fixed(Instant.ofEpochMilli(7)));
    private final List<String> heard = new ArrayList<>();

    @BeforeEach
    void listen() {
        events.listen(
                event -> {
                    switch (event) {
                        case BrokerEvent.Subscribed s ->
                                heard.add(
                                        "+" + s.group() + " " + s.client().id() + " " + s.filter());
                        case BrokerEvent.Unsubscribed s ->
                                heard.add(
                                        "-" + s.group() + " " + s.client().id() + " " + s.filter());
                        default -> heard.add(event.toString());
                    }
                });
    }

    private static CoordinatorRecord record(ApiMessage key, @Nullable ApiMessage value) {
        return value == null
                ? CoordinatorRecord.tombstone(key)
                : CoordinatorRecord.record(key, new ApiMessageAndVersion(value, (short) 0));
    }

    private List<String> written(CoordinatorRecord... records) {
        GroupCoordinatorRecordSerde serde = new GroupCoordinatorRecordSerde();
        SimpleRecord[] simple = new SimpleRecord[records.length];
        for (int i = 0; i < records.length; i++) {
            simple[i] =
                    new SimpleRecord(
                            7, serde.serializeKey(records[i]), serde.serializeValue(records[i]));
        }
        heard.clear();
        members.writing(0, MemoryRecords.withRecords(Compression.NONE, simple).buffer());
        while (zone.turn()) {
            // until all is told
        }
        return List.copyOf(heard);
    }

    private static CoordinatorRecord consumer(String member, String... topics) {
        return record(
                new ConsumerGroupMemberMetadataKey().setGroupId("g").setMemberId(member),
                new ConsumerGroupMemberMetadataValue()
                        .setClientId("c" + member)
                        .setClientHost("/10.0.0.1")
                        .setSubscribedTopicNames(List.of(topics)));
    }

    private static CoordinatorRecord gone(String member) {
        return record(
                new ConsumerGroupMemberMetadataKey().setGroupId("g").setMemberId(member), null);
    }

    @Test
    void aMemberComesChangesItsTopicsAndIsPutOut() {
        assertThat(written(consumer("1", "a", "b"))).containsExactly("+g c1 a", "+g c1 b");
        assertThat(written(consumer("1", "a", "b"))).isEmpty();
        assertThat(written(consumer("1", "b", "c"))).containsExactly("-g c1 a", "+g c1 c");
        assertThat(written(gone("1"))).containsExactly("-g c1 b", "-g c1 c");
        assertThat(written(gone("1"))).isEmpty();
    }

    @Test
    void whatWasStoredBeforeIsKnownAndNotTold() {
        members.loading(0);
        members.loaded(0, consumer("1", "a"));
        assertThat(written(consumer("2", "a"))).containsExactly("+g c2 a");
        assertThat(written(gone("1"))).containsExactly("-g c1 a");
        members.loading(0);
        assertThat(written(gone("2"))).isEmpty();
    }

    private static CoordinatorRecord classic(GroupMetadataValue.MemberMetadata... members) {
        return record(
                new GroupMetadataKey().setGroup("g"),
                new GroupMetadataValue().setProtocolType("consumer").setMembers(List.of(members)));
    }

    private static GroupMetadataValue.MemberMetadata classicMember(String id, byte[] subscription) {
        return new GroupMetadataValue.MemberMetadata()
                .setMemberId(id)
                .setClientId("c" + id)
                .setClientHost("/10.0.0.1")
                .setSubscription(subscription);
    }

    private static byte[] subscription(String... topics) {
        return Utils.toArray(
                ConsumerProtocol.serializeSubscription(new Subscription(List.of(topics))));
    }

    @Test
    void aClassicGroupIsToldOfWhenItHasSettled() {
        assertThat(
                        written(
                                classic(
                                        classicMember("1", subscription("a")),
                                        classicMember("2", subscription("a", "b")))))
                .containsExactly("+g c1 a", "+g c2 a", "+g c2 b");
        assertThat(written(classic(classicMember("1", subscription("b")))))
                .containsExactly("-g c2 a", "-g c2 b", "-g c1 a", "+g c1 b");
        assertThat(written(record(new GroupMetadataKey().setGroup("g"), null)))
                .containsExactly("-g c1 b");
    }

    @Test
    void aSubscriptionThatCannotBeReadCountsAsNone() {
        assertThat(
                        written(
                                classic(
                                        classicMember("1", "nonsense".getBytes(UTF_8)),
                                        classicMember("2", subscription("a")))))
                .containsExactly("+g c2 a");
    }

    @Test
    void membersOfAStreamsGroupReadTheSourcesOfItsTopology() {
        CoordinatorRecord member =
                record(
                        new StreamsGroupMemberMetadataKey().setGroupId("s").setMemberId("1"),
                        new StreamsGroupMemberMetadataValue()
                                .setClientId("c1")
                                .setClientHost("/10.0.0.1")
                                .setProcessId("p"));
        CoordinatorRecord topology =
                record(
                        new StreamsGroupTopologyKey().setGroupId("s"),
                        new StreamsGroupTopologyValue()
                                .setSubtopologies(
                                        List.of(
                                                new StreamsGroupTopologyValue.Subtopology()
                                                        .setSubtopologyId("0")
                                                        .setSourceTopics(List.of("in")))));
        assertThat(written(member, topology)).containsExactly("+s c1 in");
        assertThat(
                        written(
                                record(
                                        new StreamsGroupMemberMetadataKey()
                                                .setGroupId("s")
                                                .setMemberId("1"),
                                        null)))
                .containsExactly("-s c1 in");
    }

    @Test
    void offsetsThatAreCommittedSayNothing() {
        assertThat(
                        written(
                                record(
                                        new OffsetCommitKey().setGroup("g").setTopic("a"),
                                        new OffsetCommitValue().setOffset(1))))
                .isEmpty();
    }
}
