package io.polymq.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.CreateTopicsOptions;
import org.apache.kafka.clients.admin.DescribeClusterOptions;
import org.apache.kafka.clients.admin.DescribeTopicsOptions;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.admin.ScramCredentialInfo;
import org.apache.kafka.clients.admin.ScramMechanism;
import org.apache.kafka.clients.admin.UserScramCredentialAlteration;
import org.apache.kafka.clients.admin.UserScramCredentialDeletion;
import org.apache.kafka.clients.admin.UserScramCredentialUpsertion;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.acl.AccessControlEntry;
import org.apache.kafka.common.acl.AclBinding;
import org.apache.kafka.common.acl.AclBindingFilter;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.acl.AclPermissionType;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.quota.ClientQuotaAlteration;
import org.apache.kafka.common.quota.ClientQuotaEntity;
import org.apache.kafka.common.quota.ClientQuotaFilter;
import org.apache.kafka.common.quota.ClientQuotaFilterComponent;
import org.apache.kafka.common.resource.PatternType;
import org.apache.kafka.common.resource.ResourcePattern;
import org.apache.kafka.common.resource.ResourceType;
import org.apache.kafka.common.serialization.StringSerializer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Access rules, credentials and quotas are answered as Apache Kafka answers them. The peer is one
 * whose address {@code POLYMQ_KAFKA_SASL_PEER} tells: SASL_PLAINTEXT with the super user admin of
 * password admin-secret by PLAIN, SCRAM-SHA-256, and allow.everyone.if.no.acl.found=false.
 */
@Tag("peer")
class SecurityPeerTest {

    private static final String TOPIC = "diff.topic";
    private static final String GROUP = "diff.group";

    private static @Nullable TestServer server;
    private static final Map<String, String> SIDES = new LinkedHashMap<>();

    /** What is asked, by whom. */
    private interface Question {
        Object ask(Admin admin) throws Exception;
    }

    @BeforeAll
    static void start() throws Exception {
        TestServer started =
                TestServer.configured(
                        """
                        [auth]
                        password_iterations = 1000
                        scram_iterations = 4096
                        without_rule = "deny"
                        users = [{name = "admin", password = "admin-secret", admin = true}]
                        [auth.backoff]
                        after = 0
                        """);
        server = started;
        SIDES.put("polymq", started.bootstrap());
        SIDES.put("kafka", System.getenv("POLYMQ_KAFKA_SASL_PEER"));
        for (String side : SIDES.keySet()) {
            try (Admin admin = admin(side, "admin")) {
                done(
                        admin.alterUserScramCredentials(
                                        List.of(
                                                new UserScramCredentialUpsertion(
                                                        "alice",
                                                        new ScramCredentialInfo(
                                                                ScramMechanism.SCRAM_SHA_256, 4096),
                                                        "alice-secret")))
                                .all());
                done(admin.createTopics(List.of(new NewTopic(TOPIC, 2, (short) 1))).all());
            }
        }
    }

    @AfterAll
    static void stop() throws Exception {
        try (Admin admin = admin("kafka", "admin")) {
            admin.deleteTopics(List.of(TOPIC)).all().get(20, TimeUnit.SECONDS);
            // A group that is left there would be in the next run's lists.
            admin.deleteConsumerGroups(List.of(GROUP)).all().get(20, TimeUnit.SECONDS);
        }
        if (server != null) {
            server.close();
        }
    }

    private static Map<String, Object> login(String side, String user) {
        boolean plain = user.equals("admin");
        return new HashMap<>(
                Map.of(
                        "bootstrap.servers",
                        SIDES.get(side),
                        "security.protocol",
                        "SASL_PLAINTEXT",
                        "sasl.mechanism",
                        plain ? "PLAIN" : "SCRAM-SHA-256",
                        "request.timeout.ms",
                        10_000,
                        "default.api.timeout.ms",
                        20_000,
                        "sasl.jaas.config",
                        "org.apache.kafka.common.security."
                                + (plain ? "plain.Plain" : "scram.Scram")
                                + "LoginModule required username=\""
                                + user
                                + "\" password=\""
                                + user
                                + "-secret\";"));
    }

    private static Admin admin(String side, String user) {
        return Admin.create(login(side, user));
    }

