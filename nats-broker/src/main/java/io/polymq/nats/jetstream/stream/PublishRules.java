package io.polymq.nats.jetstream.stream;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.polymq.core.service.DeduplicationWindow;
import io.polymq.core.subject.Filter;
import io.polymq.core.subject.Subject;
import io.polymq.nats.jetstream.api.ApiError;
import io.polymq.nats.jetstream.api.Fields;
import io.polymq.nats.jetstream.api.StreamConfig;
import io.polymq.nats.jetstream.stream.Publishing.Draft;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What a publisher may demand by headers, checked in nats-server's order: expected stream, time to
 * live, expected sequences, schedules, duplicates, the last id, roll-ups. Shard zone.
 */
final class PublishRules {

    private static final int MOST_IDS = 4_000_000;

    private final Stream stream;
    private final DeduplicationWindow ids = new DeduplicationWindow(Duration.ZERO, MOST_IDS);
    private @Nullable String lastId;

    PublishRules(Stream stream) {
        this.stream = stream;
    }

    void configured(StreamConfig config, long now) {
        ids.window(Duration.ofMillis(config.windowMillis()), now);
    }

    void recovered(Recovery found) {
        for (Recovery.Id id : found.ids) {
            ids.remember(id.id(), id.sequence(), id.time());
        }
        lastId = found.lastId;
    }

    /** Nothing is known any more of what was published. */
    void forget() {
        lastId = null;
    }

    void check(Draft draft, long now) {
        byte[] headers = draft.headers;
        StreamConfig config = stream.config();
        String expected = HeaderBlock.first(headers, MsgHeaders.EXPECTED_STREAM);
        if (expected != null && !expected.equals(stream.name())) {
            throw ApiError.STREAM_NOT_MATCH.exception();
        }
        String ttl = HeaderBlock.first(headers, MsgHeaders.TTL);
        if (ttl != null && !config.fields().flag("allow_msg_ttl")) {
            throw ApiError.TTL_DISABLED.exception();
        }
        checkSequences(draft);
        checkSchedule(draft);
        String id = HeaderBlock.first(headers, MsgHeaders.MSG_ID);
        if (id != null && config.windowMillis() > 0) {
            draft.duplicateOf = ids.find(id, now);
            if (draft.duplicateOf != null) {
                return;
            }
        }
        String last = HeaderBlock.first(headers, MsgHeaders.EXPECTED_LAST_MSG_ID);
        if (last != null && !last.equals(lastId == null ? "" : lastId)) {
            throw ApiError.WRONG_LAST_MSG_ID.exception(lastId == null ? "" : lastId);
        }
        checkRollup(draft, config);
        draft.ttlMillis = MsgHeaders.ttl(ttl);
        if (draft.ttlMillis == MsgHeaders.INVALID) {
            throw ApiError.TTL_INVALID.exception();
        }
    }

    private void checkSequences(Draft draft) {
        byte[] headers = draft.headers;
        String ofSubject = HeaderBlock.first(headers, MsgHeaders.EXPECTED_LAST_SUBJECT_SEQ);
        String other = HeaderBlock.first(headers, MsgHeaders.EXPECTED_LAST_SUBJECT);
        if (ofSubject != null) {
            long wanted = MsgHeaders.number(ofSubject);
            long actual = lastOf(other, draft.subject);
            if (wanted != actual) {
                throw ApiError.WRONG_LAST_SEQUENCE.exception(actual);
            }
        } else if (other != null) {
            throw ApiError.EXPECTED_SUBJECT_SEQUENCE_MISSING.exception();
        }
        String ofStream = HeaderBlock.first(headers, MsgHeaders.EXPECTED_LAST_SEQ);
        if (ofStream != null && MsgHeaders.number(ofStream) != stream.index().last()) {
            throw ApiError.WRONG_LAST_SEQUENCE.exception(stream.index().last());
        }
    }

