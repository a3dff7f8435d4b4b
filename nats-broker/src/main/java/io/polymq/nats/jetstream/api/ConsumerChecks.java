package io.polymq.nats.jetstream.api;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.polymq.core.subject.Filter;
import io.polymq.nats.jetstream.api.ConsumerConfig.AckPolicy;
import io.polymq.nats.jetstream.api.ConsumerConfig.Priority;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/** What a consumer's configuration must fulfil, with the error for each. Stateless. */
public final class ConsumerChecks {

    private static final int MAX_NAME = 255;
    private static final int MAX_DESCRIPTION = 4096;
    private static final int MAX_METADATA = 128 << 10;
    private static final long LEAST_HEARTBEAT = 100_000_000L;
    private static final long MILLI = 1_000_000L;
    private static final Pattern GROUP = Pattern.compile("^[a-zA-Z0-9/_=-]{1,16}$");

    /** What an update may not change, and how that is said. */
    private static final Map<String, String> FIXED =
            Map.of(
                    "deliver_policy", "deliver policy",
                    "opt_start_seq", "start sequence",
                    "opt_start_time", "start time",
                    "ack_policy", "ack policy",
                    "replay_policy", "replay policy",
                    "idle_heartbeat", "heart beats",
                    "flow_control", "flow control",
                    "max_waiting", "max waiting",
                    "priority_groups", "priority groups",
                    "priority_policy", "priority policy");

    private ConsumerChecks() {}

    public static void name(String name) {
        if (name.getBytes(StandardCharsets.UTF_8).length > MAX_NAME) {
            throw ApiError.CONSUMER_NAME_TOO_LONG.exception(MAX_NAME);
        }
        if (name.indexOf('/') >= 0 || name.indexOf('\\') >= 0) {
            throw ApiError.CONSUMER_NAME_PATH.exception();
        }
        if (!StreamChecks.isName(name)) {
            throw ApiError.CONSUMER_BAD_NAME.exception();
        }
    }

    /** With its defaults; everything that does not depend on other consumers. */
    public static void check(ConsumerConfig config, StreamConfig stream, ConsumerLimits server) {
        Fields fields = config.fields();
        if (server.maxRequestBatch() > 0 && fields.number("max_batch") > server.maxRequestBatch()) {
            throw ApiError.CONSUMER_MAX_REQUEST_BATCH_EXCESS.exception(server.maxRequestBatch());
        }
        if (server.maxAckPending() > 0 && config.maxAckPending() > server.maxAckPending()) {
            throw ApiError.CONSUMER_MAX_ACK_PENDING_EXCESS.exception(server.maxAckPending());
        }
        if (fields.text("description").length() > MAX_DESCRIPTION) {
            throw ApiError.CONSUMER_DESCRIPTION_TOO_LONG.exception(MAX_DESCRIPTION);
        }
        int metadata = 0;
        for (var entry : fields.json().path("metadata").properties()) {
            metadata += entry.getKey().length() + entry.getValue().asText().length();
        }
        if (metadata > MAX_METADATA) {
            throw ApiError.CONSUMER_METADATA_LENGTH.exception("128 KiB");
        }
        if (fields.number("num_replicas") > Math.max(1, stream.fields().number("num_replicas"))) {
            throw ApiError.CONSUMER_REPLICAS_EXCEED.exception();
        }
        backoff(config);
        filters(config);
        if (config.isPush()) {
            push(config, stream);
        } else {
            pull(config, stream);
        }
        start(config);
        priority(config);
        if (fields.has("sample_freq")) {
            sampling(fields.text("sample_freq"));
        }
        limits(config, stream);
        if (stream.retention() == StreamConfig.Retention.WORKQUEUE) {
            workQueue(config);
        }
    }

    private static void backoff(ConsumerConfig config) {
        Fields fields = config.fields();
        int length = fields.json().path("backoff").size();
        for (var item : fields.json().path("backoff")) {
            if (item.asLong() < 0) {
                throw ApiError.CONSUMER_BACKOFF_NEGATIVE.exception();
            }
        }
        long deliveries = fields.number("max_deliver");
        if (length > 0 && deliveries != -1 && deliveries < length) {
            throw ApiError.CONSUMER_MAX_DELIVER_BACKOFF.exception();
        }
        if (fields.number("ack_wait") < 0) {
            throw ApiError.CONSUMER_ACK_WAIT_NEGATIVE.exception();
        }
    }

