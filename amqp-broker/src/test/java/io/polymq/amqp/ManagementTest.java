package io.polymq.amqp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import io.polymq.amqp.v1.V1Client;
import io.polymq.core.admin.AdminAnswer;
import io.polymq.core.admin.AdminPages;
import io.polymq.core.admin.AdminRequest;
import io.polymq.core.security.Credentials;
import io.polymq.core.security.Principal;
import io.polymq.core.security.rules.RuleStore;
import io.polymq.core.security.users.Passwords;
import io.polymq.core.security.users.UserStore;
import io.polymq.meta.NodeCache;
import io.polymq.meta.embedded.EmbeddedMetadata;
import io.polymq.meta.embedded.MemoryMetadata;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** RabbitMQ's management interface, asked as the admin port asks it. */
class ManagementTest {

    private static final Principal ADMIN =
            new Principal("root", Principal.DEFAULT_TENANT, Set.of(), Map.of(), true);
    private static final Principal SOMEBODY =
            new Principal("app", Principal.DEFAULT_TENANT, Set.of(), Map.of(), false);

    private final ObjectMapper json = new ObjectMapper();
    private final MemoryMetadata metadata = new MemoryMetadata(EmbeddedMetadata.Limits.DEFAULT);
    private final NodeCache cache = new NodeCache(metadata);
    private final UserStore users = new UserStore(cache, List.of());
    private final RuleStore rules = new RuleStore(cache, List.of(), new SecureRandom());
    private TestAmqp amqp;
    private AdminPages pages;

    @BeforeEach
    void start() {
        users.ready().join();
        rules.ready().join();
        amqp = TestAmqp.open();
        pages =
                amqp.broker.management(
                        new AmqpBroker.ManagementAccess(
                                users,
                                rules,
                                new Passwords(1_000, 0, new SecureRandom()),
                                List::of));
    }

    @AfterEach
    void stop() throws Exception {
        amqp.close();
        cache.close();
        metadata.close();
    }

    private AdminAnswer ask(Principal who, String method, String path, String body)
            throws Exception {
        Map<String, String> query = new HashMap<>();
        int mark = path.indexOf('?');
        if (mark >= 0) {
            for (String pair : path.substring(mark + 1).split("&")) {
                query.put(pair.split("=")[0], pair.split("=")[1]);
            }
        }
        String below = mark < 0 ? path : path.substring(0, mark);
        return pages.answer(
                new AdminRequest(
                        method,
                        "/api" + below,
                        below,
                        query,
                        Map.of(),
                        body.getBytes(StandardCharsets.UTF_8),
                        who,
                        new Credentials.Peer(
                                "admin", new InetSocketAddress("127.0.0.1", 1), "", null)));
    }

    private void put(String path, String body, int status) throws Exception {
        assertThat(ask(ADMIN, "PUT", path, body).status()).isEqualTo(status);
    }

    private JsonNode get(String path) throws Exception {
        AdminAnswer answer = ask(ADMIN, "GET", path, "");
        assertThat(answer.status()).as(path).isEqualTo(200);
        return json.readTree(answer.body());
    }

    private JsonNode post(String path, String body) throws Exception {
        AdminAnswer answer = ask(ADMIN, "POST", path, body);
        assertThat(answer.status()).as(path).isLessThan(300);
        return json.readTree(answer.body());
    }

