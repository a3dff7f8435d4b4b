package io.polymq.mq9;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.polymq.codec.nats.NatsHeaders;
import io.polymq.core.message.Message;
import io.polymq.core.security.Security;
import io.polymq.core.subject.Subject;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * The nine tools, each the command of the same meaning: its arguments become the command's subject,
 * headers and JSON. Virtual threads.
 */
final class McpTools {

    private static final long SECONDS_BEYOND_WAIT = 30;
    private static final String ADDRESS = "mail_address";

    /** What the request of a tool is made of. */
    private record Parts(String subject, List<NatsHeaders.Entry> headers, byte[] body) {}

    /** Makes a request of arguments. */
    private interface Translation {
        Parts translate(ObjectNode arguments);
    }

    /** A tool as clients see it. */
    record Tool(
            String name,
            String description,
            Map<String, String> arguments,
            Set<String> required,
            Translation translation) {}

    private final Mq9BrokerServerParams core;
    private final Commands commands;
    private final ObjectMapper json;
    private final Map<String, Tool> tools = new LinkedHashMap<>();

    McpTools(Mq9BrokerServerParams core, Commands commands, ObjectMapper json) {
        this.core = core;
        this.commands = commands;
        this.json = json;
        addMailTools();
        addAgentTools();
    }

    private void addMailTools() {
        add(
                "mq9_create_mailbox",
                "Create a mailbox; without a name it gets one that nobody guesses.",
                "name:string ttl:integer desc:string",
                arguments -> body("MAILBOX.CREATE", arguments));
        add(
                "mq9_send_message",
                "Send a message to a mailbox.",
                "mail_address!:string payload!:string priority:string key:string tags:string"
                        + " delay:integer ttl:integer",
                this::send);
        add(
                "mq9_fetch_messages",
                "Fetch messages that the group has not acknowledged, the most urgent first. reset_to"
                        + " is earliest, latest, time:<seconds> or id:<number>.",
                "mail_address!:string group_name!:string reset_to:string max_messages:integer"
                        + " max_wait_ms:integer lease_ms:integer",
                this::fetch);
        add(
                "mq9_ack_message",
                "Acknowledge a message and everything before it of its priority.",
                "mail_address!:string group_name!:string msg_id!:integer",
                arguments -> body("MSG.ACK." + address(arguments), arguments));
        add(
                "mq9_query_mailbox",
                "Look at messages without consuming them: by key, by tags (all of them), since a"
                        + " time.",
                "mail_address!:string key:string tags:string since:integer limit:integer",
                arguments -> body("MSG.QUERY." + address(arguments), arguments));
        add(
                "mq9_delete_message",
                "Delete a message.",
                "mail_address!:string msg_id!:integer",
                arguments ->
                        new Parts(
                                "MSG.DELETE."
                                        + address(arguments)
                                        + '.'
                                        + arguments.path("msg_id").asText(),
                                List.of(),
                                new byte[0]));
    }

    private void addAgentTools() {
        add(
                "mq9_register_agent",
                "Register an agent, or register it anew. The payload is a text or an A2A card.",
                "name!:string payload!:string",
                arguments -> body("AGENT.REGISTER", arguments));
        add(
                "mq9_unregister_agent",
                "Unregister an agent.",
                "name!:string",
                arguments -> body("AGENT.UNREGISTER", arguments));
        add(
                "mq9_discover_agents",
                "Find agents by words, by meaning, or all of them.",
                "text:string semantic:string limit:integer page:integer",
                arguments -> body("AGENT.DISCOVER", arguments));
    }

    private void add(String name, String description, String signature, Translation translation) {
        Map<String, String> arguments = new LinkedHashMap<>();
        List<String> required = new ArrayList<>();
        for (String part : signature.split(" +")) {
            int colon = part.indexOf(':');
            boolean needed = part.charAt(colon - 1) == '!';
            String argument = part.substring(0, needed ? colon - 1 : colon);
            arguments.put(argument, part.substring(colon + 1));
            if (needed) {
                required.add(argument);
            }
        }
        tools.put(name, new Tool(name, description, arguments, Set.copyOf(required), translation));
    }

    ObjectNode list() {
        ObjectNode result = json.createObjectNode();
        ArrayNode list = result.putArray("tools");
        for (Tool tool : tools.values()) {
            ObjectNode node = list.addObject();
            node.put("name", tool.name());
            node.put("description", tool.description());
            ObjectNode schema = node.putObject("inputSchema");
            schema.put("type", "object");
            ObjectNode properties = schema.putObject("properties");
            tool.arguments().forEach((name, type) -> properties.putObject(name).put("type", type));
            ArrayNode required = schema.putArray("required");
            tool.required().stream().sorted().forEach(required::add);
        }
        return result;
    }