    private static <T> T done(Future<T> future) throws Exception {
        try {
            return future.get(20, TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            throw e.getCause() instanceof Exception cause ? cause : e;
        }
    }

    private static String outcome(Admin admin, Question question) {
        try {
            return String.valueOf(question.ask(admin));
        } catch (Exception e) {
            return e.getClass().getSimpleName();
        }
    }

    private static final Map<String, Question> QUESTIONS = new LinkedHashMap<>();

    private static void ask(String name, Question question) {
        QUESTIONS.put(name, question);
    }

    private static String names(Collection<?> all) {
        Set<String> sorted = new TreeSet<>();
        all.forEach(one -> sorted.add(String.valueOf(one)));
        return sorted.toString();
    }

    static {
        ConfigResource topic = new ConfigResource(ConfigResource.Type.TOPIC, TOPIC);
        ConfigResource broker = new ConfigResource(ConfigResource.Type.BROKER, "1");
        TopicPartition first = new TopicPartition(TOPIC, 0);
        ask("list topics", a -> done(a.listTopics().names()).contains(TOPIC));
        ask("describe topic", a -> done(a.describeTopics(Set.of(TOPIC)).allTopicNames()).keySet());
        ask(
                "topic operations",
                a ->
                        names(
                                done(a.describeTopics(
                                                        Set.of(TOPIC),
                                                        new DescribeTopicsOptions()
                                                                .includeAuthorizedOperations(true))
                                                .allTopicNames())
                                        .get(TOPIC)
                                        .authorizedOperations()));
        ask(
                "cluster operations",
                a ->
                        names(
                                done(
                                        a.describeCluster(
                                                        new DescribeClusterOptions()
                                                                .includeAuthorizedOperations(true))
                                                .authorizedOperations())));
        ask(
                "create topic",
                a ->
                        done(
                                a.createTopics(
                                                List.of(new NewTopic("diff.new", 1, (short) 1)),
                                                new CreateTopicsOptions().validateOnly(true))
                                        .all()));
        ask("delete topic", a -> done(a.deleteTopics(List.of("diff.none")).all()));
        ask(
                "grow topic",
                a -> done(a.createPartitions(Map.of(TOPIC, NewPartitions.increaseTo(1))).all()));
        ask("topic configs", a -> !done(a.describeConfigs(List.of(topic)).all()).isEmpty());
        ask("broker configs", a -> !done(a.describeConfigs(List.of(broker)).all()).isEmpty());
        ask(
                "alter topic configs",
                a ->
                        done(
                                a.incrementalAlterConfigs(
                                                Map.of(
                                                        topic,
                                                        List.of(
                                                                new AlterConfigOp(
                                                                        new ConfigEntry(
                                                                                "retention.ms",
                                                                                "100000000"),
                                                                        AlterConfigOp.OpType.SET))))
                                        .all()));
        ask(
                "list offsets",
                a -> done(a.listOffsets(Map.of(first, OffsetSpec.earliest())).all()).keySet());
        ask(
                "delete records",
                a -> done(a.deleteRecords(Map.of(first, RecordsToDelete.beforeOffset(0))).all()));
        ask("describe producers", a -> done(a.describeProducers(List.of(first)).all()).keySet());
        ask("log dirs", a -> done(a.describeLogDirs(List.of(1)).allDescriptions()).keySet());
        ask("list groups", a -> names(done(a.listGroups().all())));
        ask(
                "group offsets",
                a ->
                        done(
                                a.alterConsumerGroupOffsets(
                                                GROUP, Map.of(first, new OffsetAndMetadata(0)))
                                        .all()));
        ask("delete group", a -> done(a.deleteConsumerGroups(List.of("diff.none")).all()));
        ask("acls", a -> done(a.describeAcls(AclBindingFilter.ANY).values()).isEmpty());
        ask("scram", a -> done(a.describeUserScramCredentials(List.of("alice")).all()).keySet());
        ask(
                "alter scram",
                a ->
                        done(
                                a.alterUserScramCredentials(
                                                List.of(
                                                        new UserScramCredentialDeletion(
                                                                "nobody",
                                                                ScramMechanism.SCRAM_SHA_256)))
                                        .all()));
        ask("quotas", a -> done(a.describeClientQuotas(ClientQuotaFilter.all()).entities()).size());
        ask("reassignments", a -> done(a.listPartitionReassignments().reassignments()).size());
        ask("quorum", a -> done(a.describeMetadataQuorum().quorumInfo()).leaderId() == 1);
        ask("tokens", a -> done(a.describeDelegationToken().delegationTokens()).size());
    }

    private static Map<String, String> answers(String side, String user) throws Exception {
        Map<String, String> answers = new LinkedHashMap<>();
        try (Admin admin = admin(side, user)) {
            QUESTIONS.forEach((name, question) -> answers.put(name, outcome(admin, question)));
        }
        Map<String, Object> settings = login(side, user);
        settings.put("max.block.ms", 10_000);
        try (Producer<String, String> producer =
                new KafkaProducer<>(settings, new StringSerializer(), new StringSerializer())) {
            try {
                done(producer.send(new ProducerRecord<>(TOPIC, 0, null, "x")));
                answers.put("produce", "ok");
            } catch (Exception e) {
                answers.put("produce", e.getClass().getSimpleName());
            }
            producer.close(Duration.ofSeconds(5));
        }
        return answers;
    }

    private static AclBinding acl(
            ResourceType type,
            String name,
            PatternType pattern,
            String host,
            AclOperation operation,
            AclPermissionType permission) {
        return new AclBinding(
                new ResourcePattern(type, name, pattern),
                new AccessControlEntry("User:alice", host, operation, permission));
    }

    private static AclBinding allow(ResourceType type, AclOperation operation) {
        String name =
                switch (type) {
                    case CLUSTER -> "kafka-cluster";
                    case GROUP -> GROUP;
                    default -> TOPIC;
                };
        return acl(type, name, PatternType.LITERAL, "*", operation, AclPermissionType.ALLOW);
    }

    private static List<List<AclBinding>> situations() {
        List<List<AclBinding>> all = new ArrayList<>();
        all.add(List.of());
        for (AclOperation operation :
                List.of(
                        AclOperation.READ,
                        AclOperation.WRITE,
                        AclOperation.CREATE,
                        AclOperation.DELETE,
                        AclOperation.ALTER,
                        AclOperation.DESCRIBE,
                        AclOperation.DESCRIBE_CONFIGS,
                        AclOperation.ALTER_CONFIGS,
                        AclOperation.ALL)) {
            all.add(List.of(allow(ResourceType.TOPIC, operation)));
        }
        for (AclOperation operation :
                List.of(
                        AclOperation.CREATE,
                        AclOperation.DELETE,
                        AclOperation.ALTER,
                        AclOperation.DESCRIBE,
                        AclOperation.DESCRIBE_CONFIGS,
                        AclOperation.ALTER_CONFIGS,
                        AclOperation.IDEMPOTENT_WRITE,
                        AclOperation.CLUSTER_ACTION,
                        AclOperation.ALL)) {
            all.add(List.of(allow(ResourceType.CLUSTER, operation)));
        }
        for (AclOperation operation :
                List.of(AclOperation.READ, AclOperation.DESCRIBE, AclOperation.DELETE)) {
            all.add(
                    List.of(
                            allow(ResourceType.GROUP, operation),
                            allow(ResourceType.TOPIC, AclOperation.READ)));
        }
        AclPermissionType yes = AclPermissionType.ALLOW;
        AclPermissionType no = AclPermissionType.DENY;
        ResourceType of = ResourceType.TOPIC;
        AclBinding prefixed = acl(of, "diff.", PatternType.PREFIXED, "*", AclOperation.ALL, yes);
        AclBinding every = acl(of, "*", PatternType.LITERAL, "*", AclOperation.ALL, yes);
        AclBinding elsewhere = acl(of, "*", PatternType.LITERAL, "10.0.0.1", AclOperation.ALL, yes);
        AclBinding here = acl(of, TOPIC, PatternType.LITERAL, "127.0.0.1", AclOperation.ALL, yes);
        AclBinding noWrite = acl(of, TOPIC, PatternType.LITERAL, "*", AclOperation.WRITE, no);
        AclBinding noLook = acl(of, "di", PatternType.PREFIXED, "*", AclOperation.DESCRIBE, no);
        AclBinding nothing = acl(of, "*", PatternType.LITERAL, "*", AclOperation.ALL, no);
        AclBinding noThere = acl(of, TOPIC, PatternType.LITERAL, "10.0.0.1", AclOperation.ALL, no);
        all.add(List.of(prefixed));
        all.add(List.of(every));
        all.add(List.of(elsewhere));
        all.add(List.of(here));
        all.add(List.of(every, noWrite));
        all.add(List.of(every, noLook));
        all.add(List.of(every, nothing));
        all.add(List.of(here, noThere));
        return all;
    }

    @Test
    void everySituationIsAnsweredAsKafkaDoes() throws Exception {
        Map<String, String> differences = new TreeMap<>();
        for (List<AclBinding> situation : situations()) {
            Map<String, Map<String, String>> answers = new HashMap<>();
            for (String side : SIDES.keySet()) {
                try (Admin admin = admin(side, "admin")) {
                    done(admin.createAcls(situation).all());
                    answers.put(side, answers(side, "alice"));
                    done(
                            admin.deleteAcls(situation.stream().map(AclBinding::toFilter).toList())
                                    .all());
                }
            }
            answers.get("kafka")
                    .forEach(
                            (question, expected) -> {
                                String ours = answers.get("polymq").get(question);
                                if (!expected.equals(ours)) {
                                    differences.put(
                                            situation + " " + question,
                                            "kafka " + expected + ", polymq " + ours);
                                }
                            });
        }
        assertThat(differences).isEmpty();
    }

    @Test
    void credentialsAreChangedAndRefusedAsKafkaDoes() throws Exception {
        List<UserScramCredentialAlteration> alterations =
                List.of(
                        upsertion("", 4096),
                        upsertion("few", 100),
                        upsertion("many", 20_000),
                        new UserScramCredentialDeletion("nobody", ScramMechanism.SCRAM_SHA_512));
        Map<String, List<String>> answers = new HashMap<>();
        for (String side : SIDES.keySet()) {
            List<String> outcomes = new ArrayList<>();
            try (Admin admin = admin(side, "admin")) {
                for (UserScramCredentialAlteration alteration : alterations) {
                    outcomes.add(
                            message(
                                    () ->
                                            done(
                                                    admin.alterUserScramCredentials(
                                                                    List.of(alteration))
                                                            .all())));
                }
                outcomes.add(
                        message(
                                () ->
                                        done(
                                                admin.describeUserScramCredentials(
                                                                List.of("nobody"))
                                                        .description("nobody"))));
            }
            answers.put(side, outcomes);
        }
        assertThat(answers.get("polymq")).isEqualTo(answers.get("kafka"));
    }

    private static UserScramCredentialUpsertion upsertion(String user, int iterations) {
        return new UserScramCredentialUpsertion(
                user,
                new ScramCredentialInfo(ScramMechanism.SCRAM_SHA_256, iterations),
                "a-password");
    }

    private interface Step {
        Object run() throws Exception;
    }

    private static String message(Step step) {
        try {
            return String.valueOf(step.run());
        } catch (Exception e) {
            return e.getClass().getSimpleName();
        }
    }

    @Test
    void quotasAreSetAndRefusedAsKafkaDoes() throws Exception {
        Map<String, List<String>> answers = new HashMap<>();
        for (String side : SIDES.keySet()) {
            List<String> outcomes = new ArrayList<>();
            try (Admin admin = admin(side, "admin")) {
                Map<String, @Nullable String> anyone = new HashMap<>();
                anyone.put("user", null);
                for (Map<String, @Nullable String> entity :
                        List.of(
                                Map.of("user", "u"),
                                Map.of("user", "u", "client-id", "c"),
                                anyone,
                                Map.of("ip", "10.0.0.1"),
                                Map.of("ip", "10.0.0.1", "user", "u"),
                                Map.of("planet", "x"),
                                Map.<String, @Nullable String>of())) {
                    for (String key :
                            List.of(
                                    "producer_byte_rate",
                                    "request_percentage",
                                    "controller_mutation_rate",
                                    "connection_creation_rate",
                                    "nonsense")) {
                        for (Double value : new Double[] {10.0, 10.5, 0.0, -1.0, null}) {
                            outcomes.add(
                                    entity
                                            + " "
                                            + key
                                            + " "
                                            + value
                                            + ": "
                                            + message(() -> change(admin, entity, key, value)));
                        }
                    }
                }
                outcomes.add(
                        message(
                                () ->
                                        done(
                                                admin.describeClientQuotas(
                                                                ClientQuotaFilter.containsOnly(
                                                                        List.of(
                                                                                ClientQuotaFilterComponent
                                                                                        .ofEntity(
                                                                                                "planet",
                                                                                                "x"))))
                                                        .entities())));
            }
            answers.put(side, outcomes);
        }
        assertThat(answers.get("polymq")).isEqualTo(answers.get("kafka"));
    }

    private static @Nullable Object change(
            Admin admin, Map<String, @Nullable String> entity, String key, @Nullable Double value)
            throws Exception {
        return done(
                admin.alterClientQuotas(
                                List.of(
                                        new ClientQuotaAlteration(
                                                new ClientQuotaEntity(entity),
                                                List.of(new ClientQuotaAlteration.Op(key, value)))))
                        .all());
    }
}
