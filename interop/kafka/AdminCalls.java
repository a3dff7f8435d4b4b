import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.DescribeClusterOptions;
import org.apache.kafka.clients.admin.DescribeTopicsOptions;
import org.apache.kafka.clients.admin.GroupListing;
import org.apache.kafka.clients.admin.ListConsumerGroupOffsetsSpec;
import org.apache.kafka.clients.admin.ListTopicsOptions;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.acl.AclBindingFilter;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.quota.ClientQuotaFilter;
import org.apache.kafka.common.serialization.StringSerializer;

/**
 * The administrator's calls that AKHQ, Kafka UI and Redpanda Console make for their pages:
 * AdminCalls BOOTSTRAP.
 */
public class AdminCalls {

    private final Admin admin;
    private final String topic = "interop-admin-" + System.nanoTime();

    private interface Check {
        void run() throws Exception;
    }

    private AdminCalls(Admin admin) {
        this.admin = admin;
    }

    private static void check(String page, Check check) {
        try {
            check.run();
            System.out.println("ok admin calls: " + page);
        } catch (Exception | AssertionError e) {
            System.out.println("FAILED admin calls: " + page + ": " + e);
        }
    }

    private static <T> T got(KafkaFuture<T> future) throws Exception {
        return future.get(30, TimeUnit.SECONDS);
    }

    private static void holds(boolean what, String otherwise) {
        if (!what) {
            throw new AssertionError(otherwise);
        }
    }

    public static void main(String[] arguments) throws Exception {
        Map<String, Object> properties = new HashMap<>();
        properties.put("bootstrap.servers", arguments[0]);
        try (Admin admin = Admin.create(properties)) {
            AdminCalls calls = new AdminCalls(admin);
            calls.prepare(properties);
            check("nodes", calls::nodes);
            check("topics", calls::topics);
            check("a topic's settings", calls::settings);
            check("more partitions and fewer records", calls::partitions);
            check("consumer groups and their lag", calls::groups);
            check("access rules, users and quotas", calls::security);
            check("transactions and producers", calls::transactions);
        }
    }

    private void prepare(Map<String, Object> properties) throws Exception {
        got(admin.createTopics(List.of(new NewTopic(topic, 3, (short) 1))).all());
        Map<String, Object> producing = new HashMap<>(properties);
        producing.put("transactional.id", topic);
        try (KafkaProducer<String, String> producer =
                new KafkaProducer<>(producing, new StringSerializer(), new StringSerializer())) {
            producer.initTransactions();
            producer.beginTransaction();
            for (int i = 0; i < 30; i++) {
                producer.send(new ProducerRecord<>(topic, i % 3, "k" + i, "v" + i));
            }
            producer.commitTransaction();
        }
        Map<TopicPartition, OffsetAndMetadata> offsets = new HashMap<>();
        for (int i = 0; i < 3; i++) {
            offsets.put(new TopicPartition(topic, i), new OffsetAndMetadata(4));
        }
        got(admin.alterConsumerGroupOffsets(topic, offsets).all());
    }

    private void nodes() throws Exception {
        var cluster =
                admin.describeCluster(
                        new DescribeClusterOptions().includeAuthorizedOperations(true));
        Collection<Node> nodes = got(cluster.nodes());
        holds(nodes.size() == 1, nodes.toString());
        holds(nodes.contains(got(cluster.controller())), "the controller is not one of " + nodes);
        holds(!got(cluster.clusterId()).isEmpty(), "no cluster id");
        got(cluster.authorizedOperations());
        int id = nodes.iterator().next().id();
        var broker = new ConfigResource(ConfigResource.Type.BROKER, Integer.toString(id));
        Config config = got(admin.describeConfigs(List.of(broker)).all()).get(broker);
        holds(
                config.get("log.retention.ms") != null && config.entries().size() > 20,
                "settings: " + config);
        var folders = got(admin.describeLogDirs(List.of(id)).allDescriptions()).get(id);
        long held =
                folders.values().stream()
                        .flatMap(folder -> folder.replicaInfos().entrySet().stream())
                        .filter(replica -> replica.getKey().topic().equals(topic))
                        .mapToLong(replica -> replica.getValue().size())
                        .sum();
        holds(held > 0, "no bytes of " + topic);
        var quorum = got(admin.describeMetadataQuorum().quorumInfo());
        holds(quorum.leaderId() == id, quorum.toString());
        holds(
                !got(admin.describeFeatures().featureMetadata()).finalizedFeatures().isEmpty(),
                "no features");
    }

