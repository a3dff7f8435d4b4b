package io.polymq.nats.jetstream.api;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.polymq.core.subject.Filter;
import io.polymq.nats.subject.SubjectTransform;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What a stream's configuration must fulfil, with the error for each. Stateless. */
public final class StreamChecks {

    private static final int MAX_NAME = 255;
    private static final int MAX_DESCRIPTION = 4096;
    private static final int MAX_METADATA = 128 << 10;
    private static final long LEAST_DURATION = 100_000_000L;
    private static final long SECOND = 1_000_000_000L;

    private StreamChecks() {}

    /** A stream's name in a request's subject. */
    public static void name(String name) {
        if (name.isEmpty()) {
            throw invalid("stream name is required and can not contain '.', '*', '>'");
        }
        if (name.indexOf('/') >= 0 || name.indexOf('\\') >= 0) {
            throw ApiError.STREAM_NAME_PATH.exception();
        }
        if (!isName(name)) {
            throw invalid("stream name is required and can not contain '.', '*', '>'");
        }
        if (name.getBytes(StandardCharsets.UTF_8).length > MAX_NAME) {
            throw invalid("stream name is too long, maximum allowed is 255");
        }
    }

    /** Whether it has none of the characters that names must not have. */
    public static boolean isName(String name) {
        if (name.isEmpty()) {
            return false;
        }
        for (int i = 0; i < name.length(); i++) {
            if (".*>/\\ \t\r\n\f".indexOf(name.charAt(i)) >= 0) {
                return false;
            }
        }
        return true;
    }

    private static ApiException invalid(String why) {
        return ApiError.STREAM_INVALID_CONFIG.exception(why);
    }

    /** Everything that does not depend on other streams. */
    public static void check(StreamConfig config) {
        Fields fields = config.fields();
        name(config.name());
        if (fields.text("description").length() > MAX_DESCRIPTION) {
            throw invalid("stream description is too long, maximum allowed is 4096");
        }
        int metadata = 0;
        for (var entry : fields.json().path("metadata").properties()) {
            metadata += entry.getKey().length() + entry.getValue().asText().length();
        }
        if (metadata > MAX_METADATA) {
            throw invalid("stream metadata exceeds maximum size of 128 KiB");
        }
        if (fields.number("num_replicas") < 0) {
            throw ApiError.REPLICAS_NEGATIVE.exception();
        }
        if (fields.number("num_replicas") > 5) {
            throw invalid("maximum replicas is 5");
        }
        if (fields.number("num_replicas") > 1) {
            throw ApiError.REPLICAS_NOT_SUPPORTED.exception();
        }
        times(fields);
        combinations(config);
        subjects(config);
        mirror(config);
        sources(config);
        externals(config);
        transforms(config);
    }

    private static void times(Fields fields) {
        long age = fields.number("max_age");
        long window = fields.number("duplicate_window");
        if (age != 0 && age < LEAST_DURATION) {
            throw invalid("max age needs to be >= 100ms");
        }
        if (window < 0) {
            throw invalid("duplicates window can not be negative");
        }
        if (age != 0 && window > age) {
            throw invalid("duplicates window can not be larger then max age");
        }
        if (window > 0 && window < LEAST_DURATION) {
            throw invalid("duplicates window needs to be >= 100ms");
        }
        long marker = fields.number("subject_delete_marker_ttl");
        if (marker < 0) {
            throw invalid("subject delete marker TTL must not be negative");
        }
        if (marker > 0 && marker < SECOND) {
            throw invalid("subject delete marker TTL must be at least 1 second");
        }
    }

    private static void combinations(StreamConfig config) {
        Fields fields = config.fields();
        if (fields.flag("deny_purge") && fields.flag("allow_rollup_hdrs")) {
            throw invalid("roll-ups require the purge permission");
        }
        if (fields.flag("discard_new_per_subject")) {
            if (!config.discardNew()) {
                throw invalid("discard new per subject requires discard new policy to be set");
            }
            if (config.maxPerSubject() <= 0) {
                throw invalid("discard new per subject requires max msgs per subject > 0");
            }
        }
        if (fields.number("first_seq") > 0 && config.isMirror()) {
            throw ApiError.MIRROR_WITH_FIRST_SEQ.exception();
        }
        if (fields.flag("allow_msg_counter")) {
            if (config.discardNew()) {
                throw invalid("counter stream cannot use discard new");
            }
            if (fields.flag("allow_msg_ttl")) {
                throw invalid("counter stream cannot use message TTLs");
            }
            if (config.retention() != StreamConfig.Retention.LIMITS) {
                throw invalid("counter stream can only use limits retention");
            }
            if (fields.flag("allow_msg_schedules")) {
                throw invalid("counter stream cannot use message schedules");
            }
        }
        if (fields.flag("allow_msg_schedules") && fields.has("sources")) {
            throw ApiError.SOURCE_WITH_SCHEDULES.exception();
        }
        if (fields.text("persist_mode").equals("async")
                && (fields.flag("allow_atomic") || config.inMemory())) {
            throw invalid("async persist mode is not supported on this stream");
        }
    }