    @Test
    void queuesExchangesAndBindingsAreDeclaredListedAndDeleted() throws Exception {
        put("/exchanges/%2F/logs", "{\"type\":\"topic\"}", 201);
        put("/exchanges/%2F/logs", "{\"type\":\"topic\"}", 204);
        put("/exchanges/%2F/logs", "{\"type\":\"fanout\"}", 400);
        put("/queues/%2F/a%2Fb", "{\"arguments\":{\"x-max-length\":5}}", 201);
        assertThat(
                        ask(
                                        ADMIN,
                                        "POST",
                                        "/bindings/%2F/e/logs/q/a%2Fb",
                                        "{\"routing_key\":\"k.#\"}")
                                .status())
                .isEqualTo(201);
        JsonNode queue = get("/queues/%2F/a%2Fb");
        assertThat(queue.path("arguments").path("x-max-length").asInt()).isEqualTo(5);
        assertThat(queue.path("state").asText()).isEqualTo("running");
        assertThat(get("/queues/%2F/a%2Fb/bindings")).hasSize(2);
        String key =
                get("/exchanges/%2F/logs/bindings/source").get(0).path("properties_key").asText();
        assertThat(
                        ask(
                                        ADMIN,
                                        "DELETE",
                                        "/bindings/%2F/e/logs/q/a%2Fb/" + key.replace("#", "%23"),
                                        "")
                                .status())
                .isEqualTo(204);
        assertThat(ask(ADMIN, "DELETE", "/queues/%2F/a%2Fb", "").status()).isEqualTo(204);
        assertThat(ask(ADMIN, "DELETE", "/queues/%2F/a%2Fb", "").status()).isEqualTo(404);
        assertThat(ask(ADMIN, "GET", "/queues/nowhere", "").status()).isEqualTo(404);
    }

    @Test
    void listsAreSearchedSortedPagedAndCut() throws Exception {
        for (String name : List.of("c", "a", "b", "other")) {
            put("/queues/%2F/q-" + name, "", 201);
        }
        JsonNode page =
                get(
                        "/queues/%2F?name=^q-[abc]$&use_regex=true&sort=name&page=2&page_size=2&columns=name");
        assertThat(page.path("filtered_count").asInt()).isEqualTo(3);
        assertThat(page.path("page_count").asInt()).isEqualTo(2);
        assertThat(page.path("items").toString()).isEqualTo("[{\"name\":\"q-c\"}]");
        assertThat(get("/queues?sort=messages&sort_reverse=true")).hasSize(4);
        assertThat(ask(ADMIN, "GET", "/queues?page=9", "").status()).isEqualTo(400);
    }

    @Test
    void messagesArePublishedLookedAtAndTaken() throws Exception {
        put("/queues/%2F/q", "", 201);
        String message =
                "{\"properties\":{\"delivery_mode\":2,\"headers\":{\"h\":\"v\"}},\"routing_key\":\"%s\",\"payload\":\"hi\",\"payload_encoding\":\"string\"}";
        assertThat(
                        post("/exchanges/%2F/amq.default/publish", message.formatted("q"))
                                .path("routed")
                                .asBoolean())
                .isTrue();
        assertThat(
                        post("/exchanges/%2F/amq.default/publish", message.formatted("x"))
                                .path("routed")
                                .asBoolean())
                .isFalse();
        JsonNode seen =
                post(
                                "/queues/%2F/q/get",
                                "{\"count\":9,\"ackmode\":\"ack_requeue_true\",\"encoding\":\"auto\"}")
                        .get(0);
        assertThat(seen.path("payload").asText()).isEqualTo("hi");
        assertThat(seen.path("properties").path("headers").path("h").asText()).isEqualTo("v");
        JsonNode taken =
                post(
                        "/queues/%2F/q/get",
                        "{\"count\":9,\"ackmode\":\"ack_requeue_false\",\"encoding\":\"base64\"}");
        assertThat(taken).hasSize(1);
        assertThat(taken.get(0).path("payload").asText()).isEqualTo("aGk=");
        assertThat(taken.get(0).path("redelivered").asBoolean()).isTrue();
        assertThat(post("/queues/%2F/q/get", "{\"count\":1}")).isEmpty();
    }

