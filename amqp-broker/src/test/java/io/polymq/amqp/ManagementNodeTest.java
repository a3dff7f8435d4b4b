package io.polymq.amqp;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.polymq.amqp.model.VirtualHost;
import io.polymq.amqp.v1.management.ManagementNode;
import io.polymq.amqp.v1.management.Reply;
import io.polymq.amqp.v1.management.Request;
import io.polymq.amqp.v1.message.Incoming;
import io.polymq.amqp.v1.type.Unsigned;
import io.polymq.conformance.TestSecurity;
import io.polymq.core.security.Credentials;
import io.polymq.core.security.Principal;
import io.polymq.core.security.Security;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** RabbitMQ's management over AMQP 1.0, request by request. */
class ManagementNodeTest {

    private static TestAmqp amqp;
    private static VirtualHost host;

    @BeforeAll
    static void open() {
        amqp = TestAmqp.open();
        host = amqp.broker.hosts().find("/");
    }

    @AfterAll
    static void close() throws Exception {
        amqp.close();
    }

    private static ManagementNode node(Security security, long connection) {
        AccessRights rights =
                new AccessRights(
                        security,
                        Principal.ANONYMOUS,
                        new Credentials.Peer(
                                "amqp", new InetSocketAddress("127.0.0.1", 1), "", null),
                        "/",
                        "guest");
        return new ManagementNode(
                host,
                rights,
                connection,
                "polymq@test",
                token -> CompletableFuture.completedFuture(token.equals("good")));
    }

    private static Reply ask(
            ManagementNode node, String method, String target, @Nullable Object body)
            throws Exception {
        return node.handle(new Request("m-1", method, target, body)).get(10, TimeUnit.SECONDS);
    }

    private static Reply ask(String method, String target, @Nullable Object body) throws Exception {
        return ask(node(TestSecurity.open(), 1), method, target, body);
    }

    private static Map<?, ?> map(Reply reply) {
        return (Map<?, ?>) reply.body();
    }

    @Test
    void aQueueIsDeclaredInspectedPurgedAndDeleted() throws Exception {
        Map<String, Object> body =
                Map.of(
                        "durable", true,
                        "exclusive", false,
                        "auto_delete", false,
                        "arguments", Map.of("x-queue-type", "quorum", "x-max-length", 10L));
        Reply made = ask("PUT", "/queues/a%2Fb", body);
        assertThat(made.status()).isEqualTo(201);
        assertThat(made.correlationId()).isEqualTo("m-1");
        Map<?, ?> queue = map(made);
        assertThat(queue.get("name")).isEqualTo("a/b");
        assertThat(queue.get("vhost")).isEqualTo("/");
        assertThat(queue.get("type")).isEqualTo("quorum");
        assertThat(queue.get("durable")).isEqualTo(true);
        assertThat(queue.get("message_count")).isEqualTo(Unsigned.ofLong(0));
        assertThat(queue.get("consumer_count")).isEqualTo(Unsigned.ofInt(0));
        assertThat(queue.get("arguments"))
                .isEqualTo(Map.of("x-queue-type", "quorum", "x-max-length", 10L));

        assertThat(ask("PUT", "/queues/a%2Fb", body).status()).isEqualTo(200);
        Reply other = ask("PUT", "/queues/a%2Fb", Map.of("durable", true));
        assertThat(other.status()).isEqualTo(409);
        assertThat(other.body().toString()).contains("inequivalent arg");
        assertThat(ask("GET", "/queues/a%2Fb", null).status()).isEqualTo(200);
        Reply purged = ask("DELETE", "/queues/a%2Fb/messages", null);
        assertThat(purged.status()).isEqualTo(200);
        assertThat(map(purged).get("message_count")).isEqualTo(Unsigned.ofLong(0));
        assertThat(ask("DELETE", "/queues/a%2Fb", null).status()).isEqualTo(200);
        assertThat(ask("GET", "/queues/a%2Fb", null).status()).isEqualTo(404);
        assertThat(ask("DELETE", "/queues/a%2Fb", null).status()).isEqualTo(200);
        assertThat(ask("DELETE", "/queues/a%2Fb/messages", null).status()).isEqualTo(400);
    }

