package io.polymq.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.ScramCredentialInfo;
import org.apache.kafka.clients.admin.ScramMechanism;
import org.apache.kafka.clients.admin.UserScramCredentialUpsertion;
import org.apache.kafka.clients.consumer.AcknowledgeType;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaShareConsumer;
import org.apache.kafka.clients.consumer.ShareConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.acl.AccessControlEntry;
import org.apache.kafka.common.acl.AclBinding;
import org.apache.kafka.common.acl.AclBindingFilter;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.acl.AclPermissionType;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.quota.ClientQuotaAlteration;
import org.apache.kafka.common.quota.ClientQuotaEntity;
import org.apache.kafka.common.quota.ClientQuotaFilter;
import org.apache.kafka.common.resource.PatternType;
import org.apache.kafka.common.resource.ResourcePattern;
import org.apache.kafka.common.resource.ResourceType;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Rules, credentials, quotas and what share groups have done are there after a kill. */
class SecurityRestartTest {

    private static final AclBinding ACL =
            new AclBinding(
                    new ResourcePattern(ResourceType.TOPIC, "t", PatternType.LITERAL),
                    new AccessControlEntry(
                            "User:alice", "*", AclOperation.READ, AclPermissionType.ALLOW));
    private static final ClientQuotaEntity WHO = new ClientQuotaEntity(Map.of("user", "alice"));
    private static final String GROUP = "sharers";

    @TempDir private Path folder;

    private static <T> T done(Future<T> future) throws Exception {
        return future.get(30, TimeUnit.SECONDS);
    }

    private static Map<String, Object> at(RestartTest.Broker broker) {
        return new HashMap<>(Map.of("bootstrap.servers", "127.0.0.1:" + broker.port));
    }

    private static List<ConsumerRecord<String, String>> take(
            RestartTest.Broker broker, int records) {
        Map<String, Object> settings = at(broker);
        settings.put("group.id", GROUP);
        settings.put("share.acknowledgement.mode", "explicit");
        settings.put("max.poll.records", 1);
        List<ConsumerRecord<String, String>> got = new ArrayList<>();
        try (ShareConsumer<String, String> consumer =
                new KafkaShareConsumer<>(
                        settings, new StringDeserializer(), new StringDeserializer())) {
            consumer.subscribe(Set.of("t"));
            long end = System.nanoTime() + Duration.ofSeconds(30).toNanos();
            while (got.size() < records && System.nanoTime() < end) {
                for (ConsumerRecord<String, String> record :
                        consumer.poll(Duration.ofMillis(200))) {
                    boolean wanted = got.size() < records;
                    consumer.acknowledge(
                            record, wanted ? AcknowledgeType.ACCEPT : AcknowledgeType.RELEASE);
                    if (wanted) {
                        got.add(record);
                    }
                }
                assertThat(consumer.commitSync(Duration.ofSeconds(20)).values())
                        .allMatch(error -> error.isEmpty());
            }
        }
        return got;
    }

    @Test
    void allOfItIsThereAfterAKill() throws Exception {
        try (RestartTest.Broker broker = new RestartTest.Broker(folder);
                Admin admin = Admin.create(at(broker))) {
            done(admin.createTopics(List.of(new NewTopic("t", 1, (short) 1))).all());
            done(admin.createAcls(List.of(ACL)).all());
            done(
                    admin.alterUserScramCredentials(
                                    List.of(
                                            new UserScramCredentialUpsertion(
                                                    "alice",
                                                    new ScramCredentialInfo(
                                                            ScramMechanism.SCRAM_SHA_512, 4096),
                                                    "alice-secret")))
                            .all());
            done(
                    admin.alterClientQuotas(
                                    List.of(
                                            new ClientQuotaAlteration(
                                                    WHO,
                                                    List.of(
                                                            new ClientQuotaAlteration.Op(
                                                                    "producer_byte_rate", 1e6)))))
                            .all());
            ConfigResource group = new ConfigResource(ConfigResource.Type.GROUP, GROUP);
            List<AlterConfigOp> settings = new ArrayList<>();
            Map.of("share.auto.offset.reset", "earliest", "share.heartbeat.interval.ms", "200")
                    .forEach(
                            (key, value) ->
                                    settings.add(
                                            new AlterConfigOp(
                                                    new ConfigEntry(key, value),
                                                    AlterConfigOp.OpType.SET)));
            done(admin.incrementalAlterConfigs(Map.of(group, settings)).all());
            try (Producer<String, String> producer =
                    new KafkaProducer<>(
                            at(broker), new StringSerializer(), new StringSerializer())) {
                for (int i = 0; i < 10; i++) {
                    done(producer.send(new ProducerRecord<>("t", "r" + i)));
                }
            }
            assertThat(take(broker, 5))
                    .extracting(ConsumerRecord::value)
                    .containsExactly("r0", "r1", "r2", "r3", "r4");
            broker.kill();
        }
        try (RestartTest.Broker broker = new RestartTest.Broker(folder);
                Admin admin = Admin.create(at(broker))) {
            assertThat(done(admin.describeAcls(AclBindingFilter.ANY).values()))
                    .containsExactly(ACL);
            assertThat(
                            done(admin.describeUserScramCredentials(List.of("alice")).all())
                                    .get("alice")
                                    .credentialInfos())
                    .hasSize(1);
            assertThat(done(admin.describeClientQuotas(ClientQuotaFilter.all()).entities()))
                    .containsEntry(WHO, Map.of("producer_byte_rate", 1e6));
            assertThat(take(broker, 5))
                    .extracting(ConsumerRecord::value)
                    .containsExactlyInAnyOrder("r5", "r6", "r7", "r8", "r9");
        }
    }
}