    private long lastOf(@Nullable String other, Subject subject) {
        if (other == null) {
            SubjectEntry entry = stream.index().entry(subject);
            return entry == null ? 0 : entry.last();
        }
        Filter filter = StreamConfig.filter(other);
        long[] last = {0};
        if (filter != null) {
            stream.index().matching(filter, entry -> last[0] = Math.max(last[0], entry.last()));
        }
        return last[0];
    }

    private void checkSchedule(Draft draft) {
        String schedule = HeaderBlock.first(draft.headers, MsgHeaders.SCHEDULE);
        if (schedule == null) {
            return;
        }
        if (!stream.config().fields().flag("allow_msg_schedules")) {
            throw ApiError.SCHEDULES_DISABLED.exception();
        }
        if (!Schedule.isValid(schedule)) {
            throw ApiError.SCHEDULE_PATTERN.exception();
        }
        long ttl = MsgHeaders.ttl(HeaderBlock.first(draft.headers, MsgHeaders.SCHEDULE_TTL));
        if (ttl == MsgHeaders.INVALID) {
            throw ApiError.SCHEDULE_TTL.exception();
        }
        if (ttl != 0 && !stream.config().fields().flag("allow_msg_ttl")) {
            throw ApiError.TTL_DISABLED.exception();
        }
        String target = HeaderBlock.first(draft.headers, MsgHeaders.SCHEDULE_TARGET);
        Filter to = target == null ? null : StreamConfig.filter(target);
        Subject exact = to == null ? null : to.subject();
        if (exact == null || exact.equals(draft.subject) || !stream.captures(exact)) {
            throw ApiError.SCHEDULE_TARGET.exception();
        }
        String rollup = HeaderBlock.first(draft.headers, MsgHeaders.ROLLUP);
        if (rollup != null && !rollup.equals("sub")) {
            throw ApiError.SCHEDULE_ROLLUP.exception();
        }
        draft.schedule = schedule;
        draft.rollup = "sub";
    }

    private static void checkRollup(Draft draft, StreamConfig config) {
        String rollup = HeaderBlock.first(draft.headers, MsgHeaders.ROLLUP);
        if (rollup == null) {
            return;
        }
        if (!config.fields().flag("allow_rollup_hdrs") || config.fields().flag("deny_purge")) {
            throw ApiError.STREAM_ROLLUP_FAILED.exception("rollup not permitted");
        }
        if (!rollup.equals("sub") && !rollup.equals("all")) {
            throw ApiError.STREAM_ROLLUP_FAILED.exception(
                    "rollup value invalid: \"" + rollup + '"');
        }
        draft.rollup = rollup;
    }

    /** It got its sequence. */
    void stored(Draft draft, long sequence) {
        if (draft.headers.length == 0) {
            lastId = null;
            return;
        }
        String id = HeaderBlock.first(draft.headers, MsgHeaders.MSG_ID);
        lastId = id;
        if (id != null && stream.config().windowMillis() > 0) {
            ids.remember(id, sequence, stream.now());
        }
    }

    /** Whether the id was seen within the window. */
    boolean isKnown(@Nullable String id) {
        return id != null && ids.find(id, stream.now()) != null;
    }

    // Counters.

    void checkCounter(Draft draft) {
        byte[] headers = draft.headers;
        String increment = HeaderBlock.first(headers, MsgHeaders.INCR);
        if (!stream.config().fields().flag("allow_msg_counter")) {
            throw ApiError.INCR_DISABLED.exception();
        }
        if (increment == null) {
            throw ApiError.INCR_MISSING.exception();
        }
        if (draft.payload.length > 0) {
            throw ApiError.INCR_PAYLOAD.exception();
        }
        boolean forbidden =
                HeaderBlock.has(headers, MsgHeaders.ROLLUP)
                        || HeaderBlock.has(headers, MsgHeaders.EXPECTED_LAST_SEQ)
                        || HeaderBlock.has(headers, MsgHeaders.EXPECTED_LAST_SUBJECT_SEQ)
                        || HeaderBlock.has(headers, MsgHeaders.EXPECTED_LAST_MSG_ID)
                        || HeaderBlock.has(headers, MsgHeaders.EXPECTED_STREAM)
                        || HeaderBlock.has(headers, MsgHeaders.SCHEDULE);
        if (forbidden || number(increment) == null) {
            throw ApiError.INCR_INVALID.exception();
        }
    }