    @Nullable Tool find(String name) {
        return tools.get(name);
    }

    /**
     * The command's reply.
     *
     * @throws Mq9Exception when it may not be asked, or cannot be
     */
    byte[] call(Tool tool, ObjectNode arguments, Caller caller) {
        check(tool, arguments);
        Parts parts = tool.translation().translate(arguments);
        Subject subject = Subject.ofDotted(Commands.PREFIX + parts.subject());
        Security.Resource resource =
                new Security.Resource(Security.Resource.Kind.SUBJECT, subject.toString());
        if (!core.security()
                .allows(caller.principal(), caller.peer(), Security.Action.WRITE, resource)) {
            throw new Mq9Exception("not allowed: " + tool.name());
        }
        Message message = new Message();
        message.begin(subject, parts.body(), 0, parts.body().length);
        if (!parts.headers().isEmpty()) {
            byte[] header = new NatsHeaders(0, "", parts.headers()).toBytes();
            message.header(Mq9HeaderCodec.INSTANCE, header, 0, header.length, 0);
        }
        CompletableFuture<byte[]> reply = new CompletableFuture<>();
        if (!commands.dispatch(caller, message, zone -> reply::complete)) {
            throw new Mq9Exception("invalid arguments of " + tool.name());
        }
        return await(reply);
    }

    private byte[] await(CompletableFuture<byte[]> reply) {
        try {
            return reply.get(
                    core.settings().maxWait().toSeconds() + SECONDS_BEYOND_WAIT, TimeUnit.SECONDS);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new Mq9Exception("the broker stops");
        } catch (ExecutionException | TimeoutException unanswered) {
            throw new Mq9Exception("no answer in time");
        }
    }

    private static void check(Tool tool, ObjectNode arguments) {
        for (String name : tool.required()) {
            if (!arguments.hasNonNull(name)) {
                throw new Mq9Exception("missing argument: " + name);
            }
        }
        tool.arguments()
                .forEach(
                        (name, type) -> {
                            JsonNode value = arguments.get(name);
                            boolean fits =
                                    value == null
                                            || value.isNull()
                                            || (type.equals("string")
                                                    ? value.isTextual()
                                                    : value.isIntegralNumber());
                            if (!fits) {
                                throw new Mq9Exception("argument " + name + " is no " + type);
                            }
                        });
    }

    private static String address(ObjectNode arguments) {
        return MailAddress.check(arguments.path(ADDRESS).asText());
    }

    private Parts body(String subject, JsonNode body) {
        try {
            return new Parts(subject, List.of(), json.writeValueAsBytes(body));
        } catch (JsonProcessingException impossible) {
            throw new IllegalStateException("a tree is always JSON", impossible);
        }
    }

    private Parts send(ObjectNode arguments) {
        List<NatsHeaders.Entry> headers = new ArrayList<>();
        for (String name : List.of("priority", "key", "tags", "delay", "ttl")) {
            if (arguments.hasNonNull(name)) {
                String value = arguments.path(name).asText().replaceAll("[\r\n]+", " ");
                headers.add(new NatsHeaders.Entry("mq9-" + name, value));
            }
        }
        return new Parts(
                "MSG.SEND." + address(arguments),
                headers,
                arguments.path("payload").asText().getBytes(StandardCharsets.UTF_8));
    }

    private Parts fetch(ObjectNode arguments) {
        ObjectNode body = json.createObjectNode();
        body.set("group_name", arguments.get("group_name"));
        body.set("num_msgs", arguments.get("max_messages"));
        body.set("max_wait_ms", arguments.get("max_wait_ms"));
        body.set("lease_ms", arguments.get("lease_ms"));
        String reset = arguments.path("reset_to").asText();
        if (!reset.isEmpty()) {
            body.put("force_deliver", true);
            int colon = reset.indexOf(':');
            if (colon < 0) {
                body.put("deliver", reset);
            } else {
                String kind = "from_" + reset.substring(0, colon);
                body.put("deliver", kind);
                body.put(kind, number(reset.substring(colon + 1)));
            }
        }
        return body("MSG.FETCH." + address(arguments), body);
    }

    private static long number(String text) {
        try {
            return Long.parseLong(text);
        } catch (NumberFormatException noNumber) {
            throw new Mq9Exception("reset_to names no number: " + text);
        }
    }
}