    private static void filters(ConsumerConfig config) {
        Fields fields = config.fields();
        List<String> many = fields.texts("filter_subjects");
        if (fields.has("filter_subject") && !many.isEmpty()) {
            throw ApiError.CONSUMER_DUPLICATE_FILTERS.exception();
        }
        List<Filter> filters = new ArrayList<>();
        for (String subject : config.filters()) {
            if (subject.isEmpty()) {
                throw ApiError.CONSUMER_EMPTY_FILTER.exception();
            }
            Filter filter = StreamConfig.filter(subject);
            if (filter == null) {
                throw ApiError.CONSUMER_CREATE.exception("invalid filter subject");
            }
            for (Filter other : filters) {
                if (other.overlaps(filter)) {
                    throw ApiError.CONSUMER_OVERLAPPING_FILTERS.exception();
                }
            }
            filters.add(filter);
        }
    }

    private static void push(ConsumerConfig config, StreamConfig stream) {
        Fields fields = config.fields();
        String subject = fields.text("deliver_subject");
        Filter filter = StreamConfig.filter(subject);
        if (filter == null) {
            throw ApiError.CONSUMER_INVALID_DELIVER_SUBJECT.exception();
        }
        if (!filter.isExact()) {
            throw ApiError.CONSUMER_DELIVER_WILDCARDS.exception();
        }
        for (Filter own : stream.filters()) {
            if (own.overlaps(filter)) {
                throw ApiError.CONSUMER_DELIVER_CYCLE.exception();
            }
        }
        if (fields.number("max_waiting") != 0) {
            throw ApiError.CONSUMER_PUSH_MAX_WAITING.exception();
        }
        if (fields.number("max_ack_pending") > 0 && config.ackPolicy() == AckPolicy.NONE) {
            throw ApiError.CONSUMER_MAX_PENDING_NEEDS_ACK.exception();
        }
        long heartbeat = fields.number("idle_heartbeat");
        if (heartbeat > 0 && heartbeat < LEAST_HEARTBEAT) {
            throw ApiError.CONSUMER_SMALL_HEARTBEAT.exception();
        }
        if (fields.flag("flow_control") && heartbeat <= 0) {
            throw ApiError.CONSUMER_FLOW_CONTROL_NEEDS_HEARTBEAT.exception();
        }
        if (!fields.texts("priority_groups").isEmpty() || config.priority() != Priority.NONE) {
            throw ApiError.CONSUMER_PUSH_WITH_GROUP.exception();
        }
    }

    private static void pull(ConsumerConfig config, StreamConfig stream) {
        Fields fields = config.fields();
        if (fields.number("rate_limit_bps") > 0) {
            throw ApiError.CONSUMER_PULL_RATE_LIMIT.exception();
        }
        if (fields.number("max_waiting") < 0) {
            throw ApiError.CONSUMER_MAX_WAITING_NEGATIVE.exception();
        }
        if (fields.number("idle_heartbeat") > 0) {
            throw ApiError.CONSUMER_HEARTBEAT_NEEDS_PUSH.exception();
        }
        if (fields.flag("flow_control")) {
            throw ApiError.CONSUMER_FLOW_CONTROL_NEEDS_PUSH.exception();
        }
        if (fields.flag("direct")) {
            throw ApiError.CONSUMER_DIRECT_NEEDS_PUSH.exception();
        }
        if (fields.number("max_batch") < 0) {
            throw ApiError.CONSUMER_MAX_BATCH_NEGATIVE.exception();
        }
        long expires = fields.number("max_expires");
        if (expires != 0 && expires < MILLI) {
            throw ApiError.CONSUMER_MAX_EXPIRES_SMALL.exception();
        }
        if (config.ackPolicy() != AckPolicy.EXPLICIT
                && stream.retention() == StreamConfig.Retention.WORKQUEUE) {
            throw ApiError.CONSUMER_PULL_REQUIRES_ACK.exception();
        }
    }

    private static void start(ConsumerConfig config) {
        Fields fields = config.fields();
        String policy = fields.text("deliver_policy");
        boolean sequence = fields.number("opt_start_seq") > 0;
        boolean time = fields.has("opt_start_time");
        switch (policy) {
            case "by_start_sequence" -> {
                if (!sequence) {
                    throw conflict(policy, "optional start sequence is not set");
                }
                if (time) {
                    throw conflict(policy, "optional start time is also set");
                }
            }
            case "by_start_time" -> {
                if (!time) {
                    throw conflict(policy, "optional start time is not set");
                }
                if (sequence) {
                    throw conflict(policy, "optional start sequence is also set");
                }
            }
            default -> {
                if (sequence) {
                    throw conflict(policy, "optional start sequence is also set");
                }
                if (time) {
                    throw conflict(policy, "optional start time is also set");
                }
                if (policy.equals("last_per_subject") && config.filters().isEmpty()) {
                    throw ApiError.CONSUMER_INVALID_POLICY.exception(
                            "consumer delivery policy is deliver last per subject, but optional"
                                    + " filter subject is not set");
                }
            }
        }
    }