    private static void subjects(StreamConfig config) {
        Map<String, Filter> seen = new LinkedHashMap<>();
        boolean noAck = config.fields().flag("no_ack");
        for (String subject : config.subjects()) {
            Filter filter = StreamConfig.filter(subject);
            if (filter == null) {
                throw invalid("invalid subject");
            }
            if (subject.equals(">") && !noAck) {
                throw invalid("capturing all subjects requires no-ack to be true");
            }
            reserved(filter, noAck);
            seen.forEach(
                    (other, known) -> {
                        if (known.overlaps(filter)) {
                            throw invalid(
                                    "subject \"" + other + "\" overlaps with \"" + subject + '"');
                        }
                    });
            seen.put(subject, filter);
        }
    }

    private static void reserved(Filter filter, boolean noAck) {
        if (noAck) {
            return;
        }
        refuse(
                filter,
                "$JS.>",
                "$JS.EVENT.>",
                "subjects that overlap with jetstream api require no-ack to be true");
        refuse(
                filter,
                "$SYS.>",
                "$SYS.ACCOUNT.>",
                "subjects that overlap with system api require no-ack to be true");
    }

    private static void refuse(Filter filter, String reserved, String allowed, String why) {
        Filter space = StreamConfig.filter(reserved);
        Filter but = StreamConfig.filter(allowed);
        if (space != null && but != null && space.overlaps(filter) && !but.covers(filter)) {
            throw invalid(why);
        }
    }

    /** Where the API of another account, and what it delivers, is looked for. */
    private static void externals(StreamConfig config) {
        List<Fields> origins = new ArrayList<>(config.fields().objects("sources"));
        Fields mirror = config.fields().object("mirror");
        if (mirror != null) {
            origins.add(mirror);
        }
        for (Fields origin : origins) {
            Fields external = origin.object("external");
            if (external != null) {
                external(external.text("api"), external.text("deliver"));
            }
        }
    }

    private static void external(String api, String deliver) {
        if (!deliver.isEmpty()) {
            Filter filter = StreamConfig.filter(deliver);
            if (filter == null || filter.subject() == null) {
                throw ApiError.EXTERNAL_DELIVER_INVALID.exception(deliver);
            }
        }
        Filter filter = StreamConfig.filter(api);
        if (filter == null || filter.subject() == null) {
            throw invalid(
                    "stream external api prefix \""
                            + api
                            + "\" must be a valid subject without wildcards");
        }
        if (api.equals("$JS.API")) {
            throw ApiError.EXTERNAL_API_OVERLAP.exception(api);
        }
    }

    private static void mirror(StreamConfig config) {
        Fields mirror = config.fields().object("mirror");
        if (mirror == null) {
            if (config.fields().flag("mirror_direct")) {
                throw invalid("stream has no mirror but does have mirror direct");
            }
            return;
        }
        if (!config.subjects().isEmpty()) {
            throw ApiError.MIRROR_WITH_SUBJECTS.exception();
        }
        if (config.fields().has("sources")) {
            throw ApiError.MIRROR_WITH_SOURCES.exception();
        }
        if (config.fields().flag("allow_msg_counter")) {
            throw ApiError.MIRROR_WITH_COUNTERS.exception();
        }
        if (config.fields().flag("allow_atomic")) {
            throw ApiError.MIRROR_WITH_ATOMIC.exception();
        }
        if (config.fields().flag("allow_msg_schedules")) {
            throw ApiError.MIRROR_WITH_SCHEDULES.exception();
        }
        if (mirror.number("opt_start_seq") > 0 && mirror.has("opt_start_time")) {
            throw ApiError.MIRROR_WITH_START_SEQ_AND_TIME.exception();
        }
        if (!isName(mirror.text("name"))) {
            throw ApiError.MIRROR_INVALID_NAME.exception();
        }
        if (mirror.has("filter_subject") && mirror.has("subject_transforms")) {
            throw ApiError.MIRROR_MULTIPLE_FILTERS.exception();
        }
        transforms(
                mirror,
                ApiError.MIRROR_INVALID_FILTER,
                ApiError.MIRROR_INVALID_DESTINATION,
                ApiError.MIRROR_OVERLAPPING_FILTERS);
    }

    private static void sources(StreamConfig config) {
        Set<String> seen = new HashSet<>();
        for (Fields source : config.fields().objects("sources")) {
            if (!isName(source.text("name"))) {
                throw ApiError.SOURCE_INVALID_NAME.exception();
            }
            if (!seen.add(
                    source.text("name")
                            + ' '
                            + source.text("filter_subject")
                            + source.json().path("subject_transforms")
                            + source.json().path("external"))) {
                throw ApiError.SOURCE_DUPLICATE.exception();
            }
            if (source.has("filter_subject") && source.has("subject_transforms")) {
                throw ApiError.SOURCE_MULTIPLE_FILTERS.exception();
            }
            transforms(
                    source,
                    ApiError.SOURCE_INVALID_FILTER,
                    ApiError.SOURCE_INVALID_DESTINATION,
                    ApiError.SOURCE_OVERLAPPING_FILTERS);
        }
    }

