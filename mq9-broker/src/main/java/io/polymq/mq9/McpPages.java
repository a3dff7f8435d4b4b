package io.polymq.mq9;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.polymq.core.admin.AdminAnswer;
import io.polymq.core.admin.AdminPages;
import io.polymq.core.admin.AdminRequest;
import io.polymq.core.service.SubjectService;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The Model Context Protocol for programs without a NATS client: JSON-RPC by POST, an answer to
 * each request, no sessions and no streams. Who asks is a user of the broker's and has the same
 * rights as over NATS. Virtual threads.
 */
final class McpPages implements AdminPages {

    private static final String OLDEST_VERSION = "2024-11-05";
    private static final Set<String> VERSIONS = Set.of(OLDEST_VERSION, "2025-03-26", "2025-06-18");
    private static final int PARSE_ERROR = -32700;
    private static final int INVALID_REQUEST = -32600;
    private static final int NO_SUCH_METHOD = -32601;
    private static final int INVALID_PARAMS = -32602;
    private static final int FAILED = -32603;
    private static final int MAX_BATCH = 100;

    private final ObjectMapper json = new ObjectMapper();
    private final Mq9BrokerServerParams core;
    private final McpTools tools;

    McpPages(Mq9BrokerServerParams core, Commands commands) {
        this.core = core;
        this.tools = new McpTools(core, commands, json);
    }

    @Override
    public String path() {
        return "/mcp";
    }

    @Override
    public Access access() {
        return Access.USER;
    }

    @Override
    public AdminAnswer answer(AdminRequest request) {
        if (!request.method().equals("POST")) {
            return AdminAnswer.error(405, "MCP requests are posted here.").with("Allow", "POST");
        }
        JsonNode message;
        try {
            message = json.readTree(request.body());
        } catch (IOException malformed) {
            return answered(error(null, PARSE_ERROR, "it is no JSON"));
        }
        if (!message.isArray()) {
            ObjectNode reply = answer(request, message);
            return reply == null ? accepted() : answered(reply);
        }
        if (message.isEmpty() || message.size() > MAX_BATCH) {
            return answered(
                    error(null, INVALID_REQUEST, "a batch has 1 to " + MAX_BATCH + " requests"));
        }
        ArrayNode replies = json.createArrayNode();
        for (JsonNode one : message) {
            ObjectNode reply = answer(request, one);
            if (reply != null) {
                replies.add(reply);
            }
        }
        return replies.isEmpty() ? accepted() : answered(replies);
    }

    private static AdminAnswer accepted() {
        return new AdminAnswer(202, "application/json", new byte[0]);
    }

    private AdminAnswer answered(JsonNode reply) {
        try {
            return new AdminAnswer(200, "application/json", json.writeValueAsBytes(reply));
        } catch (JsonProcessingException impossible) {
            throw new IllegalStateException("a tree is always JSON", impossible);
        }
    }

    /** Null for a notification, which gets no answer. */
    private @Nullable ObjectNode answer(AdminRequest request, JsonNode message) {
        JsonNode id = message.get("id");
        String method = message.path("method").textValue();
        if (!message.isObject() || method == null) {
            return error(id, INVALID_REQUEST, "it is no request");
        }
        if (id == null) {
            return null;
        }
        JsonNode params = message.path("params");
        return switch (method) {
            case "ping" -> result(id, json.createObjectNode());
            case "initialize" -> result(id, initialized(params));
            case "tools/list" -> result(id, tools.list());
            case "tools/call" -> call(request, id, params);
            default -> error(id, NO_SUCH_METHOD, "Method not found: " + method);
        };
    }

    private ObjectNode initialized(JsonNode params) {
        String wanted = params.path("protocolVersion").asText();
        ObjectNode result = json.createObjectNode();
        result.put("protocolVersion", VERSIONS.contains(wanted) ? wanted : OLDEST_VERSION);
        result.putObject("capabilities").putObject("tools");
        ObjectNode server = result.putObject("serverInfo");
        server.put("name", "polymq-mq9");
        server.put("version", "1");
        return result;
    }

    private ObjectNode call(AdminRequest request, JsonNode id, JsonNode params) {
        String name = params.path("name").asText();
        McpTools.@Nullable Tool tool = tools.find(name);
        if (tool == null) {
            return error(id, INVALID_PARAMS, "Unknown tool: " + name);
        }
        JsonNode arguments = params.path("arguments");
        try {
            byte[] reply =
                    tools.call(
                            tool,
                            arguments.isObject() ? (ObjectNode) arguments : json.createObjectNode(),
                            new Caller(
                                    request.who(),
                                    request.peer(),
                                    SubjectService.Rights.byRules(
                                            core.security(), request.who(), request.peer())));
            String failure = json.readTree(reply).path("error").asText();
            if (!failure.isEmpty()) {
                return error(id, FAILED, failure);
            }
            ObjectNode result = json.createObjectNode();
            ObjectNode content = result.putArray("content").addObject();
            content.put("type", "text");
            content.put("text", new String(reply, StandardCharsets.UTF_8));
            result.put("isError", false);
            return result(id, result);
        } catch (Mq9Exception refused) {
            return error(id, FAILED, String.valueOf(refused.getMessage()));
        } catch (IOException impossible) {
            throw new IllegalStateException("replies are JSON", impossible);
        }
    }

    private ObjectNode result(JsonNode id, JsonNode result) {
        ObjectNode reply = json.createObjectNode();
        reply.put("jsonrpc", "2.0");
        reply.set("id", id);
        reply.set("result", result);
        return reply;
    }

    private ObjectNode error(@Nullable JsonNode id, int code, String message) {
        ObjectNode reply = json.createObjectNode();
        reply.put("jsonrpc", "2.0");
        reply.set("id", id == null ? json.nullNode() : id);
        ObjectNode error = reply.putObject("error");
        error.put("code", code);
        error.put("message", message);
        return reply;
    }
}