    @Test
    void anExchangeIsDeclaredBoundAndDeleted() throws Exception {
        Map<String, Object> body =
                Map.of(
                        "type", "headers",
                        "durable", false,
                        "auto_delete", false,
                        "internal", false,
                        "arguments", Map.of());
        assertThat(ask("PUT", "/exchanges/x1", body).status()).isEqualTo(204);
        assertThat(ask("PUT", "/exchanges/x1", body).status()).isEqualTo(204);
        assertThat(ask("PUT", "/exchanges/x1", Map.of("type", "fanout")).status()).isEqualTo(409);
        ask("PUT", "/queues/bound", Map.of());
        for (Map<String, Object> arguments :
                List.of(Map.<String, Object>of(), Map.<String, Object>of("k", "v"))) {
            assertThat(
                            ask(
                                            "POST",
                                            "/bindings",
                                            Map.of(
                                                    "source", "x1",
                                                    "destination_queue", "bound",
                                                    "binding_key", "a b",
                                                    "arguments", arguments))
                                    .status())
                    .isEqualTo(204);
        }
        Reply found = ask("GET", "/bindings?src=x1&dstq=bound&key=a%20b", null);
        assertThat(found.status()).isEqualTo(200);
        assertThat((List<?>) found.body()).hasSize(2);
        for (Object one : (List<?>) found.body()) {
            Map<?, ?> binding = (Map<?, ?>) one;
            assertThat(binding.get("source")).isEqualTo("x1");
            assertThat(binding.get("destination_queue")).isEqualTo("bound");
            assertThat(binding.get("binding_key")).isEqualTo("a b");
            assertThat(ask("DELETE", binding.get("location").toString(), null).status())
                    .isEqualTo(204);
        }
        assertThat((List<?>) ask("GET", "/bindings?src=x1&dstq=bound&key=a%20b", null).body())
                .isEmpty();
        assertThat(ask("DELETE", "/bindings/src=x1;dstq=bound;key=none;args=", null).status())
                .isEqualTo(204);
        assertThat(
                        ask(
                                        "POST",
                                        "/bindings",
                                        Map.of(
                                                "source", "amq.direct",
                                                "destination_exchange", "x1",
                                                "binding_key", ""))
                                .status())
                .isEqualTo(204);
        assertThat((List<?>) ask("GET", "/bindings?src=amq.direct&dste=x1&key=", null).body())
                .hasSize(1);
        assertThat(ask("DELETE", "/exchanges/x1", null).status()).isEqualTo(204);
        assertThat(ask("DELETE", "/exchanges/x1", null).status()).isEqualTo(204);
    }

    @Test
    void whatIsNotAllowedIsToldWithItsStatus() throws Exception {
        assertThat(ask("PUT", "/queues/amq.mine", Map.of()).status()).isEqualTo(403);
        assertThat(ask("PUT", "/exchanges/amq.mine", Map.of()).status()).isEqualTo(403);
        assertThat(ask("PUT", "/exchanges/", Map.of()).status()).isEqualTo(403);
        assertThat(ask("DELETE", "/exchanges/amq.direct", null).status()).isEqualTo(403);
        assertThat(ask("PUT", "/queues/", Map.of()).status()).isEqualTo(400);
        assertThat(ask("PUT", "/queues/a%0Ab", Map.of()).status()).isEqualTo(400);
        assertThat(ask("PUT", "/queues/" + "a".repeat(256), Map.of()).status()).isEqualTo(400);
        assertThat(ask("PUT", "/queues/q", null).status()).isEqualTo(400);
        assertThat(ask("PUT", "/queues/q", Map.of("unknown", 1)).status()).isEqualTo(400);
        assertThat(ask("PUT", "/queues/q", Map.of("durable", "yes")).status()).isEqualTo(400);
        assertThat(ask("PUT", "/exchanges/q", Map.of("type", "odd")).status()).isEqualTo(400);
        assertThat(ask("PUT", "/queues/%zz", Map.of()).status()).isEqualTo(400);
        assertThat(ask("GET", "no-path", null).status()).isEqualTo(400);
        assertThat(ask("GET", "/nothing", null).status()).isEqualTo(404);
        assertThat(ask("PATCH", "/queues/q", null).status()).isEqualTo(404);
        assertThat(ask("POST", "/bindings", Map.of("source", "amq.direct")).status())
                .isEqualTo(400);
        assertThat(ask("GET", "/bindings?src=amq.direct&key=", null).status()).isEqualTo(400);
        assertThat(ask("DELETE", "/bindings/src=", null).status()).isEqualTo(400);
        Map<String, Object> toNowhere = new HashMap<>();
        toNowhere.put("source", "amq.direct");
        toNowhere.put("destination_queue", "nowhere");
        toNowhere.put("binding_key", "k");
        assertThat(ask("POST", "/bindings", toNowhere).status()).isEqualTo(400);
    }

