package io.polymq.nats.account;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.polymq.core.message.Message;
import io.polymq.core.subject.Subject;
import io.polymq.nats.options.AccountOptions;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HexFormat;
import java.util.Locale;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * Measures how long an exported service takes to answer, for some requests or for those that a
 * tracing header asks for, and tells the exporter on a subject of its choice. Any thread.
 */
final class ServiceLatency {

    private static final String TYPE = "io.nats.server.metric.v1.service_latency";
    private static final int ALL = 100;
    private static final int ID_BYTES = 11;

    /** What measuring takes. */
    record Parts(
            ObjectMapper json, InstantSource clock, Crossing crossing, Directory.Clients clients) {}

    private final Parts parts;
    private final Account exporter;
    private final int sampling;
    private final Subject subject;

    ServiceLatency(Parts parts, Account exporter, AccountOptions.Latency wish) {
        this.parts = parts;
        this.exporter = exporter;
        this.sampling = wish.sampling();
        this.subject = Subject.ofDotted(wish.subject());
    }

    /** A request that is measured. */
    final class Measured {
        private final Account requestor;
        private final boolean share;
        private final long connection;
        private final @Nullable ObjectNode header;
        private final Instant begun = parts.clock().instant();
        private final long begunNanos = System.nanoTime();
        private final AtomicBoolean told = new AtomicBoolean();

        private Measured(
                Account requestor, boolean share, long connection, @Nullable ObjectNode header) {
            this.requestor = requestor;
            this.share = share;
            this.connection = connection;
            this.header = header;
        }

        void answeredBy(long responder) {
            if (!told.compareAndSet(false, true)) {
                return;
            }
            long taken = System.nanoTime() - begunNanos;
            long asking = parts.clients().roundTripNanos(connection);
            long answering = parts.clients().roundTripNanos(responder);
            ObjectNode metric = metric(200, null);
            ObjectNode client = parts.clients().describe(responder);
            metric.set("responder", client == null ? account(exporter) : client);
            tell(metric, asking, Math.max(0, taken - answering), 0, taken + asking);
        }

        void failed(int status, String why) {
            if (told.compareAndSet(false, true)) {
                long asking = parts.clients().roundTripNanos(connection);
                long taken = System.nanoTime() - begunNanos;
                tell(metric(status, why), asking, 0, 0, taken + asking);
            }
        }

        private ObjectNode metric(int status, @Nullable String why) {
            byte[] id = new byte[ID_BYTES];
            ThreadLocalRandom.current().nextBytes(id);
            ObjectNode metric = parts.json().createObjectNode();
            metric.put("type", TYPE);
            metric.put("id", HexFormat.of().formatHex(id));
            metric.put("timestamp", parts.clock().instant().toString());
            metric.put("status", status);
            if (why != null) {
                metric.put("description", why);
            }
            ObjectNode client = share ? parts.clients().describe(connection) : null;
            metric.set("requestor", client == null ? account(requestor) : client);
            if (header != null) {
                metric.set("header", header);
            }
            return metric;
        }

        private ObjectNode account(Account account) {
            return parts.json().createObjectNode().put("acc", account.name());
        }

        private void tell(ObjectNode metric, long asking, long service, long system, long total) {
            metric.put("start", begun.minusNanos(asking).toString());
            metric.put("service", service);
            metric.put("system", system);
            metric.put("total", total);
            publish(metric);
        }
    }

    private void publish(ObjectNode metric) {
        try {
            byte[] bytes = parts.json().writeValueAsBytes(metric);
            Message message = new Message().begin(subject, bytes, 0, bytes.length);
            parts.crossing().publish(exporter.space(), message, subject, null);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a tree of plain values is always written", e);
        }
    }

    /**
     * Begins to measure a request, unless it is not its turn.
     *
     * @param share whether the requestor lets itself be described
     */
    @Nullable Measured begin(Message request, Account requestor, boolean share) {
        if (sampling >= ALL
                || sampling > 0 && ThreadLocalRandom.current().nextInt(ALL) < sampling) {
            return new Measured(requestor, share, request.publisher(), null);
        }
        ObjectNode header = traced(request);
        return header == null ? null : new Measured(requestor, share, request.publisher(), header);
    }

    /** The header that asks for a measurement; null when none does. */
    private @Nullable ObjectNode traced(Message request) {
        if (request.headerCodec() == null || request.headerLength() == 0) {
            return null;
        }
        String block =
                new String(
                        request.header(),
                        request.headerOffset(),
                        request.headerLength(),
                        StandardCharsets.UTF_8);
        for (String line : block.split("\r\n", -1)) {
            int colon = line.indexOf(':');
            String name = colon < 0 ? "" : line.substring(0, colon).strip();
            String value = line.substring(colon + 1).strip();
            if (asksForTrace(name.toLowerCase(Locale.ROOT), value)) {
                ObjectNode header = parts.json().createObjectNode();
                header.putArray(name).add(value);
                return header;
            }
        }
        return null;
    }

    private static boolean asksForTrace(String name, String value) {
        return switch (name) {
            case "x-b3-sampled" -> value.equals("1") || value.equals("d");
            case "x-b3-traceid" -> !value.isEmpty();
            case "b3" -> {
                String[] fields = value.split("-", -1);
                yield fields.length > 2 ? !fields[2].equals("0") : !value.equals("0");
            }
            case "uber-trace-id" -> isOdd(value.substring(value.lastIndexOf(':') + 1));
            case "traceparent" -> isOdd(value.substring(value.lastIndexOf('-') + 1));
            default -> false;
        };
    }

    /** Whether hexadecimal flags have the lowest one set, which means that it is sampled. */
    private static boolean isOdd(String flags) {
        return !flags.isEmpty() && Character.digit(flags.charAt(flags.length() - 1), 16) % 2 == 1;
    }
}
