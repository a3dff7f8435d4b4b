package io.polymq.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.message.ConsumerGroupHeartbeatRequestData;
import org.apache.kafka.common.message.ConsumerGroupHeartbeatResponseData;
import org.apache.kafka.common.message.DescribeGroupsRequestData;
import org.apache.kafka.common.message.DescribeGroupsResponseData;
import org.apache.kafka.common.message.DescribeGroupsResponseData.DescribedGroup;
import org.apache.kafka.common.message.HeartbeatRequestData;
import org.apache.kafka.common.message.HeartbeatResponseData;
import org.apache.kafka.common.message.JoinGroupRequestData;
import org.apache.kafka.common.message.JoinGroupRequestData.JoinGroupRequestProtocol;
import org.apache.kafka.common.message.JoinGroupResponseData;
import org.apache.kafka.common.message.OffsetCommitRequestData;
import org.apache.kafka.common.message.OffsetCommitRequestData.OffsetCommitRequestPartition;
import org.apache.kafka.common.message.OffsetCommitRequestData.OffsetCommitRequestTopic;
import org.apache.kafka.common.message.OffsetCommitResponseData;
import org.apache.kafka.common.message.SyncGroupRequestData;
import org.apache.kafka.common.message.SyncGroupRequestData.SyncGroupRequestAssignment;
import org.apache.kafka.common.message.SyncGroupResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What brokers that are not Kafka commonly answer wrongly about groups. */
class GroupsTest {

    private static TestServer server;
    private RawClient client;

