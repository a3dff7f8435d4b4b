package io.polymq.nats.jetstream.api;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;

/** Every error that JetStream answers with, as data. Shared, immutable. */
public enum ApiError {
    CLUSTER_REQUIRED(503, 10010, "JetStream clustering support required"),
    ACCOUNT_RESOURCES_EXCEEDED(400, 10002, "resource limits exceeded for account"),
    BAD_REQUEST(400, 10003, "bad request"),
    CONSUMER_CREATE(500, 10012, "{}"),
    CONSUMER_NAME_EXISTS(400, 10013, "consumer name already in use"),
    CONSUMER_NOT_FOUND(404, 10014, "consumer not found"),
    CONSUMER_DURABLE_NOT_IN_SUBJECT(
            400, 10016, "consumer expected to be durable but no durable name set in subject"),
    CONSUMER_DURABLE_MISMATCH(
            400, 10017, "consumer name in subject does not match durable name in request"),
    CONSUMER_DURABLE_NOT_SET(
            400, 10018, "consumer expected to be durable but a durable name was not set"),
    CONSUMER_EPHEMERAL_WITH_DURABLE_IN_SUBJECT(
            400,
            10019,
            "consumer expected to be ephemeral but detected a durable name set in subject"),
    CONSUMER_EPHEMERAL_WITH_DURABLE(
            400, 10020, "consumer expected to be ephemeral but a durable name was set in request"),
    EXTERNAL_API_OVERLAP(400, 10021, "stream external api prefix {} must not overlap with $JS.API"),
    INSUFFICIENT_RESOURCES(503, 10023, "insufficient resources"),
    EXTERNAL_DELIVER_INVALID(
            400, 10024, "stream external delivery prefix {} must not contain wildcards"),
    INVALID_JSON(400, 10025, "invalid JSON: {}"),
    MAX_CONSUMERS(400, 10026, "maximum consumers limit reached"),
    MAX_STREAMS(400, 10027, "maximum number of streams reached"),
    MEMORY_EXCEEDED(500, 10028, "insufficient memory resources available"),
    MIRROR_MAX_MESSAGE_SIZE(400, 10030, "stream mirror must have max message size >= source"),
    MIRROR_WITH_SOURCES(400, 10031, "stream mirrors can not also contain other sources"),
    MIRROR_WITH_START_SEQ_AND_TIME(
            400, 10032, "stream mirrors can not have both start seq and start time configured"),
    MIRROR_WITH_SUBJECTS(400, 10034, "stream mirrors can not contain subjects"),
    NO_MESSAGE_FOUND(404, 10037, "no message found"),
    NOT_EMPTY_REQUEST(400, 10038, "expected an empty request payload"),
    NOT_ENABLED_FOR_ACCOUNT(503, 10039, "JetStream not enabled for account"),
    SEQUENCE_NOT_FOUND(400, 10043, "sequence {} not found"),
    SOURCE_MAX_MESSAGE_SIZE(400, 10046, "stream source must have max message size >= target"),
    STORAGE_EXCEEDED(500, 10047, "insufficient storage resources available"),
    STREAM_CREATE(500, 10049, "{}"),
    STREAM_DELETE(500, 10050, "{}"),
    STREAM_GENERAL(500, 10051, "{}"),
    STREAM_INVALID_CONFIG(500, 10052, "{}"),
    MESSAGE_EXCEEDS_MAXIMUM(400, 10054, "message size exceeds maximum allowed"),
    MIRROR_NOT_UPDATABLE(400, 10055, "stream mirror configuration can not be updated"),
    STREAM_MISMATCH(400, 10056, "stream name in subject does not match request"),
    STREAM_MSG_DELETE_FAILED(500, 10057, "{}"),
    STREAM_NAME_EXISTS(400, 10058, "stream name already in use with a different configuration"),
    STREAM_NOT_FOUND(404, 10059, "stream not found"),
    STREAM_NOT_MATCH(400, 10060, "expected stream does not match"),
    STREAM_RESTORE(500, 10062, "restore failed: {}"),
    STREAM_SNAPSHOT(500, 10064, "snapshot failed: {}"),
    STREAM_SUBJECT_OVERLAP(400, 10065, "subjects overlap with an existing stream"),
    STREAM_UPDATE(500, 10069, "{}"),
    WRONG_LAST_MSG_ID(400, 10070, "wrong last msg ID: {}"),
    WRONG_LAST_SEQUENCE(400, 10071, "wrong last sequence: {}"),
    REPLICAS_NOT_SUPPORTED(500, 10074, "replicas > 1 not supported in non-clustered mode"),
    STREAM_STORE_FAILED(503, 10077, "{}"),
    CONSUMER_CONFIG_REQUIRED(400, 10078, "consumer config required"),
    CONSUMER_DELIVER_WILDCARDS(400, 10079, "consumer deliver subject has wildcards"),
    CONSUMER_PUSH_MAX_WAITING(400, 10080, "consumer in push mode can not set max waiting"),
    CONSUMER_DELIVER_CYCLE(400, 10081, "consumer deliver subject forms a cycle"),
    CONSUMER_MAX_PENDING_NEEDS_ACK(400, 10082, "consumer requires ack policy for max ack pending"),
    CONSUMER_SMALL_HEARTBEAT(400, 10083, "consumer idle heartbeat needs to be >= 100ms"),
    CONSUMER_PULL_REQUIRES_ACK(
            400, 10084, "consumer in pull mode requires explicit ack policy on workqueue stream"),
    CONSUMER_PULL_RATE_LIMIT(400, 10086, "consumer in pull mode can not have rate limit set"),
    CONSUMER_MAX_WAITING_NEGATIVE(400, 10087, "consumer max waiting needs to be positive"),
    CONSUMER_HEARTBEAT_NEEDS_PUSH(
            400, 10088, "consumer idle heartbeat requires a push based consumer"),
    CONSUMER_FLOW_CONTROL_NEEDS_PUSH(
            400, 10089, "consumer flow control requires a push based consumer"),
    CONSUMER_DIRECT_NEEDS_PUSH(400, 10090, "consumer direct requires a push based consumer"),
    CONSUMER_DIRECT_NEEDS_EPHEMERAL(400, 10091, "consumer direct requires an ephemeral consumer"),
    CONSUMER_INVALID_POLICY(400, 10094, "{}"),
    CONSUMER_INVALID_SAMPLING(400, 10095, "failed to parse consumer sampling configuration: {}"),
    HEADER_EXCEEDS_MAXIMUM(400, 10097, "header size exceeds maximum allowed of 64k"),
    CONSUMER_WQ_NEEDS_EXPLICIT_ACK(400, 10098, "workqueue stream requires explicit ack"),
    CONSUMER_WQ_MULTIPLE_UNFILTERED(
            400, 10099, "multiple non-filtered consumers not allowed on workqueue stream"),
    CONSUMER_WQ_NOT_UNIQUE(400, 10100, "filtered consumer not unique on workqueue stream"),
    CONSUMER_WQ_NOT_DELIVER_ALL(400, 10101, "consumer must be deliver all on workqueue stream"),
    CONSUMER_NAME_TOO_LONG(400, 10102, "consumer name is too long, maximum allowed is {}"),
    CONSUMER_BAD_NAME(400, 10103, "durable name can not contain '.', '*', '>'"),
    CONSUMER_EXISTING_ACTIVE(400, 10105, "consumer already exists and is still active"),
    CONSUMER_DESCRIPTION_TOO_LONG(
            400, 10107, "consumer description is too long, maximum allowed is {}"),
    CONSUMER_FLOW_CONTROL_NEEDS_HEARTBEAT(
            400, 10108, "consumer with flow control also needs heartbeats"),
    STREAM_SEALED(400, 10109, "invalid operation on sealed stream"),
    STREAM_PURGE_FAILED(500, 10110, "{}"),
    STREAM_ROLLUP_FAILED(500, 10111, "{}"),
    CONSUMER_INVALID_DELIVER_SUBJECT(400, 10112, "invalid push consumer deliver subject"),
    STREAM_MAX_BYTES_REQUIRED(400, 10113, "account requires a stream config to have max bytes set"),
    CONSUMER_MAX_BATCH_NEGATIVE(400, 10114, "consumer max request batch needs to be > 0"),
    CONSUMER_MAX_EXPIRES_SMALL(400, 10115, "consumer max request expires needs to be >= 1ms"),
    CONSUMER_MAX_DELIVER_BACKOFF(
            400, 10116, "max deliver is required to be > length of backoff values"),
    CONSUMER_MAX_REQUEST_BATCH_EXCESS(
            400, 10125, "consumer max request batch exceeds server limit of {}"),
    CONSUMER_MAX_ACK_PENDING_EXCESS(
            400, 10121, "consumer max ack pending exceeds system limit of {}"),
    STREAM_MAX_BYTES_EXCEEDED(
            400, 10122, "stream max bytes exceeds account limit max stream bytes"),
    CONSUMER_REPLICAS_EXCEED(400, 10126, "consumer config replica count exceeds parent stream"),
    CONSUMER_NAME_PATH(400, 10127, "Consumer name can not contain path separators"),
    STREAM_NAME_PATH(400, 10128, "Stream name can not contain path separators"),
    STREAM_EXISTS_RESTORE(400, 10130, "stream name already in use, cannot restore"),
    CONSUMER_FILTER_MISMATCH(
            400,
            10131,
            "Consumer create request did not match filtered subject from create subject"),
    CONSUMER_NAME_DURABLE_MISMATCH(
            400, 10132, "Consumer Durable and Name have to be equal if both are provided"),
    REPLICAS_NEGATIVE(400, 10133, "replicas count cannot be negative"),
    CONSUMER_METADATA_LENGTH(400, 10135, "consumer metadata exceeds maximum size of {}"),
    CONSUMER_DUPLICATE_FILTERS(
            400, 10136, "consumer cannot have both FilterSubject and FilterSubjects specified"),
    CONSUMER_MULTIPLE_FILTERS(
            400, 10137, "consumer with multiple subject filters cannot use subject based API"),
    CONSUMER_OVERLAPPING_FILTERS(400, 10138, "consumer subject filters cannot overlap"),
    CONSUMER_EMPTY_FILTER(400, 10139, "consumer filter in FilterSubjects cannot be empty"),
    SOURCE_DUPLICATE(400, 10140, "duplicate source configuration detected"),
    SOURCE_INVALID_NAME(400, 10141, "sourced stream name is invalid"),
    MIRROR_INVALID_NAME(400, 10142, "mirrored stream name is invalid"),
    MIRROR_WITH_FIRST_SEQ(400, 10143, "stream mirrors can not have first sequence configured"),
    SOURCE_MULTIPLE_FILTERS(
            400,
            10144,
            "source with multiple subject transforms cannot also have a single subject filter"),
    SOURCE_INVALID_FILTER(400, 10145, "source transform source: {}"),
    SOURCE_INVALID_DESTINATION(400, 10146, "source transform: {}"),
    SOURCE_OVERLAPPING_FILTERS(400, 10147, "source filters can not overlap"),
    CONSUMER_ALREADY_EXISTS(400, 10148, "consumer already exists"),
    CONSUMER_DOES_NOT_EXIST(400, 10149, "consumer does not exist"),
    MIRROR_MULTIPLE_FILTERS(
            400,
            10150,
            "mirror with multiple subject transforms cannot also have a single subject filter"),
    MIRROR_INVALID_FILTER(400, 10151, "mirror transform source: {}"),
    MIRROR_OVERLAPPING_FILTERS(400, 10152, "mirror subject filters can not overlap"),
    CONSUMER_INACTIVE_THRESHOLD(
            400, 10153, "consumer inactive threshold exceeds system limit of {}"),
    MIRROR_INVALID_DESTINATION(400, 10154, "mirror transform: {}"),
    TRANSFORM_INVALID_SOURCE(400, 10155, "stream transform source: {}"),
    TRANSFORM_INVALID_DESTINATION(400, 10156, "stream transform: {}"),
    PEDANTIC(400, 10157, "pedantic mode: {}"),
    DUPLICATE_IN_PROCESS(409, 10158, "duplicate message id is in process"),
    CONSUMER_POLICY_WITHOUT_GROUP(
            400, 10159, "Setting PriorityPolicy requires at least one PriorityGroup to be set"),
    CONSUMER_INVALID_GROUP(400, 10160, "Provided priority group does not exist for this consumer"),
    CONSUMER_EMPTY_GROUP(400, 10161, "Group name cannot be an empty string"),
    CONSUMER_INVALID_GROUP_NAME(
            400,
            10162,
            "Valid priority group name must match A-Z, a-z, 0-9, -_/=)+ and may not exceed 16 characters"),
    WRONG_LAST_SEQUENCE_CONSTANT(400, 10164, "wrong last sequence"),
    TTL_INVALID(400, 10165, "invalid per-message TTL"),
    TTL_DISABLED(400, 10166, "per-message TTL is disabled"),
    TOO_MANY_REQUESTS(429, 10167, "too many requests"),
    INCR_DISABLED(400, 10168, "message counters is disabled"),
    INCR_MISSING(400, 10169, "message counter increment is missing"),
    INCR_PAYLOAD(400, 10170, "message counter has payload"),
    INCR_INVALID(400, 10171, "message counter increment is invalid"),
    COUNTER_BROKEN(400, 10172, "message counter is broken"),
    MIRROR_WITH_COUNTERS(400, 10173, "stream mirrors can not also calculate counters"),
    ATOMIC_DISABLED(400, 10174, "atomic publish is disabled"),
    ATOMIC_MISSING_SEQ(400, 10175, "atomic publish sequence is missing"),
    ATOMIC_INCOMPLETE(400, 10176, "atomic publish batch is incomplete"),
    ATOMIC_UNSUPPORTED_HEADER(400, 10177, "atomic publish unsupported header used: {}"),
    CONSUMER_PUSH_WITH_GROUP(400, 10178, "priority groups can not be used with push consumers"),
    ATOMIC_INVALID_ID(400, 10179, "atomic publish batch ID is invalid"),
    CONSUMER_ACK_POLICY(400, 10181, "consumer ack policy invalid"),
    CONSUMER_REPLAY_POLICY(400, 10182, "consumer replay policy invalid"),
    CONSUMER_ACK_WAIT_NEGATIVE(400, 10183, "consumer ack wait needs to be positive"),
    CONSUMER_BACKOFF_NEGATIVE(400, 10184, "consumer backoff needs to be positive"),
    REQUIRED_API_LEVEL(412, 10185, "JetStream minimum api level required"),
    MIRROR_WITH_SCHEDULES(400, 10186, "stream mirrors can not also schedule messages"),
    SOURCE_WITH_SCHEDULES(400, 10187, "stream source can not also schedule messages"),
    SCHEDULES_DISABLED(400, 10188, "message schedules is disabled"),
    SCHEDULE_PATTERN(400, 10189, "message schedules pattern is invalid"),
    SCHEDULE_TARGET(400, 10190, "message schedules target is invalid"),
    SCHEDULE_TTL(400, 10191, "message schedules invalid per-message TTL"),
    SCHEDULE_ROLLUP(400, 10192, "message schedules invalid rollup"),
    EXPECTED_SUBJECT_SEQUENCE_MISSING(
            400, 10193, "missing sequence for expected last sequence per subject"),
    CONSUMER_GROUP_WITHOUT_POLICY(
            400, 10196, "consumer can not have priority groups when policy is none"),
    CONSUMER_PINNED_TTL_WITHOUT_POLICY(
            400, 10197, "PinnedTTL cannot be set when PriorityPolicy is none"),
    MIRROR_WITH_ATOMIC(400, 10198, "stream mirrors can not also use atomic publishing"),
    ATOMIC_TOO_LARGE(400, 10199, "atomic publish batch is too large: {}"),
    ATOMIC_INVALID_COMMIT(400, 10200, "atomic publish batch commit is invalid"),
    ATOMIC_DUPLICATE(400, 10201, "atomic publish batch contains duplicate message id"),
    ATOMIC_TOO_MANY(429, 10210, "atomic publish too many inflight");

    private final int status;
    private final int code;
    private final String text;

    ApiError(int status, int code, String text) {
        this.status = status;
        this.code = code;
        this.text = text;
    }

    /** The HTTP-like class of the error. */
    public int status() {
        return status;
    }

    /** The number by which clients tell errors apart. */
    public int code() {
        return code;
    }

    /** The description, with what it is about in the place that is left for it. */
    public String text(String about) {
        return text.replace("{}", about);
    }

    /** What a publisher to a stream is answered with instead of an acknowledgement. */
    public byte[] pubAck(String about) {
        ObjectNode answer = JsonNodeFactory.instance.objectNode();
        answer.putObject("error")
                .put("code", status)
                .put("err_code", code)
                .put("description", text(about));
        return answer.put("stream", "").put("seq", 0).toString().getBytes(UTF_8);
    }

    public ApiException exception() {
        return new ApiException(this, text);
    }

    public ApiException exception(Object about) {
        return new ApiException(this, text(String.valueOf(about)));
    }
}
