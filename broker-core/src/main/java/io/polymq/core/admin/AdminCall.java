package io.polymq.core.admin;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectReader;
import io.polymq.core.security.Principal;
import java.io.IOException;
import java.util.Collection;
import java.util.Map;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** A request to one route. For one virtual thread. */
public final class AdminCall {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int SECONDS_TO_WAIT = 30;

    private final AdminRequest request;
    private final Map<String, String> segments;

    AdminCall(AdminRequest request, Map<String, String> segments) {
        this.request = request;
        this.segments = Map.copyOf(segments);
    }

    public AdminRequest request() {
        return request;
    }

    public Principal who() {
        return request.who();
    }

    /** What stands in the path where the template has this name. */
    public String segment(String name) {
        String text = segments.get(name);
        if (text == null) {
            throw new IllegalStateException("the route has no {" + name + "}");
        }
        return text;
    }

    /** Of the query; null when it is not there. */
    public @Nullable String asked(String name) {
        return request.query().get(name);
    }

    public String asked(String name, String otherwise) {
        return request.query().getOrDefault(name, otherwise);
    }

    public long asked(String name, long otherwise, long least, long most) {
        String text = asked(name);
        if (text == null) {
            return otherwise;
        }
        try {
            long number = Long.parseLong(text);
            if (number >= least && number <= most) {
                return number;
            }
        } catch (NumberFormatException notANumber) {
            // Answered below, like a number out of range.
        }
        throw AdminRefusal.badRequest(
                name + " is a number from " + least + " to " + most + ", not " + text + ".");
    }

    /** The name space that the call is about: the one asked for, or the asker's own. */
    public String tenant() {
        return asked("tenant", who().tenant());
    }

    /** The request's JSON object. */
    public JsonNode json() {
        try {
            JsonNode node = JSON.readTree(request.body());
            if (node == null || !node.isObject()) {
                throw AdminRefusal.badRequest("The body has to be a JSON object.");
            }
            return node;
        } catch (IOException malformed) {
            throw AdminRefusal.badRequest("The body is not JSON: " + firstLine(malformed));
        }
    }

    /** The request's JSON as a record; unknown and wrong members are refused. */
    public <T> T json(Class<T> type) {
        ObjectReader reader = JSON.readerFor(type);
        try {
            return reader.readValue(request.body());
        } catch (IOException malformed) {
            throw AdminRefusal.badRequest("The body cannot be read: " + firstLine(malformed));
        }
    }

    private static String firstLine(IOException failed) {
        String message =
                failed instanceof JacksonException jackson
                        ? jackson.getOriginalMessage()
                        : String.valueOf(failed.getMessage());
        int end = message.indexOf('\n');
        return end < 0 ? message : message.substring(0, end);
    }

    /** The page of a list that was asked for; {@code search} looks at the row's text. */
    public <R, T> AdminListing<T> page(
            Collection<R> all, Function<R, String> text, Function<R, T> row) {
        return AdminListing.of(this, all, text, row);
    }

    /** Waits for what takes a moment; what it fails with is thrown. */
    public static <T> T await(CompletionStage<T> result) throws Exception {
        try {
            return result.toCompletableFuture().get(SECONDS_TO_WAIT, TimeUnit.SECONDS);
        } catch (ExecutionException | CompletionException failed) {
            Throwable cause = failed.getCause();
            if (cause instanceof Error error) {
                throw error;
            }
            throw cause instanceof Exception exception ? exception : failed;
        } catch (TimeoutException late) {
            throw new AdminRefusal(504, "It was not done within " + SECONDS_TO_WAIT + " seconds.");
        }
    }
}
