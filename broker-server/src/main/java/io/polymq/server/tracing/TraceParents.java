package io.polymq.server.tracing;

import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.propagation.W3CTraceContextPropagator;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.propagation.TextMapGetter;
import io.polymq.core.message.Message;
import io.polymq.core.message.MessageProperties;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Reads the span that a message's publisher named, as W3C's trace context has it. Any thread. */
final class TraceParents implements TextMapGetter<List<MessageProperties.Header>> {

    private static final TraceParents HEADERS = new TraceParents();
    private static final String PARENT = "traceparent";

    private TraceParents() {}

    /** An invalid one when the message has none, or none that can be read. */
    static SpanContext of(Message message) {
        List<MessageProperties.Header> headers = message.properties().headers();
        if (HEADERS.get(headers, PARENT) == null) {
            return SpanContext.getInvalid();
        }
        Context read =
                W3CTraceContextPropagator.getInstance().extract(Context.root(), headers, HEADERS);
        return Span.fromContext(read).getSpanContext();
    }

    @Override
    public Iterable<String> keys(List<MessageProperties.Header> headers) {
        return headers.stream().map(MessageProperties.Header::name).toList();
    }

    /** Names differ in case between protocols' libraries. */
    @Override
    public @Nullable String get(@Nullable List<MessageProperties.Header> headers, String name) {
        if (headers == null) {
            return null;
        }
        for (MessageProperties.Header header : headers) {
            byte[] value = header.value();
            if (value != null && header.name().equalsIgnoreCase(name)) {
                return new String(value, StandardCharsets.US_ASCII);
            }
        }
        return null;
    }
}
