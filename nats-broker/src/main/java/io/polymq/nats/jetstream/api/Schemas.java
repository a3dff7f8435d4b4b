package io.polymq.nats.jetstream.api;

/** The objects of the API at level 2, as nats-server 2.12 knows them. Shared, immutable. */
final class Schemas {

    private static final Schema TRANSFORM =
            new Schema.Builder("SubjectTransformConfig").textAlways("src", "dest").build();

    private static final Schema EXTERNAL =
            new Schema.Builder("ExternalStream").textAlways("api", "deliver").build();

    private static final Schema SOURCE =
            new Schema.Builder("StreamSource")
                    .textAlways("name")
                    .unsigned("opt_start_seq")
                    .time("opt_start_time")
                    .text("filter_subject")
                    .many("subject_transforms", TRANSFORM)
                    .nested("external", EXTERNAL)
                    .build();

    private static final Schema PLACEMENT =
            new Schema.Builder("Placement").text("cluster", "preferred").texts("tags").build();

    private static final Schema REPUBLISH =
            new Schema.Builder("RePublish")
                    .text("src")
                    .textAlways("dest")
                    .flag("headers_only")
                    .build();

    private static final Schema CONSUMER_LIMITS =
            new Schema.Builder("StreamConsumerLimits")
                    .number("inactive_threshold")
                    .integer("max_ack_pending")
                    .build();

    private static final String[] NO_FIELDS = {};

    static final Schema STREAM = stream("StreamConfig", NO_FIELDS).build();

    /** With what a request may say besides the configuration. */
    static final Schema STREAM_REQUEST =
            stream("StreamConfigRequest.StreamConfig", "pedantic").build();

    static final Schema CONSUMER =
            new Schema.Builder("ConsumerConfig")
                    .text("durable_name", "name", "description")
                    .choice(
                            "deliver_policy",
                            "all",
                            "last",
                            "new",
                            "by_start_sequence",
                            "by_start_time",
                            "last_per_subject",
                            "undefined")
                    .unsigned("opt_start_seq")
                    .time("opt_start_time")
                    .choice("ack_policy", "none", "all", "explicit")
                    .number("ack_wait")
                    .integer("max_deliver")
                    .numbers("backoff")
                    .text("filter_subject")
                    .texts("filter_subjects")
                    .choice("replay_policy", "instant", "original")
                    .unsigned("rate_limit_bps")
                    .text("sample_freq")
                    .integer("max_waiting", "max_ack_pending")
                    .flag("flow_control", "headers_only")
                    .integer("max_batch")
                    .number("max_expires")
                    .integer("max_bytes")
                    .text("deliver_subject", "deliver_group")
                    .number("idle_heartbeat", "inactive_threshold")
                    .numberAlways("num_replicas")
                    .flag("mem_storage", "direct")
                    .map("metadata")
                    .time("pause_until")
                    .texts("priority_groups")
                    .optionalChoice(
                            "priority_policy",
                            "",
                            "none",
                            "overflow",
                            "pinned_client",
                            "prioritized")
                    .number("priority_timeout")
                    .build();

    static final Schema CONSUMER_REQUEST =
            new Schema.Builder("CreateConsumerRequest")
                    .text("stream_name")
                    .nested("config", CONSUMER)
                    .optionalChoice("action", "", "create", "update")
                    .flag("pedantic")
                    .build();

    static final Schema PULL =
            new Schema.Builder("JSApiConsumerGetNextRequest")
                    .number("expires")
                    .integer("batch", "max_bytes")
                    .flag("no_wait")
                    .number("idle_heartbeat")
                    .text("group", "id")
                    .number("min_pending", "min_ack_pending")
                    .integer("priority")
                    .build();

    static final Schema MSG_GET =
            new Schema.Builder("JSApiMsgGetRequest")
                    .unsigned("seq")
                    .text("last_by_subj", "next_by_subj")
                    .unsigned("batch", "max_bytes")
                    .time("start_time")
                    .texts("multi_last")
                    .unsigned("up_to_seq")
                    .time("up_to_time")
                    .flag("no_hdr")
                    .build();

    static final Schema MSG_DELETE =
            new Schema.Builder("JSApiMsgDeleteRequest").unsigned("seq").flag("no_erase").build();

    static final Schema PURGE =
            new Schema.Builder("JSApiStreamPurgeRequest")
                    .unsigned("seq")
                    .text("filter")
                    .unsigned("keep")
                    .build();

    static final Schema STREAM_INFO =
            new Schema.Builder("JSApiStreamInfoRequest")
                    .unsigned("offset")
                    .flag("deleted_details")
                    .text("subjects_filter")
                    .build();

    static final Schema PAGE =
            new Schema.Builder("JSApiStreamListRequest").unsigned("offset").text("subject").build();

    static final Schema PAUSE =
            new Schema.Builder("JSApiConsumerPauseRequest").time("pause_until").build();

    static final Schema UNPIN =
            new Schema.Builder("JSApiConsumerUnpinRequest").text("group").build();

    static final Schema SNAPSHOT =
            new Schema.Builder("JSApiStreamSnapshotRequest")
                    .text("deliver_subject")
                    .flag("no_consumers")
                    .integer("chunk_size", "window_size")
                    .flag("jsck")
                    .build();

    private Schemas() {}

    private static Schema.Builder stream(String name, String... flags) {
        return new Schema.Builder(name)
                .textAlways("name")
                .text("description")
                .texts("subjects")
                .choice("retention", "limits", "interest", "workqueue")
                .numberAlways(
                        "max_consumers", "max_msgs", "max_bytes", "max_age", "max_msgs_per_subject")
                .integer("max_msg_size")
                .choice("discard", "old", "new")
                .choice("storage", "file", "memory")
                .numberAlways("num_replicas")
                .flag("no_ack")
                .text("template_owner")
                .number("duplicate_window")
                .nested("placement", PLACEMENT)
                .nested("mirror", SOURCE)
                .many("sources", SOURCE)
                .choice("compression", "none", "s2")
                .unsigned("first_seq")
                .nested("subject_transform", TRANSFORM)
                .nested("republish", REPUBLISH)
                .flagAlways("allow_direct", "mirror_direct")
                .flag("discard_new_per_subject")
                .flagAlways("sealed", "deny_delete", "deny_purge", "allow_rollup_hdrs")
                .nestedAlways("consumer_limits", CONSUMER_LIMITS)
                .flagAlways("allow_msg_ttl")
                .number("subject_delete_marker_ttl")
                .flag("allow_msg_counter", "allow_atomic", "allow_msg_schedules")
                .optionalChoice("persist_mode", "", "default", "async")
                .map("metadata")
                .flag(flags);
    }
}
