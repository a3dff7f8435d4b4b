package io.polymq.nats.jetstream;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.polymq.core.subject.Filter;
import io.polymq.nats.jetstream.api.ApiError;
import io.polymq.nats.jetstream.api.Fields;
import io.polymq.nats.jetstream.api.StreamConfig;
import io.polymq.nats.jetstream.stream.MessageIndex;
import io.polymq.nats.jetstream.stream.Stream;
import io.polymq.nats.jetstream.stream.SubjectEntry;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A stream as the API tells it. Shard zone. */
final class StreamInfo {

    private static final int SUBJECTS_PER_PAGE = 100_000;
    private static final String NEVER = "0001-01-01T00:00:00Z";

    private final JetStreamAccount account;

    StreamInfo(JetStreamAccount account) {
        this.account = account;
    }

    /** As the answer to a change has it. */
    void put(ObjectNode to, Stream stream) {
        body(to, stream, false, null, 0);
        to.put("ts", Fields.timeOfMillis(account.zone().now()));
    }

    void put(ObjectNode to, Stream stream, boolean deleted, String subjects, long offset) {
        List<SubjectEntry> found = null;
        if (subjects.isEmpty()) {
            StreamApi.page(to, 0, 0, 0);
        } else {
            Filter filter = subjects.equals(">") ? null : StreamConfig.filter(subjects);
            if (filter == null && !subjects.equals(">")) {
                throw ApiError.BAD_REQUEST.exception();
            }
            found = stream.index().matching(filter);
            found.sort(Comparator.comparing(entry -> entry.subject().toString()));
            StreamApi.page(to, found.size(), offset, SUBJECTS_PER_PAGE);
        }
        body(to, stream, deleted, found, offset);
        ObjectNode cluster = to.putObject("cluster");
        cluster.put("leader", account.identity().id());
        to.put("ts", Fields.timeOfMillis(account.zone().now()));
    }

    private void body(
            ObjectNode to,
            Stream stream,
            boolean deleted,
            @Nullable List<SubjectEntry> found,
            long offset) {
        to.set("config", stream.config().json());
        if (!account.domain().isEmpty()) {
            to.put("domain", account.domain());
        }
        to.put("created", Fields.timeOfMillis(stream.created()));
        state(to.putObject("state"), stream, deleted, found, offset);
        ObjectNode mirror = stream.sourcing().mirrorInfo();
        if (mirror != null) {
            to.set("mirror", mirror);
        }
        ArrayNode sources = stream.sourcing().sourcesInfo();
        if (sources != null) {
            to.set("sources", sources);
        }
    }

    void state(
            ObjectNode state,
            Stream stream,
            boolean deleted,
            @Nullable List<SubjectEntry> subjects,
            long offset) {
        MessageIndex index = stream.index();
        state.put("messages", index.messages());
        state.put("bytes", index.bytes());
        boolean never = index.last() == 0;
        state.put("first_seq", never ? 0 : index.first());
        state.put(
                "first_ts",
                index.messages() == 0 ? NEVER : Fields.timeOfMillis(index.timeAt(index.first())));
        state.put("last_seq", index.last());
        state.put(
                "last_ts", stream.lastTime() == 0 ? NEVER : Fields.timeOfMillis(stream.lastTime()));
        if (index.subjectCount() > 0) {
            state.put("num_subjects", index.subjectCount());
        }
        if (subjects != null && !subjects.isEmpty()) {
            ObjectNode counts = state.putObject("subjects");
            subjects.stream()
                    .skip(offset)
                    .limit(SUBJECTS_PER_PAGE)
                    .forEach(entry -> counts.put(entry.subject().toString(), entry.count()));
        }
        if (index.deleted() > 0) {
            state.put("num_deleted", index.deleted());
            if (deleted) {
                ArrayNode holes = state.putArray("deleted");
                for (long at = index.first(); at <= index.last(); at++) {
                    if (!index.has(at)) {
                        holes.add(at);
                    }
                }
            }
        }
        state.put("consumer_count", account.consumers(stream.name()).size());
    }
}
