package io.polymq.mq9;

import com.fasterxml.jackson.databind.JsonNode;
import io.polymq.mq9.registry.Agent;
import io.polymq.mq9.registry.AgentRegistry;
import io.polymq.mq9.registry.RegistryException;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** REGISTER, UNREGISTER, REPORT and DISCOVER. Virtual threads. */
final class AgentCommands {

    private static final int DEFAULT_LIMIT = 20;
    private static final int MAX_LIMIT = 1000;
    private static final int MAX_PAGE = 1_000_000;
    private static final int MAX_REPORT = 4096;
    private static final int MAX_NAME = 256;

    private final AgentRegistry registry;

    AgentCommands(AgentRegistry registry) {
        this.registry = registry;
    }

    /** A whole A2A card, or a name with a payload. */
    void register(Request request) {
        Body body = request.json(false);
        String name = name(body, body.required("name", "mailbox"));
        JsonNode payload = body.node().get("payload");
        JsonNode card = AgentText.cardOf(body.node());
        String info;
        if (payload == null || payload.isNull()) {
            if (card == null) {
                throw body.invalid("it is neither an agent card nor a name with a `payload`");
            }
            info = body.node().toString();
        } else {
            info = payload.isTextual() ? payload.textValue() : payload.toString();
        }
        if (info.isEmpty()) {
            throw new Mq9Exception("agent_info must not be empty");
        }
        AgentText text = AgentText.of(name, info, card);
        Agent agent =
                new Agent(
                        request.caller().tenant(),
                        name,
                        request.caller().principal().user(),
                        info,
                        body.text("mailbox"),
                        body.number("ttl", -1),
                        text.description(),
                        text.words());
        answer(request, registry.register(agent, request.caller().principal().admin()));
    }

    private static String name(Body body, String name) {
        if (name.isBlank()) {
            throw new Mq9Exception("agent name must not be empty");
        }
        if (name.length() > MAX_NAME || name.chars().anyMatch(Character::isISOControl)) {
            throw body.invalid(
                    "`name` has up to " + MAX_NAME + " characters and no control character");
        }
        return name;
    }

    private static void answer(Request request, CompletableFuture<Void> done) {
        done.whenComplete(
                (ok, failure) -> {
                    if (failure == null) {
                        request.answer(Replies.ok());
                    } else {
                        request.fail(failure);
                    }
                });
    }

    void unregister(Request request) {
        Body body = request.json(false);
        String name = name(body, body.required("name", "mailbox"));
        Caller caller = request.caller();
        answer(
                request,
                registry.unregister(
                        caller.tenant(),
                        name,
                        caller.principal().user(),
                        caller.principal().admin()));
    }

    void report(Request request) {
        Body body = request.json(false);
        String name = name(body, body.required("name", "mailbox"));
        String info = info(body);
        if (info.length() > MAX_REPORT) {
            throw body.invalid("`report_info` may have " + MAX_REPORT + " characters");
        }
        Caller caller = request.caller();
        try {
            registry.report(
                    caller.tenant(),
                    name,
                    info,
                    caller.principal().user(),
                    caller.principal().admin());
        } catch (RegistryException refused) {
            throw new Mq9Exception(String.valueOf(refused.getMessage()));
        }
        request.answer(Replies.ok());
    }

    /** As the server's own word, or as the clients' libraries send it. */
    private static String info(Body body) {
        JsonNode info = body.node().get("report_info");
        JsonNode said = info == null || info.isNull() ? body.node().get("status") : info;
        if (said == null || said.isNull()) {
            return "";
        }
        return said.isTextual() ? said.textValue() : said.toString();
    }

    void discover(Request request) {
        Body body = request.json(true);
        String meaning = blankToNull(body.text("semantic", "query"));
        String text = blankToNull(body.text("text"));
        int limit = (int) Math.clamp(body.number("limit", DEFAULT_LIMIT), 1, MAX_LIMIT);
        int page = (int) Math.clamp(body.number("page", 1), 1, MAX_PAGE);
        boolean alive = body.flag("alive", false);
        AgentRegistry.Found found =
                registry.discover(
                        new AgentRegistry.Search(
                                request.caller().tenant(), text, meaning, alive, limit, page));
        request.answer(
                Replies.ok(
                        json -> {
                            json.writeArrayFieldStart("agents");
                            for (AgentRegistry.Hit hit : found.hits()) {
                                AgentText.write(json, hit);
                            }
                            json.writeEndArray();
                            json.writeNumberField("total", found.total());
                        }));
    }

    private static @Nullable String blankToNull(@Nullable String text) {
        return text == null || text.isBlank() ? null : text;
    }
}
