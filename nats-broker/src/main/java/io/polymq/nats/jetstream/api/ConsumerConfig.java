package io.polymq.nats.jetstream.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A consumer's configuration with its defaults filled in. Shared, immutable. */
public final class ConsumerConfig {

    private static final long SECOND = 1_000_000_000L;
    private static final long DEFAULT_ACK_WAIT = 30 * SECOND;
    private static final long DEFAULT_INACTIVE = 5 * SECOND;
    private static final long DEFAULT_PINNED = 120 * SECOND;
    private static final int DEFAULT_ACK_PENDING = 1000;
    private static final int DEFAULT_WAITING = 512;

    /** What counts as an acknowledgement. */
    public enum AckPolicy {
        NONE,
        ALL,
        EXPLICIT
    }

    /** How waiting requests of a group take turns. */
    public enum Priority {
        NONE,
        OVERFLOW,
        PINNED,
        PRIORITIZED
    }

    private final Fields fields;
    private final AckPolicy ackPolicy;
    private final Priority priority;
    private final List<Long> backoffMillis;
    private final long ackWaitMillis;
    private final long maxAckPending;
    private final long maxDeliver;
    private final boolean headersOnly;
    private final boolean originalPace;
    private final long rateLimit;
    private final @Nullable Instant pauseUntil;

    public ConsumerConfig(Fields fields) {
        this.fields = fields;
        this.ackPolicy =
                switch (fields.text("ack_policy")) {
                    case "all" -> AckPolicy.ALL;
                    case "explicit" -> AckPolicy.EXPLICIT;
                    default -> AckPolicy.NONE;
                };
        this.priority =
                switch (fields.text("priority_policy")) {
                    case "overflow" -> Priority.OVERFLOW;
                    case "pinned_client" -> Priority.PINNED;
                    case "prioritized" -> Priority.PRIORITIZED;
                    default -> Priority.NONE;
                };
        List<Long> steps = new ArrayList<>();
        fields.json()
                .path("backoff")
                .forEach(item -> steps.add(Math.ceilDiv(item.asLong(), 1_000_000L)));
        this.backoffMillis = List.copyOf(steps);
        this.ackWaitMillis = fields.millis("ack_wait");
        this.maxAckPending = fields.number("max_ack_pending");
        this.maxDeliver = fields.number("max_deliver");
        this.headersOnly = fields.flag("headers_only");
        this.originalPace = fields.text("replay_policy").equals("original");
        this.rateLimit = fields.number("rate_limit_bps");
        this.pauseUntil = fields.time("pause_until");
    }

    /** As it was given, every field in its one form. */
    public static ConsumerConfig of(JsonNode json) {
        return new ConsumerConfig(new Fields(Schemas.CONSUMER.read(json)));
    }

    /** With the defaults that a server fills in. */
    public ConsumerConfig withDefaults(@Nullable Fields limits, ConsumerLimits server) {
        ObjectNode config = json().deepCopy();
        boolean push = config.has("deliver_subject");
        boolean acks = ackPolicy() != AckPolicy.NONE;
        ArrayNode backoff = (ArrayNode) config.get("backoff");
        if (acks && fields.number("ack_wait") <= 0) {
            config.put("ack_wait", DEFAULT_ACK_WAIT);
        }
        if (backoff != null && !backoff.isEmpty()) {
            config.put("ack_wait", backoff.get(0).asLong());
        }
        if (fields.number("max_deliver") <= 0) {
            config.put("max_deliver", -1L);
        }
        if (fields.number("max_ack_pending") == 0 && acks) {
            long most = limits == null ? 0 : limits.number("max_ack_pending");
            long usual = most > 0 ? most : DEFAULT_ACK_PENDING;
            long bound = server.maxAckPending();
            config.put("max_ack_pending", bound > 0 ? Math.min(usual, bound) : usual);
        }
        if (!push && fields.number("max_batch") == 0 && server.maxRequestBatch() > 0) {
            config.put("max_batch", server.maxRequestBatch());
        }
        if (!push && fields.number("max_waiting") == 0) {
            config.put("max_waiting", (long) DEFAULT_WAITING);
        }
        if (durable().isEmpty() && fields.number("inactive_threshold") <= 0) {
            long threshold = limits == null ? 0 : limits.number("inactive_threshold");
            config.put("inactive_threshold", threshold > 0 ? threshold : DEFAULT_INACTIVE);
        } else if (!durable().isEmpty()
                && limits != null
                && limits.number("inactive_threshold") > 0
                && fields.number("inactive_threshold") <= 0) {
            config.put("inactive_threshold", limits.number("inactive_threshold"));
        }
        if (priority() == Priority.PINNED && fields.number("priority_timeout") == 0) {
            config.put("priority_timeout", DEFAULT_PINNED);
        }
        return new ConsumerConfig(new Fields(Schemas.CONSUMER.read(config)));
    }

    public ConsumerConfig with(String field, JsonNode value) {
        ObjectNode copy = json().deepCopy();
        copy.set(field, value);
        return new ConsumerConfig(new Fields(Schemas.CONSUMER.read(copy)));
    }

    public ConsumerConfig without(String field) {
        ObjectNode copy = json().deepCopy();
        copy.remove(field);
        return new ConsumerConfig(new Fields(Schemas.CONSUMER.read(copy)));
    }

    public ConsumerConfig withMetadata(String version, int level) {
        ObjectNode copy = json().deepCopy();
        boolean needs = fields.has("pause_until") || priority() != Priority.NONE;
        Metadata.put(copy, version, level, priority() == Priority.PRIORITIZED ? 2 : needs ? 1 : 0);
        return new ConsumerConfig(new Fields(Schemas.CONSUMER.read(copy)));
    }

    /** Without what the server added, for comparisons. */
    public ObjectNode plain() {
        ObjectNode copy = json().deepCopy();
        Metadata.strip(copy);
        return copy;
    }

    public ObjectNode json() {
        return fields.json();
    }

    public String durable() {
        return fields.text("durable_name");
    }

    public String name() {
        String name = fields.text("name");
        return name.isEmpty() ? durable() : name;
    }

    public boolean isPush() {
        return fields.has("deliver_subject");
    }

    public Fields fields() {
        return fields;
    }

    public AckPolicy ackPolicy() {
        return ackPolicy;
    }

    public Priority priority() {
        return priority;
    }

    /** The filter subjects, whichever field they stand in; empty when there are none. */
    public List<String> filters() {
        String one = fields.text("filter_subject");
        return one.isEmpty() ? fields.texts("filter_subjects") : List.of(one);
    }

    public List<Long> backoffMillis() {
        return backoffMillis;
    }

    public long ackWaitMillis() {
        return ackWaitMillis;
    }

    /** How many may be held; 0 or less for no limit. */
    public long maxAckPending() {
        return maxAckPending;
    }

    /** How often one is delivered at most; 0 or less for no limit. */
    public long maxDeliver() {
        return maxDeliver;
    }

    public boolean headersOnly() {
        return headersOnly;
    }

    /** Whether messages go out at the pace at which they came. */
    public boolean originalPace() {
        return originalPace;
    }

    /** Bits in a second; 0 for no limit. */
    public long rateLimit() {
        return rateLimit;
    }

    public @Nullable Instant pauseUntil() {
        return pauseUntil;
    }
}
