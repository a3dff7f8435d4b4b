package io.polymq.nats.jetstream.stream;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.polymq.core.message.Message;
import io.polymq.core.subject.Subject;
import io.polymq.nats.jetstream.api.ApiError;
import io.polymq.nats.jetstream.api.Fields;
import io.polymq.nats.jetstream.stream.Publishing.Draft;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Messages that are published together or not at all: held back until the one that commits, then
 * checked and stored as one batch of the log. Bounded in number of messages, of batches, and in the
 * time that one may stand still. Shard zone.
 */
final class AtomicBatches {

    private static final int MAX_MESSAGES = 1000;
    private static final int MAX_OPEN = 50;
    private static final int MAX_ID = 64;
    private static final long MAX_IDLE = 10_000;

    private static final class Open {
        final List<Draft> drafts = new ArrayList<>();
        final Set<String> ids = new HashSet<>();
        long heard;
    }

    private final Stream stream;
    private final Parts parts;
    private final PublishRules rules;
    private final Timer timer;
    private final Map<String, Open> open = new HashMap<>();
    private final Message lent = new Message();

    AtomicBatches(Stream stream, Parts parts, PublishRules rules) {
        this.stream = stream;
        this.parts = parts;
        this.rules = rules;
        this.timer = new Timer(parts.zone(), this::sweep);
    }

    PublishRules rules() {
        return rules;
    }

    void take(Publish publish, Draft draft) {
        if (!stream.config().fields().flag("allow_atomic")) {
            throw ApiError.ATOMIC_DISABLED.exception();
        }
        byte[] headers = draft.headers;
        String id = HeaderBlock.first(headers, MsgHeaders.BATCH_ID);
        if (id == null || id.isEmpty() || id.length() > MAX_ID) {
            throw ApiError.ATOMIC_INVALID_ID.exception();
        }
        long number = MsgHeaders.number(HeaderBlock.first(headers, MsgHeaders.BATCH_SEQ));
        if (number < 1) {
            throw ApiError.ATOMIC_MISSING_SEQ.exception();
        }
        String commit = HeaderBlock.first(headers, MsgHeaders.BATCH_COMMIT);
        if (commit != null && !commit.equals("1") && !commit.equals("eob")) {
            open.remove(id);
            throw ApiError.ATOMIC_INVALID_COMMIT.exception();
        }
        if (HeaderBlock.has(headers, MsgHeaders.EXPECTED_LAST_MSG_ID)) {
            open.remove(id);
            throw ApiError.ATOMIC_UNSUPPORTED_HEADER.exception(MsgHeaders.EXPECTED_LAST_MSG_ID);
        }
        Open batch = open.get(id);
        if (batch == null) {
            if (number != 1) {
                throw ApiError.ATOMIC_INCOMPLETE.exception();
            }
            if (open.size() >= MAX_OPEN) {
                throw ApiError.ATOMIC_TOO_MANY.exception();
            }
            batch = new Open();
            open.put(id, batch);
        }
        add(id, batch, number, commit, publish, draft);
    }

    private void add(
            String id,
            Open batch,
            long number,
            @Nullable String commit,
            Publish publish,
            Draft draft) {
        boolean store = commit == null || commit.equals("1");
        if (number != batch.drafts.size() + 1L) {
            abandon(id, "incomplete");
            throw ApiError.ATOMIC_INCOMPLETE.exception();
        }
        if (number > MAX_MESSAGES) {
            abandon(id, "large");
            throw ApiError.ATOMIC_TOO_LARGE.exception(MAX_MESSAGES);
        }
        String known = HeaderBlock.first(draft.headers, MsgHeaders.MSG_ID);
        if (known != null && (!batch.ids.add(known) || rules.isKnown(known))) {
            open.remove(id);
            throw ApiError.ATOMIC_DUPLICATE.exception();
        }
        if (store) {
            batch.drafts.add(draft);
        }
        batch.heard = parts.zone().elapsed();
        if (commit == null) {
            Subject reply = publish.reply;
            if (reply != null) {
                parts.outlet().empty(reply);
            }
            publish.done(null);
            timer.within(MAX_IDLE);
            return;
        }
        open.remove(id);
        commit(id, batch, publish);
    }

    private void commit(String id, Open batch, Publish last) {
        long now = parts.zone().now();
        Map<Subject, Integer> written = new HashMap<>();
        for (int i = 0; i < batch.drafts.size(); i++) {
            Draft draft = batch.drafts.get(i);
            boolean first = i == 0;
            if (!first && HeaderBlock.has(draft.headers, MsgHeaders.EXPECTED_LAST_SEQ)) {
                throw ApiError.ATOMIC_UNSUPPORTED_HEADER.exception(MsgHeaders.EXPECTED_LAST_SEQ);
            }
            if (HeaderBlock.has(draft.headers, MsgHeaders.EXPECTED_LAST_SUBJECT_SEQ)
                    && written.containsKey(draft.subject)) {
                throw ApiError.WRONG_LAST_SEQUENCE_CONSTANT.exception();
            }
            written.merge(draft.subject, 1, Integer::sum);
            rules.check(draft, now);
            stream.publishing().checkSize(draft);
            stream.checkRoom(draft);
        }
        if (batch.drafts.isEmpty()) {
            throw ApiError.ATOMIC_INCOMPLETE.exception();
        }
        last.more = ",\"batch\":\"" + id + "\",\"count\":" + batch.drafts.size();
        stream.log().together(true);
        try {
            store(batch, last);
        } finally {
            stream.log().together(false);
        }
    }

    private void store(Open batch, Publish last) {
        int count = batch.drafts.size();
        long end = stream.index().last() + count;
        for (int i = 0; i < count; i++) {
            Draft draft = batch.drafts.get(i);
            draft.headers = HeaderBlock.withoutStatus(draft.headers);
            boolean ending = i == count - 1;
            if (ending) {
                last.sequence = end;
            }
            long sequence = stream.store(draft, draft.fill(lent), ending ? last : failure -> {});
            rules.stored(draft, sequence);
        }
    }

    private void sweep() {
        long now = parts.zone().elapsed();
        List.copyOf(open.entrySet()).stream()
                .filter(entry -> entry.getValue().heard + MAX_IDLE <= now)
                .forEach(entry -> abandon(entry.getKey(), "timeout"));
        if (!open.isEmpty()) {
            timer.within(MAX_IDLE);
        }
    }

    private void abandon(String id, String reason) {
        open.remove(id);
        ObjectNode body = Fields.MAPPER.createObjectNode();
        body.put("stream", stream.name());
        body.put("batch", id);
        body.put("reason", reason);
        stream.advise("io.nats.jetstream.advisory.v1.batch_abandoned", "BATCH_ABANDONED", body);
    }

    void close() {
        timer.stop();
        open.clear();
    }
}