    private static ApiException conflict(String policy, String why) {
        String words =
                switch (policy) {
                    case "all", "last", "new" -> policy;
                    case "last_per_subject" -> "last per subject";
                    case "by_start_sequence" -> "by start sequence";
                    default -> "by start time";
                };
        return ApiError.CONSUMER_INVALID_POLICY.exception(
                "consumer delivery policy is deliver " + words + ", but " + why);
    }

    private static void priority(ConsumerConfig config) {
        List<String> groups = config.fields().texts("priority_groups");
        if (config.priority() != Priority.NONE) {
            if (groups.isEmpty()) {
                throw ApiError.CONSUMER_POLICY_WITHOUT_GROUP.exception();
            }
            for (String group : groups) {
                if (group.isEmpty()) {
                    throw ApiError.CONSUMER_EMPTY_GROUP.exception();
                }
                if (!GROUP.matcher(group).matches()) {
                    throw ApiError.CONSUMER_INVALID_GROUP_NAME.exception();
                }
            }
            return;
        }
        if (!groups.isEmpty()) {
            throw ApiError.CONSUMER_GROUP_WITHOUT_POLICY.exception();
        }
        if (config.fields().number("priority_timeout") > 0) {
            throw ApiError.CONSUMER_PINNED_TTL_WITHOUT_POLICY.exception();
        }
    }

    private static void sampling(String frequency) {
        String digits =
                frequency.endsWith("%")
                        ? frequency.substring(0, frequency.length() - 1)
                        : frequency;
        try {
            int percent = Integer.parseInt(digits.strip());
            if (percent < 0) {
                throw ApiError.CONSUMER_INVALID_SAMPLING.exception("negative");
            }
        } catch (NumberFormatException e) {
            throw ApiError.CONSUMER_INVALID_SAMPLING.exception(
                    "strconv.Atoi: parsing \"" + digits + "\": invalid syntax");
        }
    }

    private static void limits(ConsumerConfig config, StreamConfig stream) {
        Fields limits = stream.fields().object("consumer_limits");
        if (limits == null) {
            return;
        }
        long inactive = limits.number("inactive_threshold");
        if (inactive > 0 && config.fields().number("inactive_threshold") > inactive) {
            throw ApiError.CONSUMER_INACTIVE_THRESHOLD.exception(inactive / 1_000_000_000.0 + "s");
        }
        long pending = limits.number("max_ack_pending");
        if (pending > 0 && config.fields().number("max_ack_pending") > pending) {
            throw ApiError.CONSUMER_MAX_ACK_PENDING_EXCESS.exception(pending);
        }
    }

    private static void workQueue(ConsumerConfig config) {
        if (config.ackPolicy() != AckPolicy.EXPLICIT) {
            throw ApiError.CONSUMER_WQ_NEEDS_EXPLICIT_ACK.exception();
        }
        String policy = config.fields().text("deliver_policy");
        if (!policy.equals("all")) {
            throw ApiError.CONSUMER_WQ_NOT_DELIVER_ALL.exception();
        }
    }

    /** Whether another consumer of a work queue leaves room for this one. */
    public static void unique(ConsumerConfig config, ConsumerConfig other) {
        List<String> own = config.filters();
        List<String> others = other.filters();
        if (own.isEmpty() || others.isEmpty()) {
            throw ApiError.CONSUMER_WQ_MULTIPLE_UNFILTERED.exception();
        }
        for (String one : own) {
            for (String two : others) {
                Filter first = StreamConfig.filter(one);
                Filter second = StreamConfig.filter(two);
                if (first != null && second != null && first.overlaps(second)) {
                    throw ApiError.CONSUMER_WQ_NOT_UNIQUE.exception();
                }
            }
        }
    }

    /** What an update may not change. */
    public static void update(ConsumerConfig before, ConsumerConfig now) {
        ObjectNode old = before.plain();
        ObjectNode fresh = now.plain();
        if (before.isPush() != now.isPush()) {
            throw ApiError.CONSUMER_CREATE.exception(
                    before.isPush()
                            ? "can not update push consumer to pull based"
                            : "can not update pull consumer to push based");
        }
        FIXED.forEach(
                (field, words) -> {
                    if (!old.path(field).equals(fresh.path(field))) {
                        throw ApiError.CONSUMER_CREATE.exception(words + " can not be updated");
                    }
                });
    }
}
