package io.polymq.config;

import io.polymq.config.schema.Default;
import io.polymq.config.schema.Doc;
import io.polymq.config.schema.Secret;
import io.polymq.config.schema.Within;
import java.net.URI;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** {@code [tracing]}: where spans of messages are sent. */
@Doc(
        "Sends spans of messages that carry a W3C trace context (`traceparent`) to a collector of"
                + " OpenTelemetry. Without this section nothing is traced.")
public record TracingConfig(
        @Doc(
                        value = "Where spans are posted: OTLP over HTTP, as Protobuf.",
                        example = "\"http://127.0.0.1:4318/v1/traces\"")
                String endpoint,
        @Doc(
                        value =
                                "The value of the header `Authorization`, where the collector asks for one.",
                        example = "\"Bearer abc\"")
                @Nullable Secret authorization,
        @Doc("What the broker is called in traces.") @Default("polymq") String serviceName,
        @Doc(
                        "The part of the sampled traces that is followed, from 0 to 1; the same traces on"
                                + " every broker.")
                @Default("1.0")
                double ratio,
        @Doc("Spans that may wait for the collector; more are dropped and counted.")
                @Within(min = 16, max = 1_000_000)
                @Default("8192")
                int queue,
        @Doc("How long a batch of spans waits for more.") @Within(min = 10) @Default("1s")
                Duration linger,
        @Doc("How long the collector may take to answer.") @Within(min = 10) @Default("5s")
                Duration timeout) {

    public TracingConfig {
        String scheme;
        try {
            scheme = URI.create(endpoint).getScheme();
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(
                    "has an endpoint that is no address: " + e.getMessage(), e);
        }
        if (!"http".equals(scheme) && !"https".equals(scheme)) {
            throw new IllegalArgumentException(
                    "needs an endpoint that begins with http:// or https://");
        }
        if (!(ratio >= 0 && ratio <= 1)) {
            throw new IllegalArgumentException("has a ratio that is not between 0 and 1");
        }
        if (serviceName.isBlank()) {
            throw new IllegalArgumentException("needs a service_name");
        }
    }
}
