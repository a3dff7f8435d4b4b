package io.polymq.config;

import io.polymq.config.schema.Default;
import io.polymq.config.schema.Doc;
import io.polymq.config.schema.Secret;
import io.polymq.config.schema.Within;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** {@code [webhook]}: where events of the broker are posted. */
@Doc("Posts what happens to the broker as JSON, in batches: logins, sessions, topics, quotas.")
public record WebhookConfig(
        @Doc(value = "Where to POST.", example = "\"http://127.0.0.1:8000/events\"") String url,
        @Doc(
                        value = "Signs each batch (HMAC-SHA256); without one they are not signed.",
                        example = "\"a long secret\"")
                @Nullable Secret secret,
        @Doc("The types of events that are posted; empty: all.") List<String> events,
        @Doc("Most events of a batch.") @Within(min = 1, max = 10_000) @Default("500") int batch,
        @Doc("How long a batch waits for more events.") @Default("1s") Duration linger,
        @Doc("Events that may wait; more are dropped and counted.")
                @Within(min = 1, max = 1_000_000)
                @Default("10000")
                int queue,
        @Doc("How long an answer may take.") @Default("5s") Duration timeout,
        @Doc("How often a batch is tried before it is dropped.")
                @Within(min = 1, max = 1_000)
                @Default("10")
                int attempts,
        @Doc("The pause before the second attempt; it doubles each time, up to a minute.")
                @Default("500ms")
                Duration backoff) {

    public WebhookConfig {
        events = List.copyOf(events);
        String scheme;
        try {
            scheme = URI.create(url).getScheme();
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("has a url that is none: " + e.getMessage(), e);
        }
        if (!"http".equals(scheme) && !"https".equals(scheme)) {
            throw new IllegalArgumentException("needs a url that begins with http:// or https://");
        }
    }
}
