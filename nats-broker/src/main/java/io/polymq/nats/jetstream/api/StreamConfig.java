package io.polymq.nats.jetstream.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.polymq.core.subject.Dialect;
import io.polymq.core.subject.Filter;
import io.polymq.core.subject.InvalidSubjectException;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A stream's configuration with its defaults filled in; round trips give it back as it is. Shared,
 * immutable.
 */
public final class StreamConfig {

    public static final long NANOS_PER_MILLI = 1_000_000L;
    private static final long DEFAULT_WINDOW = 120_000 * NANOS_PER_MILLI;

    /** How long messages are kept. */
    public enum Retention {
        LIMITS,
        INTEREST,
        WORKQUEUE
    }

    private final Fields fields;
    private final Retention retention;
    private final boolean discardNew;
    private final boolean inMemory;
    private final long maxMessages;
    private final long maxBytes;
    private final long maxPerSubject;
    private final boolean newPerSubject;
    private final long maxAgeMillis;
    private final long windowMillis;
    private final long maxMessageSize;
    private final boolean sealed;
    private final boolean noAck;
    private final boolean counter;

    private StreamConfig(Fields fields) {
        this.fields = fields;
        this.retention =
                switch (fields.text("retention")) {
                    case "interest" -> Retention.INTEREST;
                    case "workqueue" -> Retention.WORKQUEUE;
                    default -> Retention.LIMITS;
                };
        this.discardNew = fields.text("discard").equals("new");
        this.inMemory = fields.text("storage").equals("memory");
        this.maxMessages = fields.number("max_msgs");
        this.maxBytes = fields.number("max_bytes");
        this.maxPerSubject = fields.number("max_msgs_per_subject");
        this.newPerSubject = fields.flag("discard_new_per_subject");
        this.maxAgeMillis = fields.millis("max_age");
        this.windowMillis = fields.millis("duplicate_window");
        this.maxMessageSize = fields.number("max_msg_size");
        this.sealed = fields.flag("sealed");
        this.noAck = fields.flag("no_ack");
        this.counter = fields.flag("allow_msg_counter");
    }

    /** From a request or from what was kept; defaults are filled in, nothing else is checked. */
    public static StreamConfig of(JsonNode json) {
        ObjectNode config = Schemas.STREAM.read(json);
        unlimited(config, "max_consumers");
        unlimited(config, "max_msgs");
        unlimited(config, "max_bytes");
        unlimited(config, "max_msgs_per_subject");
        if (config.path("max_msg_size").asLong() < -1 || !config.has("max_msg_size")) {
            config.put("max_msg_size", -1L);
        }
        if (config.path("num_replicas").asLong() == 0) {
            config.put("num_replicas", 1L);
        }
        if (config.path("max_age").asLong() < 0) {
            config.put("max_age", 0L);
        }
        if (!config.has("duplicate_window") && !config.has("mirror")) {
            long age = config.path("max_age").asLong();
            config.put(
                    "duplicate_window", age > 0 ? Math.min(age, DEFAULT_WINDOW) : DEFAULT_WINDOW);
        }
        if (config.path("subject_delete_marker_ttl").asLong() > 0) {
            config.put("allow_msg_ttl", true);
            config.put("allow_rollup_hdrs", true);
            config.put("deny_purge", false);
        }
        if (!config.has("subjects") && !config.has("mirror") && !config.has("sources")) {
            config.putArray("subjects").add(config.path("name").asText());
        }
        Fields republish = new Fields(config).object("republish");
        if (republish != null && republish.text("src").isEmpty()) {
            ((ObjectNode) config.get("republish")).put("src", ">");
        }
        return new StreamConfig(new Fields(inOrder(config)));
    }

    private static void unlimited(ObjectNode config, String field) {
        if (config.path(field).asLong() <= 0) {
            config.put(field, -1L);
        }
    }

    /** What was filled in stands where it belongs. */
    private static ObjectNode inOrder(ObjectNode config) {
        return Schemas.STREAM.read(config);
    }

    public ObjectNode json() {
        return fields.json();
    }

    /** With what the server adds about versions. */
    public StreamConfig withMetadata(String version, int level, int required) {
        ObjectNode copy = json().deepCopy();
        Metadata.put(copy, version, level, required);
        return new StreamConfig(new Fields(inOrder(copy)));
    }

    /** Without what the server added, for comparisons. */
    public ObjectNode plain() {
        ObjectNode copy = json().deepCopy();
        Metadata.strip(copy);
        return copy;
    }

    /** The API level that its features need. */
    public int requiredLevel() {
        if (fields.flag("allow_msg_counter")
                || fields.flag("allow_atomic")
                || fields.flag("allow_msg_schedules")
                || fields.text("persist_mode").equals("async")) {
            return 2;
        }
        return fields.flag("allow_msg_ttl") || fields.number("subject_delete_marker_ttl") > 0
                ? 1
                : 0;
    }

    public String name() {
        return fields.text("name");
    }

    public List<String> subjects() {
        return fields.texts("subjects");
    }

    /** The subjects as filters; what does not parse is left out. */
    public List<Filter> filters() {
        List<Filter> filters = new ArrayList<>();
        for (Iterator<String> all = subjects().iterator(); all.hasNext(); ) {
            Filter filter = filter(all.next());
            if (filter != null) {
                filters.add(filter);
            }
        }
        return filters;
    }

    /** Null when it is no subject in NATS's spelling. */
    public static @Nullable Filter filter(String subject) {
        try {
            return Dialect.NATS.parse(subject);
        } catch (InvalidSubjectException e) {
            return null;
        }
    }

    public Fields fields() {
        return fields;
    }

    public Retention retention() {
        return retention;
    }

    public boolean discardNew() {
        return discardNew;
    }

    public boolean inMemory() {
        return inMemory;
    }

    public long maxMessages() {
        return maxMessages;
    }

    public long maxBytes() {
        return maxBytes;
    }

    public long maxAgeMillis() {
        return maxAgeMillis;
    }

    public long maxPerSubject() {
        return maxPerSubject;
    }

    /** Whether a subject that has its number of messages takes no more. */
    public boolean newPerSubject() {
        return newPerSubject;
    }

    public long windowMillis() {
        return windowMillis;
    }

    /** Headers and payload; -1 for no limit. */
    public long maxMessageSize() {
        return maxMessageSize;
    }

    public boolean isMirror() {
        return fields.has("mirror");
    }

    public boolean sealed() {
        return sealed;
    }

    /** Whether publishers hear nothing. */
    public boolean noAck() {
        return noAck;
    }

    /** Whether its messages are counters. */
    public boolean counter() {
        return counter;
    }
}
