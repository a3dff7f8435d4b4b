package io.polymq.nats.jetstream;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.polymq.core.subject.Subject;
import io.polymq.nats.jetstream.api.ApiError;
import io.polymq.nats.jetstream.api.ApiException;
import io.polymq.nats.jetstream.api.Errors;
import io.polymq.nats.jetstream.api.Fields;
import io.polymq.nats.jetstream.api.Requests;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** One request to the API, answered once. Shard zone. */
final class Call {

    private final JetStreamAccount account;
    private final Subject subject;
    private final @Nullable Subject reply;
    private final byte[] body;
    private final String[] tokens;
    private String type = "";

    Call(
            JetStreamAccount account,
            Subject subject,
            @Nullable Subject reply,
            byte[] body,
            String[] tokens) {
        this.account = account;
        this.subject = subject;
        this.reply = reply;
        this.body = body;
        this.tokens = tokens;
    }

    /** What kind of answer it gets: the middle of the type's name. */
    Call as(String kind) {
        type = "io.nats.jetstream.api.v1." + kind + "_response";
        return this;
    }

    byte[] body() {
        return body;
    }

    @Nullable Subject reply() {
        return reply;
    }

    /** A token of the subject behind {@code $JS.API}. */
    String token(int number) {
        return number < tokens.length ? tokens[number] : "";
    }

    int tokens() {
        return tokens.length;
    }

    /** The tokens from one on, as a subject. */
    String rest(int from) {
        return String.join(".", java.util.Arrays.copyOfRange(tokens, from, tokens.length));
    }

    void requireEmpty() {
        if (!Requests.isEmpty(body)) {
            throw ApiError.NOT_EMPTY_REQUEST.exception();
        }
    }

    ObjectNode answer() {
        ObjectNode answer = Fields.MAPPER.createObjectNode();
        answer.put("type", type);
        return answer;
    }

    void send(ObjectNode answer) {
        if (reply != null) {
            account.outlet().send(reply, answer);
        }
        audit(answer);
    }

    void success() {
        ObjectNode answer = answer();
        answer.put("success", true);
        send(answer);
    }

    void refuse(ApiException why) {
        ObjectNode answer = answer();
        Errors.put(answer, why);
        send(answer);
    }

    /** Goes on in the zone once the future is done; a failure is answered with that error. */
    <T> void then(CompletableFuture<T> future, ApiError otherwise, Consumer<T> action) {
        future.whenComplete(
                (value, failure) ->
                        account.zone()
                                .offer(
                                        () -> {
                                            if (failure != null) {
                                                refuse(error(failure, otherwise));
                                                return;
                                            }
                                            try {
                                                action.accept(value);
                                            } catch (ApiException refused) {
                                                refuse(refused);
                                            }
                                        }));
    }

    private static ApiException error(Throwable failure, ApiError otherwise) {
        Throwable cause = failure;
        while (cause instanceof CompletionException && cause.getCause() != null) {
            cause = cause.getCause();
        }
        return cause instanceof ApiException known
                ? known
                : otherwise.exception(cause.getMessage() + "");
    }

    /** Who watches the API sees the request and its answer. */
    private void audit(ObjectNode answer) {
        ObjectNode event = Fields.MAPPER.createObjectNode();
        event.put("server", account.identity().name());
        event.put("subject", subject.toString());
        event.put("response", answer.toString());
        account.advise("io.nats.jetstream.advisory.v1.api_audit", "API", event);
    }
}