    /** Puts the new total in place of the payload; the total. */
    String count(Draft draft, @Nullable StreamMessage last) {
        BigInteger before = BigInteger.ZERO;
        if (last != null) {
            before = total(last.payload());
        }
        String increment = HeaderBlock.first(draft.headers, MsgHeaders.INCR);
        BigInteger by = increment == null ? null : number(increment);
        if (by == null) {
            throw ApiError.INCR_INVALID.exception();
        }
        String origins =
                last == null ? null : HeaderBlock.first(last.headers(), MsgHeaders.COUNTER_SOURCES);
        if (origins != null) {
            draft.headers = HeaderBlock.with(draft.headers, MsgHeaders.COUNTER_SOURCES, origins);
        }
        return total(draft, before.add(by));
    }

    /**
     * A counter of another stream has a new total: what that is more than the one before is added
     * here. The totals before are in a header of the last message.
     *
     * @param origin the other stream, as headers name it
     * @param subject the counter's there
     */
    void countSourced(Draft draft, String origin, String subject, @Nullable StreamMessage last) {
        BigInteger there = total(draft.payload);
        BigInteger here = last == null ? BigInteger.ZERO : total(last.payload());
        ObjectNode origins = origins(last);
        BigInteger before = number(origins.path(origin).path(subject).asText("0"));
        if (before == null) {
            throw ApiError.COUNTER_BROKEN.exception();
        }
        origins.withObjectProperty(origin).put(subject, there.toString());
        byte[] headers = HeaderBlock.without(draft.headers, MsgHeaders.COUNTER_SOURCES);
        headers = HeaderBlock.without(headers, MsgHeaders.INCR);
        BigInteger by = there.subtract(before);
        headers = HeaderBlock.with(headers, MsgHeaders.INCR, by.toString());
        draft.headers = HeaderBlock.with(headers, MsgHeaders.COUNTER_SOURCES, origins.toString());
        total(draft, here.add(by));
    }

    private static ObjectNode origins(@Nullable StreamMessage last) {
        String known =
                last == null ? null : HeaderBlock.first(last.headers(), MsgHeaders.COUNTER_SOURCES);
        try {
            if (known == null) {
                return Fields.MAPPER.createObjectNode();
            }
            if (Fields.MAPPER.readTree(known) instanceof ObjectNode origins) {
                return origins;
            }
        } catch (IOException unreadable) {
            throw ApiError.COUNTER_BROKEN.exception();
        }
        throw ApiError.COUNTER_BROKEN.exception();
    }

    private static String total(Draft draft, BigInteger total) {
        draft.payload = ("{\"val\":\"" + total + "\"}").getBytes(StandardCharsets.UTF_8);
        return total.toString();
    }

    private static BigInteger total(byte[] payload) {
        try {
            JsonNode value = Fields.MAPPER.readTree(payload).path("val");
            BigInteger number = value.isTextual() ? number(value.textValue()) : null;
            if (number != null) {
                return number;
            }
        } catch (IOException unreadable) {
            throw ApiError.COUNTER_BROKEN.exception();
        }
        throw ApiError.COUNTER_BROKEN.exception();
    }

    private static @Nullable BigInteger number(String text) {
        String digits = text.startsWith("+") ? text.substring(1) : text;
        if (digits.isEmpty() || digits.length() > 1000 || digits.startsWith("+")) {
            return null;
        }
        try {
            return new BigInteger(digits);
        } catch (NumberFormatException e) {
            return null;
        }
    }
}