    private static void transforms(
            Fields source, ApiError badFilter, ApiError badDestination, ApiError overlapping) {
        String only = source.text("filter_subject");
        if (!only.isEmpty() && StreamConfig.filter(only) == null) {
            throw badFilter.exception("invalid subject \"" + only + '"');
        }
        List<Filter> filters = new ArrayList<>();
        for (Fields transform : source.objects("subject_transforms")) {
            String from = transform.text("src").isEmpty() ? ">" : transform.text("src");
            Filter filter = StreamConfig.filter(from);
            if (filter == null) {
                throw badFilter.exception("invalid subject \"" + from + '"');
            }
            if (!transform.text("dest").isEmpty()) {
                try {
                    SubjectTransform.of(from, transform.text("dest"));
                } catch (IllegalArgumentException e) {
                    throw badDestination.exception(e.getMessage() + "");
                }
            }
            for (Filter other : filters) {
                if (other.overlaps(filter)) {
                    throw overlapping.exception();
                }
            }
            filters.add(filter);
        }
    }

    private static void transforms(StreamConfig config) {
        Fields transform = config.fields().object("subject_transform");
        if (transform != null) {
            String from = transform.text("src");
            if (!from.isEmpty() && StreamConfig.filter(from) == null) {
                throw ApiError.TRANSFORM_INVALID_SOURCE.exception("invalid subject " + from);
            }
            try {
                SubjectTransform.of(from, transform.text("dest"));
            } catch (IllegalArgumentException e) {
                throw ApiError.TRANSFORM_INVALID_DESTINATION.exception(e.getMessage() + "");
            }
        }
        Fields republish = config.fields().object("republish");
        if (republish == null) {
            return;
        }
        try {
            SubjectTransform.of(republish.text("src"), republish.text("dest"));
        } catch (IllegalArgumentException e) {
            throw invalid("stream configuration for republish with transform is not valid");
        }
        Filter to =
                StreamConfig.filter(republish.text("dest").replaceAll("\\{\\{.*?}}|\\$\\d+", "*"));
        for (Filter own : config.filters()) {
            if (to != null && own.overlaps(to)) {
                throw invalid("stream configuration for republish destination forms a cycle");
            }
        }
    }

    /** What an update may not change. */
    public static void update(StreamConfig before, StreamConfig now) {
        Fields old = before.fields();
        Fields fields = now.fields();
        if (!before.name().equals(now.name())) {
            throw invalid("stream configuration name must match original");
        }
        if (!old.text("storage").equals(fields.text("storage"))) {
            throw invalid("stream configuration update can not change storage type");
        }
        if (before.retention() != now.retention()
                && (before.retention() == StreamConfig.Retention.WORKQUEUE
                        || now.retention() == StreamConfig.Retention.WORKQUEUE)) {
            throw invalid(
                    "stream configuration update can not change retention policy to/from"
                            + " workqueue");
        }
        if (old.number("max_consumers") != fields.number("max_consumers")) {
            throw invalid("stream configuration update can not change MaxConsumers");
        }
        if (before.sealed() && !now.sealed()) {
            throw invalid("stream configuration update can not unseal a sealed stream");
        }
        if (old.flag("deny_delete") && !fields.flag("deny_delete")) {
            throw invalid("stream configuration update can not cancel deny message deletes");
        }
        if (old.flag("deny_purge") && !fields.flag("deny_purge")) {
            throw invalid("stream configuration update can not cancel deny purge");
        }
        if (old.flag("allow_msg_ttl") && !fields.flag("allow_msg_ttl")) {
            throw invalid("message TTL status can not be disabled");
        }
        if (old.flag("allow_msg_counter") != fields.flag("allow_msg_counter")) {
            throw invalid("stream configuration update can not change message counter setting");
        }
        if (old.flag("allow_msg_schedules") && !fields.flag("allow_msg_schedules")) {
            throw invalid("message schedules can not be disabled");
        }
        if (!old.text("persist_mode").equals(fields.text("persist_mode"))) {
            throw invalid("stream configuration update can not change persist mode");
        }
        mirrorStays(before, now);
    }

    private static void mirrorStays(StreamConfig before, StreamConfig now) {
        ObjectNode old = object(before, "mirror");
        ObjectNode fresh = object(now, "mirror");
        if (old == null && fresh != null || old != null && fresh != null && !old.equals(fresh)) {
            throw ApiError.MIRROR_NOT_UPDATABLE.exception();
        }
    }

    private static @Nullable ObjectNode object(StreamConfig config, String field) {
        return config.json().get(field) instanceof ObjectNode found ? found : null;
    }
}