    private void topics() throws Exception {
        Set<String> names =
                got(admin.listTopics(new ListTopicsOptions().listInternal(true)).names());
        holds(names.contains(topic), "not listed: " + topic);
        Map<String, TopicDescription> all =
                got(
                        admin.describeTopics(
                                        names,
                                        new DescribeTopicsOptions()
                                                .includeAuthorizedOperations(true))
                                .allTopicNames());
        TopicDescription ours = all.get(topic);
        holds(ours.partitions().size() == 3, ours.toString());
        holds(
                ours.partitions().stream()
                        .allMatch(each -> each.isr().size() == 1 && each.leader() != null),
                ours.toString());
        Map<TopicPartition, OffsetSpec> earliest = new HashMap<>();
        Map<TopicPartition, OffsetSpec> latest = new HashMap<>();
        for (int i = 0; i < 3; i++) {
            earliest.put(new TopicPartition(topic, i), OffsetSpec.earliest());
            latest.put(new TopicPartition(topic, i), OffsetSpec.latest());
        }
        holds(
                got(admin.listOffsets(earliest).all()).values().stream()
                        .allMatch(each -> each.offset() == 0),
                "earliest");
        holds( // ten records and a marker
                got(admin.listOffsets(latest).all()).values().stream()
                        .allMatch(each -> each.offset() == 11),
                "latest");
        holds(got(admin.listPartitionReassignments().reassignments()).isEmpty(), "reassignments");
    }

    private void settings() throws Exception {
        var resource = new ConfigResource(ConfigResource.Type.TOPIC, topic);
        got(
                admin.incrementalAlterConfigs(
                                Map.of(
                                        resource,
                                        List.of(
                                                new AlterConfigOp(
                                                        new ConfigEntry("retention.ms", "3600000"),
                                                        AlterConfigOp.OpType.SET))))
                        .all());
        ConfigEntry changed =
                got(admin.describeConfigs(List.of(resource)).all())
                        .get(resource)
                        .get("retention.ms");
        holds(changed.value().equals("3600000") && !changed.isDefault(), changed.toString());
    }

    private void partitions() throws Exception {
        got(admin.createPartitions(Map.of(topic, NewPartitions.increaseTo(5))).all());
        holds(
                got(admin.describeTopics(List.of(topic)).allTopicNames())
                                .get(topic)
                                .partitions()
                                .size()
                        == 5,
                "partitions");
        var partition = new TopicPartition(topic, 0);
        var deleted = admin.deleteRecords(Map.of(partition, RecordsToDelete.beforeOffset(5)));
        holds(got(deleted.lowWatermarks().get(partition)).lowWatermark() == 5, "low watermark");
        got(admin.electLeaders(org.apache.kafka.common.ElectionType.PREFERRED, null).all());
    }

    private void groups() throws Exception {
        Collection<GroupListing> groups = got(admin.listGroups().all());
        holds(groups.stream().anyMatch(group -> group.groupId().equals(topic)), groups.toString());
        holds(got(admin.listConsumerGroups().valid()).size() > 0, "no consumer groups");
        var described = got(admin.describeConsumerGroups(List.of(topic)).all()).get(topic);
        holds(
                described.members().isEmpty() && described.coordinator() != null,
                described.toString());
        Map<TopicPartition, OffsetAndMetadata> offsets =
                got(admin.listConsumerGroupOffsets(
                                        Map.of(topic, new ListConsumerGroupOffsetsSpec()))
                                .all())
                        .get(topic);
        holds(
                offsets.size() == 3 && offsets.values().stream().allMatch(at -> at.offset() == 4),
                offsets.toString());
        got(admin.deleteConsumerGroupOffsets(topic, Set.of(new TopicPartition(topic, 0))).all());
        got(admin.deleteConsumerGroups(List.of(topic)).all());
        holds(
                got(admin.listGroups().all()).stream()
                        .noneMatch(group -> group.groupId().equals(topic)),
                "the group is still there");
    }

    private void security() throws Exception {
        got(admin.describeAcls(AclBindingFilter.ANY).values());
        got(admin.describeUserScramCredentials().all());
        got(admin.describeClientQuotas(ClientQuotaFilter.all()).entities());
    }

    private void transactions() throws Exception {
        holds(
                got(admin.listTransactions().all()).stream()
                        .anyMatch(listed -> listed.transactionalId().equals(topic)),
                "the transaction is not listed");
        holds(
                got(admin.describeTransactions(List.of(topic)).all()).containsKey(topic),
                "not described");
        List<TopicPartition> partitions =
                new ArrayList<>(Arrays.asList(new TopicPartition(topic, 1)));
        var producers = got(admin.describeProducers(partitions).all()).get(partitions.getFirst());
        holds(producers.activeProducers().size() == 1, producers.toString());
        got(admin.deleteTopics(List.of(topic)).all());
    }
}