    @Test
    void usersHostsPermissionsAndPoliciesAreForAdministrators() throws Exception {
        put("/vhosts/team", "{\"description\":\"d\"}", 201);
        put("/users/app", "{\"password\":\"p\",\"tags\":\"monitoring,policymaker\"}", 201);
        assertThat(users.find("app").verify("p".getBytes(StandardCharsets.UTF_8))).isTrue();
        put(
                "/permissions/team/app",
                "{\"configure\":\"^a\",\"write\":\".*\",\"read\":\".*\"}",
                201);
        put("/permissions/team/nobody", "{\"configure\":\"\",\"write\":\"\",\"read\":\"\"}", 400);
        assertThat(get("/users/app/permissions").get(0).path("configure").asText()).isEqualTo("^a");
        put(
                "/policies/team/p",
                "{\"pattern\":\"^q\",\"definition\":{\"max-length\":3},\"apply-to\":\"queues\"}",
                201);
        put("/policies/team/p", "{\"pattern\":\"(\",\"definition\":{\"max-length\":3}}", 400);
        put("/queues/team/q", "", 201);
        assertThat(
                        get("/queues/team/q")
                                .path("effective_policy_definition")
                                .path("max-length")
                                .asInt())
                .isEqualTo(3);
        put("/vhost-limits/team/max-queues", "{\"value\":1}", 204);
        put("/queues/team/more", "", 400);
        for (String path : List.of("/users", "/permissions", "/definitions", "/vhosts/team")) {
            assertThat(
                            ask(SOMEBODY, path.equals("/vhosts/team") ? "DELETE" : "GET", path, "")
                                    .status())
                    .as(path)
                    .isEqualTo(401);
        }
        assertThat(ask(SOMEBODY, "PUT", "/policies/%2F/p", "{}").status()).isEqualTo(401);
        assertThat(ask(ADMIN, "DELETE", "/users/app", "").status()).isEqualTo(204);
        assertThat(get("/permissions")).isEmpty();
    }

    @Test
    void definitionsComeBackAsTheyWereExported() throws Exception {
        put("/vhosts/team", "", 201);
        put("/queues/team/q", "{\"arguments\":{\"x-queue-type\":\"quorum\"}}", 201);
        put("/global-parameters/cluster_name", "{\"value\":\"here\"}", 201);
        String whole = get("/definitions").toString();
        assertThat(ask(ADMIN, "DELETE", "/vhosts/team", "").status()).isEqualTo(204);
        assertThat(ask(ADMIN, "DELETE", "/global-parameters/cluster_name", "").status())
                .isEqualTo(204);
        assertThat(ask(ADMIN, "POST", "/definitions", whole).status()).isEqualTo(204);
        assertThat(get("/queues/team/q").path("type").asText()).isEqualTo("quorum");
        assertThat(get("/global-parameters/cluster_name").path("value").asText()).isEqualTo("here");
        assertThat(ask(ADMIN, "POST", "/definitions", "{\"queues\":[{}]}").status()).isEqualTo(400);
    }

    @Test
    void clientsAreListedAndClosed() throws Exception {
        Connection connection = amqp.connect();
        Channel channel = connection.createChannel();
        channel.basicQos(7);
        channel.confirmSelect();
        channel.queueDeclare("seen", false, true, false, null);
        channel.basicConsume("seen", false, (tag, delivery) -> {}, tag -> {});
        JsonNode row = get("/connections").get(0);
        assertThat(row.path("channels").asInt()).isEqualTo(1);
        assertThat(row.path("client_properties").path("product").asText()).isEqualTo("RabbitMQ");
        JsonNode one = get("/channels").get(0);
        assertThat(one.path("consumer_count").asInt()).isEqualTo(1);
        assertThat(one.path("prefetch_count").asInt()).isEqualTo(7);
        assertThat(one.path("confirm").asBoolean()).isTrue();
        assertThat(get("/consumers/%2F").get(0).path("queue").path("name").asText())
                .isEqualTo("seen");
        assertThat(ask(ADMIN, "DELETE", "/connections/" + encoded(row), "").status())
                .isEqualTo(204);
        assertThat(ask(SOMEBODY, "GET", "/connections", "").status()).isEqualTo(200);
        while (connection.isOpen()) {
            Thread.onSpinWait();
        }
    }

