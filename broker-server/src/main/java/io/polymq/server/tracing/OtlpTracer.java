package io.polymq.server.tracing;

import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.Context;
import io.opentelemetry.exporter.otlp.http.trace.OtlpHttpSpanExporter;
import io.opentelemetry.exporter.otlp.http.trace.OtlpHttpSpanExporterBuilder;
import io.opentelemetry.sdk.resources.Resource;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.export.BatchSpanProcessor;
import io.opentelemetry.sdk.trace.samplers.Sampler;
import io.polymq.config.TracingConfig;
import io.polymq.core.message.HeaderCodec;
import io.polymq.core.message.Message;
import io.polymq.core.trace.MessageTracer;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A span for the publish of each message that carries a sampled trace context, and one for each
 * time that it is handed to a receiver; both are children of the span that the publisher named. So
 * a delivery finds its trace wherever the message has been meanwhile: in a queue, in a topic,
 * through a restart. Any thread; spans are sent by a thread of the SDK, and dropped when it falls
 * behind.
 */
public final class OtlpTracer implements MessageTracer, AutoCloseable {

    private static final long SECONDS_TO_END = 5;
    private static final AttributeKey<String> SYSTEM = AttributeKey.stringKey("messaging.system");
    private static final AttributeKey<String> OPERATION =
            AttributeKey.stringKey("messaging.operation.name");
    private static final AttributeKey<String> OPERATION_TYPE =
            AttributeKey.stringKey("messaging.operation.type");
    private static final AttributeKey<String> DESTINATION =
            AttributeKey.stringKey("messaging.destination.name");
    private static final AttributeKey<Long> SIZE =
            AttributeKey.longKey("messaging.message.body.size");
    private static final AttributeKey<String> PROTOCOL = AttributeKey.stringKey("polymq.protocol");
    private static final AttributeKey<String> TENANT = AttributeKey.stringKey("polymq.tenant");
    private static final AttributeKey<Long> CONNECTION = AttributeKey.longKey("polymq.connection");
    private static final AttributeKey<Long> TAKERS = AttributeKey.longKey("polymq.takers");
    private static final AttributeKey<String> FROM = AttributeKey.stringKey("polymq.from");
    private static final AttributeKey<String> SOURCE = AttributeKey.stringKey("polymq.source");

    private final SdkTracerProvider provider;
    private final Tracer tracer;

    private OtlpTracer(SdkTracerProvider provider) {
        this.provider = provider;
        this.tracer = provider.get("io.polymq");
    }

    /**
     * @param instance names this broker among those of the same service
     */
    public static OtlpTracer start(
            TracingConfig config, String instance, String version, PrometheusRegistry metrics) {
        OtlpHttpSpanExporterBuilder exporter =
                OtlpHttpSpanExporter.builder()
                        .setEndpoint(config.endpoint())
                        .setTimeout(config.timeout());
        if (config.authorization() != null) {
            exporter.addHeader("Authorization", config.authorization().value());
        }
        CountedSpans counted = new CountedSpans(exporter.build(), metrics);
        BatchSpanProcessor batches =
                BatchSpanProcessor.builder(counted)
                        .setMaxQueueSize(config.queue())
                        .setMaxExportBatchSize(Math.min(512, config.queue()))
                        .setScheduleDelay(config.linger())
                        .setExporterTimeout(config.timeout())
                        .build();
        Sampler chosen = Sampler.traceIdRatioBased(config.ratio());
        return new OtlpTracer(
                SdkTracerProvider.builder()
                        .setResource(
                                Resource.getDefault().toBuilder()
                                        .put("service.name", config.serviceName())
                                        .put("service.instance.id", instance)
                                        .put("service.version", version)
                                        .build())
                        .setSampler(
                                Sampler.parentBasedBuilder(Sampler.alwaysOff())
                                        .setRemoteParentSampled(chosen)
                                        .build())
                        .addSpanProcessor(batches)
                        .build());
    }

    @Override
    public boolean isOn() {
        return true;
    }

    @Override
    public @Nullable Step published(String tenant, Message message) {
        SpanContext parent = TraceParents.of(message);
        if (!parent.isSampled()) {
            return null;
        }
        Span span = begin("publish", SpanKind.SERVER, tenant, message, parent, 0);
        return takers -> span.setAttribute(TAKERS, (long) takers).end();
    }

    @Override
    public void delivered(String tenant, Message message, Receiver receiver) {
        SpanContext parent = TraceParents.of(message);
        if (!parent.isSampled()) {
            return;
        }
        Span span = begin("deliver", SpanKind.CLIENT, tenant, message, parent, receiver.since());
        span.setAttribute(FROM, receiver.from().name().toLowerCase(Locale.ROOT));
        span.setAttribute(SOURCE, receiver.name());
        if (receiver.connection() != 0) {
            span.setAttribute(CONNECTION, receiver.connection());
        }
        span.end();
    }

    private Span begin(
            String operation,
            SpanKind kind,
            String tenant,
            Message message,
            SpanContext parent,
            long since) {
        String subject = message.shown().toString();
        var builder =
                tracer.spanBuilder(operation + ' ' + subject)
                        .setSpanKind(kind)
                        .setParent(Context.root().with(Span.wrap(parent)))
                        .setAttribute(SYSTEM, "polymq")
                        .setAttribute(OPERATION, operation)
                        .setAttribute(
                                OPERATION_TYPE, operation.equals("publish") ? "send" : "receive")
                        .setAttribute(DESTINATION, subject)
                        .setAttribute(SIZE, (long) message.payloadLength())
                        .setAttribute(TENANT, tenant);
        HeaderCodec writer = message.headerCodec();
        if (writer != null) {
            builder.setAttribute(PROTOCOL, writer.protocol());
        }
        if (since > 0) {
            builder.setStartTimestamp(since, TimeUnit.MILLISECONDS);
        }
        return builder.startSpan();
    }

    /** What is waiting is sent, for a few seconds at most. */
    @Override
    public void close() {
        provider.shutdown().join(SECONDS_TO_END, TimeUnit.SECONDS);
    }
}
