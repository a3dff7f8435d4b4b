package io.polymq.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.CreateDelegationTokenOptions;
import org.apache.kafka.clients.admin.DescribeTopicsOptions;
import org.apache.kafka.clients.admin.ExpireDelegationTokenOptions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.ScramCredentialInfo;
import org.apache.kafka.clients.admin.ScramMechanism;
import org.apache.kafka.clients.admin.UserScramCredentialDeletion;
import org.apache.kafka.clients.admin.UserScramCredentialUpsertion;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.acl.AccessControlEntry;
import org.apache.kafka.common.acl.AccessControlEntryFilter;
import org.apache.kafka.common.acl.AclBinding;
import org.apache.kafka.common.acl.AclBindingFilter;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.acl.AclPermissionType;
import org.apache.kafka.common.errors.ClusterAuthorizationException;
import org.apache.kafka.common.errors.InvalidRequestException;
import org.apache.kafka.common.errors.ResourceNotFoundException;
import org.apache.kafka.common.errors.SaslAuthenticationException;
import org.apache.kafka.common.errors.ThrottlingQuotaExceededException;
import org.apache.kafka.common.errors.TopicAuthorizationException;
import org.apache.kafka.common.errors.UnsupportedByAuthenticationException;
import org.apache.kafka.common.message.ApiVersionsRequestData;
import org.apache.kafka.common.message.ApiVersionsResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.quota.ClientQuotaAlteration;
import org.apache.kafka.common.quota.ClientQuotaEntity;
import org.apache.kafka.common.quota.ClientQuotaFilter;
import org.apache.kafka.common.resource.PatternType;
import org.apache.kafka.common.resource.ResourcePattern;
import org.apache.kafka.common.resource.ResourceType;
import org.apache.kafka.common.security.auth.KafkaPrincipal;
import org.apache.kafka.common.security.token.delegation.DelegationToken;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Logins, access rules, tokens and quotas, with Kafka's own Java clients. */
class SecurityClientsTest {

    private static TestServer server;
    private static Admin root;

    @BeforeAll
    static void start() {
        server =
                TestServer.configured(
                        """
                        [auth]
                        password_iterations = 1000
                        scram_iterations = 4096
                        without_rule = "deny"
                        users = [
                          {name = "root", password = "root-secret", admin = true},
                          {name = "alice", password = "alice-secret"},
                          {name = "bob", password = "bob-secret"},
                          {name = "boss", password = "boss-secret"},
                        ]
                        [auth.backoff]
                        after = 0
                        [kafka_runtime.security]
                        super_users = ["boss"]
                        """);
        root = admin("root", "PLAIN");
    }

    @AfterAll
    static void stop() {
        root.close(Duration.ofSeconds(5));
        server.close();
    }

    static Map<String, Object> login(String user, String secret, String mechanism, String more) {
        String module =
                mechanism.equals("PLAIN")
                        ? "org.apache.kafka.common.security.plain.PlainLoginModule"
                        : "org.apache.kafka.common.security.scram.ScramLoginModule";
        Map<String, Object> settings = new HashMap<>();
        settings.put("bootstrap.servers", server.bootstrap());
        settings.put("security.protocol", "SASL_PLAINTEXT");
        settings.put("sasl.mechanism", mechanism);
        settings.put("request.timeout.ms", 10_000);
        settings.put("default.api.timeout.ms", 20_000);
        settings.put(
                "sasl.jaas.config",
                module
                        + " required username=\""
                        + user
                        + "\" password=\""
                        + secret
                        + "\""
                        + more
                        + ";");
        return settings;
    }

    private static Admin admin(String user, String mechanism) {
        return Admin.create(login(user, user + "-secret", mechanism, ""));
    }

    private static Producer<String, String> producer(String user) {
        Map<String, Object> settings = login(user, user + "-secret", "SCRAM-SHA-256", "");
        settings.put("max.block.ms", 10_000);
        settings.put("client.id", user + "-producer");
        return new KafkaProducer<>(settings, new StringSerializer(), new StringSerializer());
    }

