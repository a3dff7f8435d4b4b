package io.polymq.admin.api;

import com.fasterxml.jackson.annotation.JsonProperty;
import io.polymq.core.admin.AdminAnswer;
import io.polymq.core.admin.AdminCall;
import io.polymq.core.admin.AdminListing;
import io.polymq.core.admin.AdminRefusal;
import io.polymq.core.admin.AdminRoute;
import io.polymq.core.subject.Dialect;
import io.polymq.core.subject.Filter;
import io.polymq.core.subject.InvalidSubjectException;
import io.polymq.core.topic.Committed;
import io.polymq.core.topic.Topic;
import io.polymq.core.topic.TopicException;
import io.polymq.core.topic.TopicSpec;
import io.polymq.storage.Durability;
import io.polymq.storage.Shard;
import io.polymq.storage.ShardSpec;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** Topics and their partitions: list, make, change, delete, and look at what they hold. */
final class TopicRoutes {
    private static final String WORDS =
            "partitions, captures (filters, levels with dots, * for one, > for the rest),"
                    + " retention_ms, retention_bytes, retention_records, compaction, durability"
                    + " (sync, os, memory), max_message_bytes, settings; what is left out stays";

    private final ApiParams params;
    private final RecordPages records;

    TopicRoutes(ApiParams params) {
        this.params = params;
        this.records = new RecordPages(params.records());
    }

    List<AdminRoute> routes() {
        return List.of(
                AdminRoute.list("/topics", "Topics of a tenant", this::list),
                AdminRoute.get("/topics/{name}", "One topic with its partitions", this::find)
                        .asking("tenant", "its name space"),
                AdminRoute.put("/topics/{name}", "Makes or changes a topic", WORDS, this::put)
                        .asking("tenant", "its name space"),
                AdminRoute.delete("/topics/{name}", "Deletes a topic", this::delete)
                        .asking("tenant", "its name space"),
                AdminRoute.get(
                                "/topics/{name}/partitions/{partition}/records",
                                "Records of a partition, decoded",
                                this::records)
                        .asking("tenant", "its name space")
                        .asking("offset", "the first one; without, the newest ones are shown")
                        .asking("limit", "at most so many, up to 500"),
                AdminRoute.delete(
                                "/topics/{name}/partitions/{partition}/records",
                                "Deletes the records in front of an offset",
                                this::trim)
                        .asking("tenant", "its name space")
                        .asking("before", "the first offset to stay; all without"));
    }

    /** What is to be changed of a topic. */
    record Change(
            @Nullable Integer partitions,
            @Nullable List<String> captures,
            @JsonProperty("retention_ms") @Nullable Long retentionMillis,
            @JsonProperty("retention_bytes") @Nullable Long retentionBytes,
            @JsonProperty("retention_records") @Nullable Long retentionRecords,
            @Nullable Boolean compaction,
            @Nullable String durability,
            @JsonProperty("max_message_bytes") @Nullable Integer maxMessageBytes,
            @Nullable Map<String, String> settings) {

        TopicSpec applyTo(TopicSpec before) {
            TopicSpec spec = before.withShard(shard(before.shard()));
            if (partitions != null) {
                spec = spec.withPartitions(partitions);
            }
            if (captures != null) {
                spec =
                        spec.withCaptures(
                                captures.stream().map(TopicRoutes::filter).toList(),
                                before.exclusive());
            }
            if (maxMessageBytes != null) {
                spec = spec.withMaxMessageBytes(maxMessageBytes);
            }
            return settings == null ? spec : spec.withSettings(settings);
        }

        private ShardSpec shard(ShardSpec before) {
            ShardSpec shard =
                    before.withRetention(
                            retentionMillis == null
                                    ? before.retentionTime()
                                    : Duration.ofMillis(retentionMillis),
                            retentionBytes == null ? before.retentionBytes() : retentionBytes,
                            retentionRecords == null
                                    ? before.retentionRecords()
                                    : retentionRecords);
            if (compaction != null) {
                shard = shard.withCompaction(compaction);
            }
            return durability == null ? shard : shard.withDurability(level(durability));
        }
    }

    private static Durability level(String text) {
        try {
            return Durability.valueOf(text.toUpperCase(Locale.ROOT));
        } catch (IllegalArgumentException unknown) {
            throw AdminRefusal.badRequest("durability is sync, os or memory, not " + text + ".");
        }
    }

    static Filter filter(String text) {
        try {
            return Dialect.NATS.parse(text);
        } catch (InvalidSubjectException malformed) {
            throw AdminRefusal.badRequest("'" + text + "' is no filter: " + malformed.reason());
        }
    }

    private Object list(AdminCall call) {
        List<Topic> topics =
                params.topics().list(call.tenant()).stream()
                        .sorted(Comparator.comparing(Topic::name))
                        .toList();
        AdminListing<Map<String, Object>> page = call.page(topics, Topic::name, TopicRoutes::row);
        return page;
    }