    @Test
    void sessionsAndLinksOfAMQP10AreListed() throws Exception {
        put("/queues/%2F/linked", "", 201);
        try (V1Client client = V1Client.session(amqp.address(), "listed")) {
            client.attachSender("there", 0, "/queues/linked");
            client.attach(V1Client.receiver("back", 1, "/queues/linked"));
            client.credit(1, 0, 7, false);
            client.message(0, 0, false, V1Client.durable("hi"));
            client.awaitMessage();
            JsonNode row = get("/connections").get(0);
            assertThat(row.path("protocol").asText()).isEqualTo("AMQP 1-0");
            assertThat(row.path("channels").asInt()).isEqualTo(1);
            assertThat(row.path("auth_mechanism").asText()).isEqualTo("ANONYMOUS");
            JsonNode session = get("/connections/" + encoded(row) + "/sessions").get(0);
            assertThat(session.path("channel_number").asInt()).isZero();
            assertThat(session.path("outgoing_unsettled_deliveries").asInt()).isEqualTo(1);
            JsonNode to = session.path("incoming_links").get(0);
            assertThat(to.path("link_name").asText()).isEqualTo("there");
            assertThat(to.path("target_address").asText()).isEqualTo("/queues/linked");
            assertThat(to.path("delivery_count").asInt()).isEqualTo(1);
            JsonNode from = session.path("outgoing_links").get(0);
            assertThat(from.path("source_address").asText()).isEqualTo("/queues/linked");
            assertThat(from.path("credit").asInt()).isEqualTo(6);
            assertThat(get("/overview").path("object_totals").path("channels").asInt())
                    .isEqualTo(1);
        }
    }

    private static String encoded(JsonNode connection) {
        return connection
                .path("name")
                .asText()
                .replace(" ", "%20")
                .replace(">", "%3E")
                .replace(":", "%3A");
    }

    @Test
    void aUserHasNoMoreConnectionsAndChannelsThanMayBe() throws Exception {
        String user = Principal.ANONYMOUS.user();
        put("/users/" + user, "{\"password\":\"p\",\"tags\":\"\"}", 201);
        put("/user-limits/" + user + "/max-connections", "{\"value\":1}", 204);
        put("/user-limits/" + user + "/max-channels", "{\"value\":2}", 204);
        put("/user-limits/" + user + "/max-dreams", "{\"value\":2}", 400);
        put("/user-limits/nobody/max-channels", "{\"value\":2}", 404);
        assertThat(get("/user-limits/" + user).get(0).path("value").toString())
                .isEqualTo("{\"max-connections\":1,\"max-channels\":2}");
        assertThat(get("/definitions").findPath("limits").path("max-channels").asInt())
                .isEqualTo(2);
        Connection connection = amqp.connect();
        assertThatThrownBy(() -> amqp.connect())
                .rootCause()
                .hasMessageContaining("user connection limit (1) is reached");
        connection.createChannel().close();
        connection.createChannel();
        connection.createChannel();
        assertThatThrownBy(connection::createChannel)
                .rootCause()
                .hasMessageContaining("maximum allowed user limit of (2)");
        assertThat(ask(ADMIN, "DELETE", "/user-limits/" + user + "/max-connections", "").status())
                .isEqualTo(204);
        Connection again = amqp.connect();
        again.createChannel();
        again.createChannel();
        amqp.connect().close();
        assertThat(get("/user-limits")).hasSize(1);
        assertThat(ask(ADMIN, "DELETE", "/users/" + user, "").status()).isEqualTo(204);
        assertThat(get("/user-limits")).isEmpty();
    }

    @Test
    void theBrokerTellsHowItIs() throws Exception {
        assertThat(get("/overview").path("object_totals").path("exchanges").asInt()).isPositive();
        assertThat(get("/nodes").get(0).path("running").asBoolean()).isTrue();
        assertThat(get("/aliveness-test/%2F").path("status").asText()).isEqualTo("ok");
        assertThat(get("/health/checks/alarms").path("status").asText()).isEqualTo("ok");
        amqp.broker.alarms().force(true);
        assertThat(ask(ADMIN, "GET", "/health/checks/alarms", "").status()).isEqualTo(503);
        assertThat(ask(ADMIN, "GET", "/health/checks/port-listener/1", "").status()).isEqualTo(503);
        assertThat(ask(SOMEBODY, "GET", "/whoami", "").status()).isEqualTo(200);
    }
}