    @BeforeAll
    static void start() throws Exception {
        server = new TestServer(0);
        try (RawClient first = new RawClient(server.port())) {
            Requests.create(first, "g", 2, Map.of());
        }
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    @BeforeEach
    void connect() throws Exception {
        client = new RawClient(server.port());
    }

    @AfterEach
    void disconnect() throws Exception {
        client.close();
    }

    private static JoinGroupRequestData join(String group, String member, String instance) {
        JoinGroupRequestData request =
                new JoinGroupRequestData()
                        .setGroupId(group)
                        .setMemberId(member)
                        .setGroupInstanceId(instance)
                        .setSessionTimeoutMs(10_000)
                        .setRebalanceTimeoutMs(10_000)
                        .setProtocolType("consumer");
        request.protocols()
                .add(new JoinGroupRequestProtocol().setName("range").setMetadata(new byte[0]));
        return request;
    }

    private JoinGroupResponseData ask(JoinGroupRequestData request) throws Exception {
        long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        while (true) {
            JoinGroupResponseData answer =
                    client.ask(ApiKeys.JOIN_GROUP, 9, request, JoinGroupResponseData.class);
            if (answer.errorCode() != Errors.COORDINATOR_LOAD_IN_PROGRESS.code()
                    || System.nanoTime() > until) {
                return answer;
            }
        }
    }

    private JoinGroupResponseData member(String group) throws Exception {
        String id = ask(join(group, "", null)).memberId();
        return ask(join(group, id, null));
    }

    private SyncGroupResponseData sync(
            String group, JoinGroupResponseData joined, String instance, byte... assignment)
            throws Exception {
        SyncGroupRequestData request = syncing(group, joined, instance);
        if (assignment.length > 0) {
            request.setAssignments(
                    List.of(
                            new SyncGroupRequestAssignment()
                                    .setMemberId(joined.memberId())
                                    .setAssignment(assignment)));
        }
        return client.ask(ApiKeys.SYNC_GROUP, 5, request, SyncGroupResponseData.class);
    }

    private static SyncGroupRequestData syncing(
            String group, JoinGroupResponseData joined, String instance) {
        return new SyncGroupRequestData()
                .setGroupId(group)
                .setGenerationId(joined.generationId())
                .setMemberId(joined.memberId())
                .setGroupInstanceId(instance)
                .setProtocolType("consumer")
                .setProtocolName("range");
    }

    @Test
    void aNewcomerIsGivenAnIdFirst() throws Exception {
        JoinGroupResponseData first = ask(join("newcomers", "", null));
        assertThat(first.errorCode()).isEqualTo(Errors.MEMBER_ID_REQUIRED.code());
        assertThat(first.memberId()).isNotEmpty();
        JoinGroupResponseData second = ask(join("newcomers", first.memberId(), null));
        assertThat(second.errorCode()).isZero();
        assertThat(second.leader()).isEqualTo(first.memberId());
    }

    @Test
    void aStaticMemberComesBackToItsAssignmentWithoutARebalance() throws Exception {
        JoinGroupResponseData before = ask(join("static", "", "i"));
        assertThat(before.errorCode()).isZero();
        sync("static", before, "i", (byte) 42);
        JoinGroupResponseData after = ask(join("static", "", "i"));
        assertThat(after.errorCode()).isZero();
        assertThat(after.generationId()).isEqualTo(before.generationId());
        assertThat(after.memberId()).isNotEqualTo(before.memberId());
        assertThat(sync("static", after, "i").assignment()).containsExactly(42);
        assertThat(sync("static", before, "i").errorCode())
                .isEqualTo(Errors.FENCED_INSTANCE_ID.code());
    }

    @Test
    void membersAreCalledToARebalanceAndMayStillCommitWhatTheyHave() throws Exception {
        JoinGroupResponseData first = member("rebalanced");
        sync("rebalanced", first, null, (byte) 1);
        assertThat(beat("rebalanced", first)).isEqualTo(Errors.NONE);
        String newcomer = ask(join("rebalanced", "", null)).memberId();
        try (RawClient other = new RawClient(server.port())) {
            other.send(ApiKeys.JOIN_GROUP, 9, join("rebalanced", newcomer, null));
            long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
            Errors called = beat("rebalanced", first);
            while (called == Errors.NONE && System.nanoTime() < until) {
                called = beat("rebalanced", first);
            }
            assertThat(called).isEqualTo(Errors.REBALANCE_IN_PROGRESS);
            assertThat(commit("rebalanced", first.memberId(), first.generationId()))
                    .isEqualTo(Errors.NONE);

            JoinGroupResponseData again = ask(join("rebalanced", first.memberId(), null));
            JoinGroupResponseData joined =
                    (JoinGroupResponseData) other.receive(ApiKeys.JOIN_GROUP, 9);
            assertThat(joined.generationId())
                    .isEqualTo(again.generationId())
                    .isEqualTo(first.generationId() + 1);
            assertThat(joined.leader()).isEqualTo(first.memberId());

            // The follower asks before the leader has said who gets what.
            other.send(ApiKeys.SYNC_GROUP, 5, syncing("rebalanced", joined, null));
            SyncGroupRequestData leading = syncing("rebalanced", again, null);
            leading.setAssignments(
                    List.of(
                            new SyncGroupRequestAssignment()
                                    .setMemberId(joined.memberId())
                                    .setAssignment(new byte[] {7})));
            client.ask(ApiKeys.SYNC_GROUP, 5, leading, SyncGroupResponseData.class);
            assertThat(((SyncGroupResponseData) other.receive(ApiKeys.SYNC_GROUP, 5)).assignment())
                    .containsExactly(7);
        }
    }

    private Errors beat(String group, JoinGroupResponseData joined) throws Exception {
        HeartbeatRequestData request =
                new HeartbeatRequestData()
                        .setGroupId(group)
                        .setGenerationId(joined.generationId())
                        .setMemberId(joined.memberId());
        return Errors.forCode(
                client.ask(ApiKeys.HEARTBEAT, 4, request, HeartbeatResponseData.class).errorCode());
    }

    private Errors commit(String group, String member, int generation) throws Exception {
        OffsetCommitRequestData request =
                new OffsetCommitRequestData()
                        .setGroupId(group)
                        .setMemberId(member)
                        .setGenerationIdOrMemberEpoch(generation)
                        .setTopics(
                                List.of(
                                        new OffsetCommitRequestTopic()
                                                .setName("g")
                                                .setPartitions(
                                                        List.of(
                                                                new OffsetCommitRequestPartition()
                                                                        .setCommittedOffset(1)))));
        return Errors.forCode(
                client.ask(ApiKeys.OFFSET_COMMIT, 9, request, OffsetCommitResponseData.class)
                        .topics()
                        .getFirst()
                        .partitions()
                        .getFirst()
                        .errorCode());
    }

    @Test
    void onlyMembersCommitForAGroupThatHasSome() throws Exception {
        JoinGroupResponseData member = member("committing");
        sync("committing", member, null, (byte) 1);
        assertThat(commit("committing", "", -1)).isEqualTo(Errors.UNKNOWN_MEMBER_ID);
        assertThat(commit("committing", member.memberId(), member.generationId() + 1))
                .isEqualTo(Errors.ILLEGAL_GENERATION);
        assertThat(commit("committing", member.memberId(), member.generationId()))
                .isEqualTo(Errors.NONE);
        assertThat(commit("nobody-joined", "", -1)).isEqualTo(Errors.NONE);
    }

    private DescribedGroup describe(int version, String group) throws Exception {
        return client.ask(
                        ApiKeys.DESCRIBE_GROUPS,
                        version,
                        new DescribeGroupsRequestData().setGroups(List.of(group)),
                        DescribeGroupsResponseData.class)
                .groups()
                .getFirst();
    }

    @Test
    void anUnknownGroupIsDeadOrNotFoundAsTheVersionHasIt() throws Exception {
        member("known"); // the coordinator is there
        DescribedGroup old = describe(5, "unknown");
        assertThat(old.errorCode()).isZero();
        assertThat(old.groupState()).isEqualTo("Dead");
        assertThat(describe(6, "unknown").errorCode()).isEqualTo(Errors.GROUP_ID_NOT_FOUND.code());
    }

    private ConsumerGroupHeartbeatResponseData heartbeat(
            String group, String member, int epoch, boolean full) throws Exception {
        ConsumerGroupHeartbeatRequestData request =
                new ConsumerGroupHeartbeatRequestData()
                        .setGroupId(group)
                        .setMemberId(member)
                        .setMemberEpoch(epoch);
        if (full) {
            request.setSubscribedTopicNames(List.of("g"))
                    .setRebalanceTimeoutMs(5000)
                    .setTopicPartitions(List.of());
        }
        long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        while (true) {
            ConsumerGroupHeartbeatResponseData answer =
                    client.ask(
                            ApiKeys.CONSUMER_GROUP_HEARTBEAT,
                            1,
                            request,
                            ConsumerGroupHeartbeatResponseData.class);
            if (answer.errorCode() != Errors.COORDINATOR_LOAD_IN_PROGRESS.code()
                    || System.nanoTime() > until) {
                return answer;
            }
        }
    }

    @Test
    void aMemberOfTheNewProtocolIsToldItsAssignmentOnceAndFencedByItsEpoch() throws Exception {
        String member = "AAAAAAAAAAAAAAAAAAAAAQ";
        ConsumerGroupHeartbeatResponseData joined = heartbeat("modern", member, 0, true);
        assertThat(joined.errorCode()).isZero();
        assertThat(joined.assignment().topicPartitions().getFirst().partitions())
                .containsExactlyInAnyOrder(0, 1);
        assertThat(heartbeat("modern", member, joined.memberEpoch(), false).assignment()).isNull();
        assertThat(heartbeat("modern", member, joined.memberEpoch() + 7, false).errorCode())
                .isEqualTo(Errors.FENCED_MEMBER_EPOCH.code());
        assertThat(commit("modern", member, joined.memberEpoch() - 1))
                .isEqualTo(Errors.STALE_MEMBER_EPOCH);
        assertThat(commit("modern", member, joined.memberEpoch())).isEqualTo(Errors.NONE);
        assertThat(describe(6, "modern").errorCode()).isEqualTo(Errors.GROUP_ID_NOT_FOUND.code());
        assertThat(heartbeat("modern", member, -1, false).memberEpoch()).isEqualTo(-1);
    }
}
