package io.polymq.nats;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.polymq.core.admin.AdminCall;
import io.polymq.core.admin.AdminPages;
import io.polymq.core.admin.AdminRefusal;
import io.polymq.core.admin.AdminRoute;
import io.polymq.core.admin.AdminRoutes;
import io.polymq.core.message.Message;
import io.polymq.core.router.Router;
import io.polymq.core.subject.Dialect;
import io.polymq.core.subject.InvalidSubjectException;
import io.polymq.core.subject.Subject;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Streams and consumers on the admin port. They are read as monitoring reads them, and changed by
 * the requests that clients would send. Virtual threads.
 */
final class StreamPages {
    private static final String ONE = "/{name}";
    private static final String TENANT = "tenant";
    private static final int FEW_SUBJECTS = 16;

    private final AccountStreams streams;
    private final Router router;
    private final ObjectMapper json;

    StreamPages(AccountStreams streams, Router router, ObjectMapper json) {
        this.streams = streams;
        this.router = router;
        this.json = json;
    }

    AdminPages pages() {
        return new AdminRoutes(
                "/api/v1/streams",
                "Streams of JetStream",
                List.of(
                        AdminRoute.list("", "Streams of a tenant", this::list),
                        AdminRoute.get(ONE, "One stream", this::find)
                                .asking(TENANT, "its name space"),
                        AdminRoute.list(
                                ONE + "/consumers", "A stream's consumers", this::consumers),
                        AdminRoute.delete(
                                        ONE + "/messages",
                                        "Drops all messages of a stream",
                                        call -> ask(call, "$JS.API.STREAM.PURGE."))
                                .asking(TENANT, "its name space"),
                        AdminRoute.delete(
                                        ONE,
                                        "Deletes a stream with its consumers",
                                        call -> ask(call, "$JS.API.STREAM.DELETE."))
                                .asking(TENANT, "its name space")));
    }

    private List<JsonNode> all(AdminCall call, boolean consumers) {
        ObjectNode options = json.createObjectNode();
        options.put("account", call.tenant());
        options.put("streams", true);
        options.put("consumers", consumers);
        options.put("config", true);
        List<JsonNode> found = new ArrayList<>();
        streams.report(options)
                .path("account_details")
                .forEach(account -> account.path("stream_detail").forEach(found::add));
        found.sort(Comparator.comparing(StreamPages::name));
        return found;
    }

    private static String name(JsonNode named) {
        return named.path("name").asText();
    }

    private Object list(AdminCall call) {
        return call.page(all(call, false), StreamPages::name, stream -> stream);
    }

    private JsonNode stream(AdminCall call, boolean consumers) {
        String wanted = call.segment("name");
        return all(call, consumers).stream()
                .filter(stream -> name(stream).equals(wanted))
                .findFirst()
                .orElseThrow(() -> AdminRefusal.notFound("There is no stream " + wanted + "."));
    }

    private Object find(AdminCall call) {
        return stream(call, false);
    }

    private Object consumers(AdminCall call) {
        List<JsonNode> rows = new ArrayList<>();
        stream(call, true).path("consumer_detail").forEach(rows::add);
        return call.page(rows, StreamPages::name, consumer -> consumer);
    }

    /** Sends a request of the API and waits for what it answers. */
    private @Nullable Object ask(AdminCall call, String api) throws Exception {
        String stream = name(stream(call, false));
        Router.Space space = router.space(call.tenant());
        String inbox = "_INBOX.admin." + UUID.randomUUID();
        CompletableFuture<byte[]> answer = new CompletableFuture<>();
        try (Router.Subscription subscription =
                space.subscribe(
                        Dialect.NATS.parse(inbox),
                        null,
                        false,
                        message -> answer.complete(message.keep().payload()))) {
            Message request =
                    new Message()
                            .begin(Subject.ofDotted(api + stream), new byte[0], 0, 0)
                            .replyTo(Subject.ofDotted(inbox));
            space.publish(router.newCache(FEW_SUBJECTS), request);
            check(json.readTree(AdminCall.await(answer)));
            return null;
        } catch (InvalidSubjectException impossible) {
            throw new IllegalStateException(inbox, impossible);
        }
    }

    private static void check(JsonNode answer) {
        JsonNode error = answer.path("error");
        if (!error.isMissingNode()) {
            throw new AdminRefusal(
                    error.path("code").asInt() == 404 ? 404 : 409,
                    error.path("description").asText());
        }
    }
}
