package io.polymq.amqp;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import io.polymq.amqp.model.Definitions;
import io.polymq.amqp.model.Permissions;
import io.polymq.amqp.model.Policy;
import io.polymq.amqp.model.VirtualHost;
import io.polymq.core.security.rules.RuleStore;
import io.polymq.core.security.users.User;
import io.polymq.core.security.users.UserStore;
import io.polymq.meta.NodeCache;
import io.polymq.meta.embedded.EmbeddedMetadata;
import io.polymq.meta.embedded.MemoryMetadata;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class DefinitionsTest {

    /** As RabbitMQ 4.0 writes it; the password is "test12". */
    private static final String FILE =
            """
            {"rabbit_version":"4.0.5","rabbitmq_version":"4.0.5","product_name":"RabbitMQ",
             "users":[{"name":"app","password_hash":"kI3GCqW5JLMJa4iX1lo7X4D6XbYqlLgxIs30+P6tENUV2POR",
                       "hashing_algorithm":"rabbit_password_hashing_sha256","tags":["monitoring"],"limits":{}}],
             "vhosts":[{"name":"/","description":"Default virtual host","tags":[]},
                       {"name":"team/a","default_queue_type":"quorum"}],
             "permissions":[{"user":"app","vhost":"team/a","configure":"^app-","write":".*","read":""}],
             "topic_permissions":[{"user":"app","vhost":"team/a","exchange":"logs","write":"^a","read":".*"}],
             "parameters":[{"component":"vhost-limits","name":"limits","vhost":"team/a","value":{"max-queues":2}},
                           {"component":"operator_policy","name":"op","vhost":"team/a",
                            "value":{"pattern":".*","apply-to":"queues","priority":0,"definition":{"max-length":100}}}],
             "global_parameters":[],
             "policies":[{"vhost":"team/a","name":"ttl","pattern":"^work","apply-to":"queues",
                          "definition":{"message-ttl":60000},"priority":3}],
             "queues":[{"name":"work","vhost":"team/a","durable":true,"auto_delete":false,
                        "arguments":{"x-queue-type":"quorum","x-delivery-limit":5}}],
             "exchanges":[{"name":"logs","vhost":"team/a","type":"topic","durable":true,"auto_delete":false,
                           "internal":false,"arguments":{}}],
             "bindings":[{"source":"logs","vhost":"team/a","destination":"work","destination_type":"queue",
                          "routing_key":"a.#","arguments":{}}]}
            """;

    private final ObjectMapper json = new ObjectMapper();
    private final MemoryMetadata metadata = new MemoryMetadata(EmbeddedMetadata.Limits.DEFAULT);
    private final NodeCache cache = new NodeCache(metadata);
    private final UserStore users = new UserStore(cache, List.of());
    private final RuleStore rules = new RuleStore(cache, List.of(), new SecureRandom());
    private final Permissions permissions = new Permissions(rules);
    private TestAmqp amqp;

    @BeforeEach
    void start() {
        users.ready().join();
        rules.ready().join();
        amqp = TestAmqp.open();
    }

    @AfterEach
    void stop() throws Exception {
        amqp.close();
        cache.close();
        metadata.close();
    }

    @Test
    void aFileOfRabbitMqIsImportedAndExportedAgain() throws Exception {
        Definitions definitions = new Definitions(amqp.broker.hosts(), users, permissions);
        definitions.importAll(json.readTree(FILE), null).join();

        VirtualHost host = amqp.broker.hosts().find("team/a");
        assertThat(host).isNotNull();
        assertThat(host.tenant()).isEqualTo("team%2Fa");
        assertThat(host.limits().maxQueues()).isEqualTo(2);
        assertThat(host.queues().require("work").settings().messageTtl()).isEqualTo(60_000);
        assertThat(host.queues().require("work").settings().maxLength()).isEqualTo(100);
        assertThat(host.queues().require("work").policy()).isEqualTo("ttl");
        User app = users.find("app");
        assertThat(app).isNotNull();
        assertThat(app.verify("test12".getBytes(StandardCharsets.UTF_8))).isTrue();
        assertThat(app.verify("other".getBytes(StandardCharsets.UTF_8))).isFalse();
        assertThat(permissions.all())
                .containsExactly(new Permissions.Permission("app", "team/a", "^app-", ".*", ""));

        JsonNode exported = json.readTree(definitions.export().toString());
        JsonNode given = json.readTree(FILE);
        for (String list :
                List.of(
                        "permissions",
                        "topic_permissions",
                        "queues",
                        "exchanges",
                        "bindings",
                        "policies")) {
            assertThat(exported.path(list)).as(list).isEqualTo(given.path(list));
        }
        assertThat(exported.path("users").get(0).path("password_hash"))
                .isEqualTo(given.path("users").get(0).path("password_hash"));
    }

    @Test
    void whatIsImportedRoutesMessages() throws Exception {
        new Definitions(amqp.broker.hosts(), users, permissions)
                .importAll(json.readTree(FILE), null)
                .join();
        var factory = amqp.clients();
        factory.setVirtualHost("team/a");
        try (Connection connection = factory.newConnection()) {
            Channel channel = connection.createChannel();
            channel.basicPublish("logs", "a.b", null, "x".getBytes(StandardCharsets.UTF_8));
            assertThat(channel.basicGet("work", true)).isNotNull();
            channel.queueDeclare("second", true, false, false, null);
            assertThat(
                            amqp.broker
                                    .hosts()
                                    .find("team/a")
                                    .queues()
                                    .require("second")
                                    .definition()
                                    .type()
                                    .word())
                    .isEqualTo("quorum");
        }
    }

    @Test
    void hostsAreDeletedWithAllThatIsInThem() throws Exception {
        new Definitions(amqp.broker.hosts(), users, permissions)
                .importAll(json.readTree(FILE), null)
                .join();
        VirtualHost host = amqp.broker.hosts().find("team/a");
        host.policies()
                .put(Policy.of("p", ".*", Policy.ApplyTo.ALL, 0, Map.of("max-length", 1L)), false)
                .join();
        assertThat(amqp.broker.hosts().delete("team/a").join()).isTrue();
        assertThat(amqp.broker.hosts().find("team/a")).isNull();
        assertThat(host.queues().all()).isEmpty();
        assertThat(amqp.broker.hosts().delete("/").join()).isFalse();
    }
}