    @Test
    void rightsAreAskedFor() throws Exception {
        ManagementNode nobody = node(new TestSecurity(Map.of(), (action, subject) -> false), 1);
        assertThat(ask(nobody, "PUT", "/queues/mine", Map.of()).status()).isEqualTo(403);
        assertThat(ask(nobody, "DELETE", "/queues/mine", null).status()).isEqualTo(403);
        assertThat(ask(nobody, "DELETE", "/queues/mine/messages", null).status()).isEqualTo(403);
        assertThat(ask(nobody, "PUT", "/exchanges/mine", Map.of()).status()).isEqualTo(403);
        assertThat(ask(nobody, "DELETE", "/exchanges/mine", null).status()).isEqualTo(403);
        assertThat(
                        ask(
                                        nobody,
                                        "POST",
                                        "/bindings",
                                        Map.of(
                                                "source", "amq.direct",
                                                "destination_queue", "mine",
                                                "binding_key", "k"))
                                .status())
                .isEqualTo(403);
        assertThat(host.queues().find("mine")).isNull();
    }

    @Test
    void anExclusiveQueueIsItsConnectionsOwn() throws Exception {
        ManagementNode owner = node(TestSecurity.open(), 71);
        ManagementNode other = node(TestSecurity.open(), 72);
        Map<String, Object> exclusive = Map.of("exclusive", true);
        assertThat(ask(owner, "PUT", "/queues/own", exclusive).status()).isEqualTo(201);
        assertThat(ask(other, "PUT", "/queues/own", exclusive).status()).isEqualTo(400);
        assertThat(ask(other, "DELETE", "/queues/own", null).status()).isEqualTo(400);
        assertThat(ask(other, "DELETE", "/queues/own/messages", null).status()).isEqualTo(400);
        assertThat(ask(owner, "DELETE", "/queues/own", null).status()).isEqualTo(200);
    }

    @Test
    void aStreamIsNotPurged() throws Exception {
        ask("PUT", "/queues/log", Map.of("arguments", Map.of("x-queue-type", "stream")));
        Reply reply = ask("DELETE", "/queues/log/messages", null);
        assertThat(reply.status()).isEqualTo(400);
        assertThat(reply.body().toString()).contains("purge not supported");
    }

    @Test
    void aTokenIsHandedOn() throws Exception {
        byte[] good = "good".getBytes(StandardCharsets.UTF_8);
        assertThat(ask("PUT", "/auth/tokens", good).status()).isEqualTo(204);
        assertThat(ask("PUT", "/auth/tokens", new byte[] {1}).status()).isEqualTo(400);
        assertThat(ask("PUT", "/auth/tokens", "good").status()).isEqualTo(400);
    }

    @Test
    void requestAndReplyAreMessages() throws Exception {
        ByteBuf out = Unpooled.buffer();
        new Reply(Unsigned.ofLong(9), 200, Map.of("a", 1)).write(out);
        byte[] bytes = new byte[out.readableBytes()];
        out.readBytes(bytes);
        Incoming message = new Incoming(1 << 20).read(bytes, 0, bytes.length);
        assertThat(message.properties().subject()).isEqualTo("200");
        assertThat(message.properties().correlationId()).isEqualTo(Unsigned.ofLong(9));
        assertThat(message.applicationProperties()).containsEntry("http:response", "1.1");
        assertThat(message.value()).isEqualTo(Map.of("a", 1));
        Request request = Request.of(message);
        assertThat(request.method()).isEqualTo("200");
        assertThat(request.target()).isEmpty();
    }
}
