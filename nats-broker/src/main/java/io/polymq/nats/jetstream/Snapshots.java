package io.polymq.nats.jetstream;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.polymq.core.subject.Subject;
import io.polymq.nats.jetstream.api.ApiError;
import io.polymq.nats.jetstream.api.Fields;
import io.polymq.nats.jetstream.api.Requests;
import io.polymq.nats.jetstream.stream.Stream;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Backups of streams, sent and taken in chunks. Shard zone. */
final class Snapshots {

    /** Something that goes on when a chunk or its acknowledgement comes. */
    interface Session {
        void chunk(byte[] payload, @Nullable Subject reply);
    }

    private final JetStreamAccount account;
    private final Map<String, Session> sessions = new HashMap<>();

    Snapshots(JetStreamAccount account) {
        this.account = account;
    }

    void take(Call call) {
        if (call.tokens() != 3) {
            return;
        }
        switch (call.token(1)) {
            case "SNAPSHOT" -> snapshot(call.as("stream_snapshot"));
            case "RESTORE" -> restore(call.as("stream_restore"));
            default -> {}
        }
    }

    private void snapshot(Call call) {
        Fields request = Requests.snapshot(call.body());
        Stream stream = StreamApi.stream(account, call.token(2));
        String to = request.text("deliver_subject");
        if (to.isEmpty()) {
            throw ApiError.BAD_REQUEST.exception();
        }
        String id = "$JS.SNAPSHOT.ACK." + stream.name() + '.' + account.outlet().newId(8);
        SnapshotSender sender =
                new SnapshotSender(account, stream, request, Subject.ofDotted(to), id, sessions);
        ObjectNode answer = call.answer();
        answer.set("config", stream.config().json());
        new StreamInfo(account).state(answer.putObject("state"), stream, false, null, 0);
        call.send(answer);
        sessions.put(id, sender);
        sender.send();
    }

    private void restore(Call call) {
        JsonNode request = Requests.tree(call.body());
        if (!(request.get("config") instanceof ObjectNode config)) {
            throw ApiError.BAD_REQUEST.exception();
        }
        if (!config.path("name").asText().equals(call.token(2))) {
            throw ApiError.STREAM_MISMATCH.exception();
        }
        if (account.streams().containsKey(call.token(2))) {
            throw ApiError.STREAM_EXISTS_RESTORE.exception();
        }
        String id = "$JS.SNAPSHOT.RESTORE." + call.token(2) + '.' + account.outlet().newId(8);
        sessions.put(id, new SnapshotRestore(account, config, id, sessions));
        ObjectNode answer = call.answer();
        answer.put("deliver_subject", id);
        call.send(answer);
    }

    /** A chunk of a restore, or the acknowledgement of one that was sent. */
    void chunk(String subject, byte[] payload, @Nullable Subject reply) {
        Session session = sessions.get(subject);
        if (session != null) {
            session.chunk(payload, reply);
        }
    }
}
