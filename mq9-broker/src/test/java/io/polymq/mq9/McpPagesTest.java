package io.polymq.mq9;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.polymq.conformance.TestSecurity;
import io.polymq.core.admin.AdminAnswer;
import io.polymq.core.admin.AdminPages;
import io.polymq.core.admin.AdminRequest;
import io.polymq.core.security.Credentials;
import io.polymq.core.security.Principal;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The MCP endpoint, request by request. */
class McpPagesTest {

    private Mq9Rig rig;

    @BeforeEach
    void start() {
        rig = Mq9Rig.inMemory();
    }

    @AfterEach
    void stop() {
        rig.close();
    }

    private AdminAnswer post(String method, String body) {
        AdminPages pages = rig.broker.pages().getLast();
        try {
            return pages.answer(
                    new AdminRequest(
                            method,
                            "/mcp",
                            "",
                            Map.of(),
                            Map.of(),
                            body.getBytes(StandardCharsets.UTF_8),
                            Principal.ANONYMOUS,
                            new Credentials.Peer(
                                    "admin", new InetSocketAddress("127.0.0.1", 1), "", null)));
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }

    private JsonNode rpc(String body) {
        AdminAnswer answer = post("POST", body);
        assertThat(answer.status()).isEqualTo(200);
        try {
            return Mq9Rig.JSON.readTree(answer.body());
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private JsonNode call(String tool, String arguments) {
        return rpc(
                "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{\"name\":\""
                        + tool
                        + "\",\"arguments\":"
                        + arguments
                        + "}}");
    }

    /** What the tool says, which is JSON itself. */
    private JsonNode said(String tool, String arguments) {
        JsonNode reply = call(tool, arguments);
        assertThat(reply.has("error")).as(reply.toString()).isFalse();
        try {
            return Mq9Rig.JSON.readTree(
                    reply.path("result").path("content").path(0).path("text").asText());
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void aSessionBeginsWithInitializeAndToolsAreListed() {
        JsonNode begun =
                rpc(
                        "{\"jsonrpc\":\"2.0\",\"id\":\"x\",\"method\":\"initialize\",\"params\":"
                                + "{\"protocolVersion\":\"2024-11-05\",\"capabilities\":{}}}");
        assertThat(begun.path("id").asText()).isEqualTo("x");
        assertThat(begun.path("result").path("protocolVersion").asText()).isEqualTo("2024-11-05");
        assertThat(begun.path("result").path("capabilities").has("tools")).isTrue();
        assertThat(
                        post(
                                        "POST",
                                        "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/initialized\"}")
                                .status())
                .isEqualTo(202);
        assertThat(rpc("{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"ping\"}").has("result"))
                .isTrue();

        List<String> names = new ArrayList<>();
        rpc("{\"jsonrpc\":\"2.0\",\"id\":3,\"method\":\"tools/list\"}")
                .path("result")
                .path("tools")
                .forEach(tool -> names.add(tool.path("name").asText()));
        assertThat(names)
                .containsExactly(
                        "mq9_create_mailbox",
                        "mq9_send_message",
                        "mq9_fetch_messages",
                        "mq9_ack_message",
                        "mq9_query_mailbox",
                        "mq9_delete_message",
                        "mq9_register_agent",
                        "mq9_unregister_agent",
                        "mq9_discover_agents");
    }

    @Test
    void everyToolDoesWhatItsCommandDoes() {
        assertThat(said("mq9_create_mailbox", "{\"name\":\"m\",\"ttl\":0}").path("mail_address"))
                .hasToString("\"m\"");
        said("mq9_send_message", "{\"mail_address\":\"m\",\"payload\":\"0\",\"tags\":\"x, y\"}");
        said(
                "mq9_send_message",
                "{\"mail_address\":\"m\",\"payload\":\"1\",\"priority\":\"critical\",\"key\":\"k\"}");
        JsonNode fetched =
                said(
                        "mq9_fetch_messages",
                        "{\"mail_address\":\"m\",\"group_name\":\"g\",\"reset_to\":\"earliest\"}");
        assertThat(Mq9Rig.payloads(fetched)).containsExactly("1", "0");
        said("mq9_ack_message", "{\"mail_address\":\"m\",\"group_name\":\"g\",\"msg_id\":0}");
        assertThat(
                        Mq9Rig.payloads(
                                said(
                                        "mq9_fetch_messages",
                                        "{\"mail_address\":\"m\",\"group_name\":\"g\",\"max_wait_ms\":0}")))
                .containsExactly("1");
        assertThat(
                        Mq9Rig.payloads(
                                said(
                                        "mq9_fetch_messages",
                                        "{\"mail_address\":\"m\",\"group_name\":\"g\",\"reset_to\":\"id:0\"}")))
                .containsExactly("1", "0");
        assertThat(
                        Mq9Rig.payloads(
                                said(
                                        "mq9_query_mailbox",
                                        "{\"mail_address\":\"m\",\"tags\":\"y,x\"}")))
                .containsExactly("0");
        assertThat(
                        said("mq9_delete_message", "{\"mail_address\":\"m\",\"msg_id\":0}")
                                .path("deleted")
                                .asBoolean())
                .isTrue();
        said("mq9_register_agent", "{\"name\":\"a\",\"payload\":\"sews coats\"}");
        assertThat(
                        said("mq9_discover_agents", "{\"text\":\"coat\"}")
                                .path("agents")
                                .path(0)
                                .path("name")
                                .asText())
                .isEqualTo("a");
        said("mq9_unregister_agent", "{\"name\":\"a\"}");
        assertThat(said("mq9_discover_agents", "{}").path("agents")).isEmpty();
    }

    @Test
    void whatGoesWrongHasItsCode() {
        assertThat(code(rpc("{"))).isEqualTo(-32700);
        assertThat(code(rpc("5"))).isEqualTo(-32600);
        assertThat(code(rpc("{\"id\":1,\"method\":\"what\"}"))).isEqualTo(-32601);
        assertThat(code(call("mq9_nothing", "{}"))).isEqualTo(-32602);
        JsonNode failed = call("mq9_send_message", "{\"mail_address\":\"no\",\"payload\":\"x\"}");
        assertThat(code(failed)).isEqualTo(-32603);
        assertThat(failed.path("error").path("message").asText())
                .isEqualTo("mailbox no does not exist");
        assertThat(code(call("mq9_send_message", "{\"payload\":\"x\"}"))).isEqualTo(-32603);
        assertThat(code(call("mq9_create_mailbox", "{\"ttl\":\"x\"}"))).isEqualTo(-32603);
        assertThat(code(call("mq9_query_mailbox", "{\"mail_address\":\"a.> b\"}")))
                .isEqualTo(-32603);
        assertThat(post("GET", "").status()).isEqualTo(405);
    }

    private static int code(JsonNode reply) {
        return reply.path("error").path("code").asInt();
    }

    @Test
    void aToolNeedsTheRightOfItsCommand() {
        rig.close();
        rig =
                Mq9Rig.with(
                        new TestSecurity(
                                Map.of(),
                                (action, subject) -> !subject.equals("$mq9.AI.MAILBOX.CREATE")));

        JsonNode reply = call("mq9_create_mailbox", "{}");

        assertThat(reply.path("error").path("message").asText())
                .isEqualTo("not allowed: mq9_create_mailbox");
    }

    @Test
    void aBatchIsAnsweredInItsOrder() {
        ObjectNode ping = Mq9Rig.JSON.createObjectNode().put("id", 1).put("method", "ping");
        ObjectNode notice = Mq9Rig.JSON.createObjectNode().put("method", "notifications/x");
        ObjectNode other = Mq9Rig.JSON.createObjectNode().put("id", 2).put("method", "ping");

        JsonNode replies =
                rpc(Mq9Rig.JSON.createArrayNode().add(ping).add(notice).add(other).toString());

        assertThat(replies).hasSize(2);
        assertThat(replies.path(1).path("id").asInt()).isEqualTo(2);
    }
}