    private static Map<String, Object> row(Topic topic) {
        TopicSpec spec = topic.spec();
        long records = 0;
        long bytes = 0;
        for (int i = 0; i < spec.partitions(); i++) {
            Shard shard = topic.partition(i);
            records += shard.statistics().records();
            bytes += shard.statistics().bytes();
        }
        Map<String, Object> row = new LinkedHashMap<>();
        row.put("name", topic.name());
        row.put("id", topic.id());
        row.put("tenant", topic.tenant());
        row.put("partitions", spec.partitions());
        row.put("records", records);
        row.put("bytes", bytes);
        row.put("captures", spec.captures().stream().map(Filter::toString).toList());
        row.put("exclusive", spec.exclusive());
        row.put("retention_ms", spec.shard().retentionTime().toMillis());
        row.put("retention_bytes", spec.shard().retentionBytes());
        row.put("retention_records", spec.shard().retentionRecords());
        row.put("compaction", spec.shard().compaction());
        row.put("durability", spec.shard().durability().name().toLowerCase(Locale.ROOT));
        row.put("max_message_bytes", spec.maxMessageBytes());
        return row;
    }

    private Object find(AdminCall call) {
        return whole(topic(call));
    }

    private static Object whole(Topic topic) {
        Map<String, Object> whole = row(topic);
        whole.put("settings", topic.spec().settings());
        List<Map<String, Object>> partitions = new ArrayList<>();
        IntStream.range(0, topic.spec().partitions())
                .forEach(
                        number -> {
                            Shard shard = topic.partition(number);
                            Map<String, Object> row = new LinkedHashMap<>();
                            row.put("partition", number);
                            row.put("start_offset", shard.startOffset());
                            row.put("end_offset", shard.endOffset());
                            row.put("high_watermark", shard.highWatermark());
                            row.put("records", shard.statistics().records());
                            row.put("bytes", shard.statistics().bytes());
                            row.put("groups", shard.groups());
                            partitions.add(row);
                        });
        whole.put("partition_list", partitions);
        return whole;
    }

    private Object put(AdminCall call) throws Exception {
        String name = call.segment("name");
        Change change = call.json(Change.class);
        Topic known = params.topics().find(call.tenant(), name).orElse(null);
        try {
            CompletionStage<Topic> result =
                    known == null
                            ? params.topics()
                                    .create(call.tenant(), change.applyTo(TopicSpec.of(name, 1)))
                            : params.topics().alter(call.tenant(), change.applyTo(known.spec()));
            return AdminAnswer.json(known == null ? 201 : 200, whole(AdminCall.await(result)));
        } catch (TopicException refused) {
            throw refusal(refused);
        }
    }

    private @Nullable Object delete(AdminCall call) throws Exception {
        Topic topic = topic(call);
        try {
            AdminCall.await(params.topics().delete(topic.tenant(), topic.name()));
            return null;
        } catch (TopicException refused) {
            throw refusal(refused);
        }
    }

    private static AdminRefusal refusal(TopicException refused) {
        int status =
                switch (refused.kind()) {
                    case EXISTS, OVERLAPPING_CAPTURE -> 409;
                    case NO_SUCH_TOPIC -> 404;
                    case INVALID_NAME, INVALID_PARTITIONS, INVALID_SETTING -> 400;
                    case QUOTA_EXCEEDED -> 403;
                    case STORAGE -> 503;
                };
        return new AdminRefusal(status, String.valueOf(refused.getMessage()));
    }

    private Object records(AdminCall call) throws Exception {
        Topic topic = topic(call);
        int number = number(call, topic);
        Shard shard = topic.partition(number);
        Committed committed = AdminCall.await(params.topics().committed(topic, number));
        int limit = (int) call.asked("limit", 50, 1, 500);
        long newest = Math.max(shard.startOffset(), shard.highWatermark() - limit);
        long from = call.asked("offset", newest, 0, Long.MAX_VALUE);
        return records.read(topic, shard, committed, from, limit);
    }

    private @Nullable Object trim(AdminCall call) throws Exception {
        Shard shard = partition(call, topic(call));
        long before = call.asked("before", shard.highWatermark(), 0, shard.highWatermark());
        AdminCall.await(shard.trim(before));
        return null;
    }

    private Topic topic(AdminCall call) {
        String name = call.segment("name");
        return params.topics()
                .find(call.tenant(), name)
                .orElseThrow(() -> AdminRefusal.notFound("There is no topic " + name + "."));
    }

    private static Shard partition(AdminCall call, Topic topic) {
        return topic.partition(number(call, topic));
    }

    private static int number(AdminCall call, Topic topic) {
        String text = call.segment("partition");
        try {
            int number = Integer.parseInt(text);
            if (number >= 0 && number < topic.spec().partitions()) {
                return number;
            }
        } catch (NumberFormatException notANumber) {
            // Answered below, like a number out of range.
        }
        throw AdminRefusal.notFound(topic.name() + " has no partition " + text + ".");
    }
}