    private static <T> T done(Future<T> future) throws Exception {
        try {
            return future.get(20, TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            throw (Exception) e.getCause();
        }
    }

    private static String topic() throws Exception {
        String name = "t." + UUID.randomUUID();
        done(root.createTopics(List.of(new NewTopic(name, 1, (short) 1))).all());
        return name;
    }

    private static AclBinding acl(
            ResourceType type,
            String name,
            PatternType pattern,
            String user,
            String host,
            AclOperation operation,
            AclPermissionType permission) {
        return new AclBinding(
                new ResourcePattern(type, name, pattern),
                new AccessControlEntry("User:" + user, host, operation, permission));
    }

    private static AclBinding allowed(String topic, String user, AclOperation operation) {
        return acl(
                ResourceType.TOPIC,
                topic,
                PatternType.LITERAL,
                user,
                "*",
                operation,
                AclPermissionType.ALLOW);
    }

    @ParameterizedTest
    @ValueSource(strings = {"PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"})
    void usersLogInByEachMechanism(String mechanism) throws Exception {
        try (Admin alice = admin("alice", mechanism)) {
            assertThat(done(alice.describeCluster().nodes())).hasSize(1);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"})
    void aWrongPasswordIsRefusedAsSuch(String mechanism) {
        try (Admin nobody = Admin.create(login("alice", "guess", mechanism, ""))) {
            assertThatThrownBy(() -> done(nobody.describeCluster().nodes()))
                    .isInstanceOf(SaslAuthenticationException.class)
                    .hasMessageContaining("Authentication failed");
        }
    }

    @Test
    void producingNeedsAnAclAndEndsWithIt() throws Exception {
        String topic = topic();
        try (Producer<String, String> alice = producer("alice")) {
            assertThatThrownBy(() -> done(alice.send(new ProducerRecord<>(topic, "no"))))
                    .isInstanceOf(TopicAuthorizationException.class);
            AclBinding write = allowed(topic, "alice", AclOperation.WRITE);
            done(root.createAcls(List.of(write)).all());
            assertThat(done(alice.send(new ProducerRecord<>(topic, "yes"))).offset()).isZero();
            done(root.deleteAcls(List.of(write.toFilter())).all());
            assertThatThrownBy(() -> done(alice.send(new ProducerRecord<>(topic, "no more"))))
                    .isInstanceOf(TopicAuthorizationException.class);
        }
    }

    @Test
    void denyingBeatsAllowingAndPrefixesAndHostsCount() throws Exception {
        String topic = topic();
        String prefix = topic.substring(0, 10);
        AclBinding all =
                acl(
                        ResourceType.TOPIC,
                        prefix,
                        PatternType.PREFIXED,
                        "bob",
                        "127.0.0.1",
                        AclOperation.ALL,
                        AclPermissionType.ALLOW);
        AclBinding no =
                acl(
                        ResourceType.TOPIC,
                        topic,
                        PatternType.LITERAL,
                        "*",
                        "*",
                        AclOperation.WRITE,
                        AclPermissionType.DENY);
        AclBinding elsewhere =
                acl(
                        ResourceType.TOPIC,
                        topic,
                        PatternType.LITERAL,
                        "alice",
                        "10.0.0.1",
                        AclOperation.ALL,
                        AclPermissionType.ALLOW);
        done(root.createAcls(List.of(all, no, elsewhere)).all());
        try (Producer<String, String> bob = producer("bob");
                Admin asBob = admin("bob", "PLAIN");
                Admin asAlice = admin("alice", "PLAIN")) {
            assertThat(done(asBob.describeTopics(Set.of(topic)).allTopicNames())).hasSize(1);
            assertThatThrownBy(() -> done(bob.send(new ProducerRecord<>(topic, "no"))))
                    .isInstanceOf(TopicAuthorizationException.class);
            assertThatThrownBy(() -> done(asAlice.describeTopics(Set.of(topic)).allTopicNames()))
                    .isInstanceOf(TopicAuthorizationException.class);
            assertThat(done(asAlice.listTopics().names())).doesNotContain(topic);
            var operations =
                    done(asBob.describeTopics(
                                            Set.of(topic),
                                            new DescribeTopicsOptions()
                                                    .includeAuthorizedOperations(true))
                                    .allTopicNames())
                            .get(topic)
                            .authorizedOperations();
            assertThat(operations)
                    .contains(AclOperation.READ, AclOperation.ALTER_CONFIGS)
                    .doesNotContain(AclOperation.WRITE);
        }
        AclBindingFilter match =
                new AclBindingFilter(
                        new org.apache.kafka.common.resource.ResourcePatternFilter(
                                ResourceType.TOPIC, topic, PatternType.MATCH),
                        AccessControlEntryFilter.ANY);
        assertThat(done(root.describeAcls(match).values()))
                .containsExactlyInAnyOrder(all, no, elsewhere);
        assertThat(done(root.deleteAcls(List.of(match)).all())).hasSize(3);
        assertThat(done(root.describeAcls(match).values())).isEmpty();
    }

    @Test
    void accessRulesAreForThoseWhoMayAlterTheCluster() throws Exception {
        try (Admin alice = admin("alice", "PLAIN");
                Admin boss = admin("boss", "PLAIN")) {
            AclBinding any = allowed("x", "alice", AclOperation.READ);
            assertThatThrownBy(() -> done(alice.createAcls(List.of(any)).all()))
                    .isInstanceOf(ClusterAuthorizationException.class);
            assertThatThrownBy(() -> done(alice.describeAcls(AclBindingFilter.ANY).values()))
                    .isInstanceOf(ClusterAuthorizationException.class);
            done(boss.createAcls(List.of(any)).all());
            assertThat(done(boss.deleteAcls(List.of(any.toFilter())).all())).hasSize(1);
            AclBinding cluster =
                    acl(
                            ResourceType.CLUSTER,
                            "another",
                            PatternType.LITERAL,
                            "alice",
                            "*",
                            AclOperation.ALTER,
                            AclPermissionType.ALLOW);
            assertThatThrownBy(() -> done(root.createAcls(List.of(cluster)).all()))
                    .isInstanceOf(InvalidRequestException.class)
                    .hasMessageContaining("kafka-cluster");
        }
    }

    @Test
    void scramCredentialsMakeUsersWhoCanLogIn() throws Exception {
        done(
                root.alterUserScramCredentials(
                                List.of(
                                        new UserScramCredentialUpsertion(
                                                "carol",
                                                new ScramCredentialInfo(
                                                        ScramMechanism.SCRAM_SHA_256, 4096),
                                                "carol-secret")))
                        .all());
        try (Admin carol = admin("carol", "SCRAM-SHA-256")) {
            assertThat(done(carol.describeCluster().nodes())).hasSize(1);
        }
        assertThat(
                        done(root.describeUserScramCredentials(List.of("carol")).all())
                                .get("carol")
                                .credentialInfos())
                .containsExactly(new ScramCredentialInfo(ScramMechanism.SCRAM_SHA_256, 4096));
        done(
                root.alterUserScramCredentials(
                                List.of(
                                        new UserScramCredentialDeletion(
                                                "carol", ScramMechanism.SCRAM_SHA_256)))
                        .all());
        assertThatThrownBy(
                        () ->
                                done(
                                        root.describeUserScramCredentials(List.of("carol"))
                                                .description("carol")))
                .isInstanceOf(ResourceNotFoundException.class);
        try (Admin carol = admin("carol", "SCRAM-SHA-256")) {
            assertThatThrownBy(() -> done(carol.describeCluster().nodes()))
                    .isInstanceOf(SaslAuthenticationException.class);
        }
    }

    @Test
    void aDelegationTokenWorksForItsOwnerUntilItEnds() throws Exception {
        try (Admin alice = admin("alice", "SCRAM-SHA-512")) {
            DelegationToken token =
                    done(
                            alice.createDelegationToken(
                                            new CreateDelegationTokenOptions()
                                                    .renewers(
                                                            List.of(
                                                                    new KafkaPrincipal(
                                                                            "User", "bob"))))
                                    .delegationToken());
            String id = token.tokenInfo().tokenId();
            Map<String, Object> settings =
                    login(id, token.hmacAsBase64String(), "SCRAM-SHA-256", " tokenauth=\"true\"");
            try (Admin byToken = Admin.create(settings)) {
                assertThat(done(byToken.describeCluster().nodes())).hasSize(1);
                assertThatThrownBy(() -> done(byToken.createDelegationToken().delegationToken()))
                        .isInstanceOf(UnsupportedByAuthenticationException.class);
            }
            try (Admin bob = admin("bob", "PLAIN")) {
                assertThat(done(bob.describeDelegationToken().delegationTokens()))
                        .extracting(found -> found.tokenInfo().tokenId())
                        .contains(id);
                assertThat(done(bob.renewDelegationToken(token.hmac()).expiryTimestamp()))
                        .isLessThanOrEqualTo(token.tokenInfo().maxTimestamp());
            }
            done(
                    alice.expireDelegationToken(
                                    token.hmac(),
                                    new ExpireDelegationTokenOptions().expiryTimePeriodMs(-1))
                            .expiryTimestamp());
            assertThat(done(alice.describeDelegationToken().delegationTokens())).isEmpty();
            try (Admin byToken = Admin.create(settings)) {
                assertThatThrownBy(() -> done(byToken.describeCluster().nodes()))
                        .isInstanceOf(SaslAuthenticationException.class);
            }
        }
    }

    @Test
    void quotasAreKeptDescribedAndTakenAway() throws Exception {
        ClientQuotaEntity both = new ClientQuotaEntity(Map.of("user", "u%1&=", "client-id", "c"));
        Map<String, String> someone = new HashMap<>();
        someone.put("client-id", null);
        ClientQuotaEntity byDefault = new ClientQuotaEntity(someone);
        done(
                root.alterClientQuotas(
                                List.of(
                                        new ClientQuotaAlteration(
                                                both,
                                                List.of(
                                                        new ClientQuotaAlteration.Op(
                                                                "producer_byte_rate", 1e9),
                                                        new ClientQuotaAlteration.Op(
                                                                "request_percentage", 150.5))),
                                        new ClientQuotaAlteration(
                                                byDefault,
                                                List.of(
                                                        new ClientQuotaAlteration.Op(
                                                                "consumer_byte_rate", 1e9)))))
                        .all());
        assertThat(done(root.describeClientQuotas(ClientQuotaFilter.all()).entities()))
                .containsEntry(both, Map.of("producer_byte_rate", 1e9, "request_percentage", 150.5))
                .containsEntry(byDefault, Map.of("consumer_byte_rate", 1e9));
        List<ClientQuotaAlteration> removal = new ArrayList<>();
        removal.add(
                new ClientQuotaAlteration(
                        both,
                        List.of(
                                new ClientQuotaAlteration.Op("producer_byte_rate", null),
                                new ClientQuotaAlteration.Op("request_percentage", null))));
        removal.add(
                new ClientQuotaAlteration(
                        byDefault,
                        List.of(new ClientQuotaAlteration.Op("consumer_byte_rate", null))));
        done(root.alterClientQuotas(removal).all());
        assertThat(done(root.describeClientQuotas(ClientQuotaFilter.all()).entities()))
                .doesNotContainKeys(both, byDefault);
        assertThatThrownBy(
                        () ->
                                done(
                                        root.alterClientQuotas(
                                                        List.of(
                                                                new ClientQuotaAlteration(
                                                                        both,
                                                                        List.of(
                                                                                new ClientQuotaAlteration
                                                                                        .Op(
                                                                                        "nonsense",
                                                                                        1.0)))))
                                                .all()))
                .isInstanceOf(InvalidRequestException.class);
    }

    @Test
    void whoProducesMoreThanItsQuotaIsToldToWait() throws Exception {
        String topic = topic();
        done(root.createAcls(List.of(allowed(topic, "bob", AclOperation.WRITE))).all());
        limit("bob", "producer_byte_rate", 20_000.0);
        try (Producer<String, String> bob = producer("bob")) {
            String large = "x".repeat(100_000);
            for (int i = 0; i < 4; i++) {
                done(bob.send(new ProducerRecord<>(topic, large)));
            }
            double waited =
                    bob.metrics().entrySet().stream()
                            .filter(
                                    metric ->
                                            metric.getKey()
                                                    .name()
                                                    .equals("produce-throttle-time-max"))
                            .mapToDouble(metric -> (double) metric.getValue().metricValue())
                            .max()
                            .orElse(0);
            assertThat(waited).isGreaterThan(100);
        } finally {
            limit("bob", "producer_byte_rate", null);
        }
    }

    @Test
    void whoChangesMoreOfTheMetadataThanItsQuotaIsRefused() throws Exception {
        limit("boss", "controller_mutation_rate", 1.0);
        Map<String, Object> settings = login("boss", "boss-secret", "PLAIN", "");
        try (Admin boss = Admin.create(settings)) {
            var options =
                    new org.apache.kafka.clients.admin.CreateTopicsOptions()
                            .retryOnQuotaViolation(false);
            done(
                    boss.createTopics(
                                    List.of(new NewTopic("m." + UUID.randomUUID(), 40, (short) 1)))
                            .all());
            assertThatThrownBy(
                            () ->
                                    done(
                                            boss.createTopics(
                                                            List.of(
                                                                    new NewTopic(
                                                                            "m."
                                                                                    + UUID
                                                                                            .randomUUID(),
                                                                            1,
                                                                            (short) 1)),
                                                            options)
                                                    .all()))
                    .isInstanceOf(ThrottlingQuotaExceededException.class);
        } finally {
            limit("boss", "controller_mutation_rate", null);
        }
    }

    @Test
    void connectionsFromAnAddressOverItsQuotaAreClosed() throws Exception {
        ClientQuotaEntity here = new ClientQuotaEntity(Map.of("ip", "127.0.0.1"));
        TestServer other = new TestServer(0);
        try (other;
                Admin admin = Admin.create(Map.of("bootstrap.servers", other.bootstrap()))) {
            done(
                    admin.alterClientQuotas(
                                    List.of(
                                            new ClientQuotaAlteration(
                                                    here,
                                                    List.of(
                                                            new ClientQuotaAlteration.Op(
                                                                    "connection_creation_rate",
                                                                    1.0)))))
                            .all());
            boolean closed = false;
            for (int i = 0; i < 40 && !closed; i++) {
                try (RawClient client = new RawClient(other.port())) {
                    client.ask(
                            ApiKeys.API_VERSIONS,
                            0,
                            new ApiVersionsRequestData(),
                            ApiVersionsResponseData.class);
                } catch (IOException e) {
                    closed = true;
                }
            }
            assertThat(closed).isTrue();
        }
    }

    private static void limit(String user, String key, Double value) throws Exception {
        done(
                root.alterClientQuotas(
                                List.of(
                                        new ClientQuotaAlteration(
                                                new ClientQuotaEntity(Map.of("user", user)),
                                                List.of(new ClientQuotaAlteration.Op(key, value)))))
                        .all());
    }
}
