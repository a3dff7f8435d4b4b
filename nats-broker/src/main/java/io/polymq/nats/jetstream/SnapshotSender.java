package io.polymq.nats.jetstream;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.polymq.core.subject.Subject;
import io.polymq.nats.jetstream.api.Fields;
import io.polymq.nats.jetstream.consumer.Consumer;
import io.polymq.nats.jetstream.stream.Stream;
import io.polymq.nats.jetstream.stream.StreamMessage;
import io.polymq.nats.jetstream.stream.Timer;
import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Sends a stream's backup: so many bytes at a time, each chunk after the one before was
 * acknowledged. A receiver that falls silent ends it. Shard zone.
 */
final class SnapshotSender implements Snapshots.Session {

    private static final int DEFAULT_CHUNK = 128 << 10;
    private static final int MAX_CHUNK = 1 << 20;
    private static final int BATCH_BYTES = 512 << 10;
    private static final long PATIENCE = 10_000;

    private final JetStreamAccount account;
    private final Stream stream;
    private final Subject to;
    private final String id;
    private final Map<String, Snapshots.Session> sessions;
    private final int chunk;
    private final boolean withConsumers;
    private final long last;
    private final Timer patience;
    private byte[] ready = SnapshotForm.begin();
    private long next;
    private int files;
    private boolean ended;
    private boolean reading;

    SnapshotSender(
            JetStreamAccount account,
            Stream stream,
            Fields request,
            Subject to,
            String id,
            Map<String, Snapshots.Session> sessions) {
        this.account = account;
        this.stream = stream;
        this.to = to;
        this.id = id;
        this.sessions = sessions;
        int asked = request.integer("chunk_size");
        this.chunk = asked <= 0 ? DEFAULT_CHUNK : Math.clamp(asked, 1024, MAX_CHUNK);
        this.withConsumers = !request.flag("no_consumers");
        this.next = stream.index().first();
        this.last = stream.safe();
        this.patience = new Timer(account.zone(), this::giveUp);
        add(SnapshotForm.entry(SnapshotForm.META, account.outlet().bytes(stream.config().json())));
        advise("snapshot_create", "SNAPSHOT_CREATE");
    }

    private void advise(String type, String kind) {
        ObjectNode body = Fields.MAPPER.createObjectNode();
        body.put("stream", stream.name());
        account.advise(
                "io.nats.jetstream.advisory.v1." + type,
                "STREAM." + kind + '.' + stream.name(),
                body);
    }

    private void add(byte[] more) {
        int length = ready.length;
        ready = Arrays.copyOf(ready, length + more.length);
        System.arraycopy(more, 0, ready, length, more.length);
    }

    /** The next chunk, when it is there; otherwise what makes it is read first. */
    void send() {
        patience.in(PATIENCE);
        while (ready.length < chunk && !ended) {
            if (!fill()) {
                return;
            }
        }
        int length = Math.min(chunk, ready.length);
        byte[] part = Arrays.copyOf(ready, length);
        ready = Arrays.copyOfRange(ready, length, ready.length);
        account.outlet().send(to, to, Subject.ofDotted(id).dotted(), StreamMessage.NOTHING, part);
        if (length == 0) {
            close();
            advise("snapshot_complete", "SNAPSHOT_COMPLETE");
        }
    }

    /** False when a message has to be fetched. */
    private boolean fill() {
        ByteArrayOutputStream batch = new ByteArrayOutputStream();
        for (long at = stream.index().next(next);
                at > 0 && at <= last;
                at = stream.index().next(next)) {
            StreamMessage message = stream.cached(at);
            if (message == null) {
                if (batch.size() == 0) {
                    fetch(at);
                    return false;
                }
                break;
            }
            SnapshotForm.write(message, batch);
            next = at + 1;
            if (batch.size() >= BATCH_BYTES) {
                break;
            }
        }
        if (batch.size() > 0) {
            add(SnapshotForm.entry(SnapshotForm.MESSAGES + ++files, batch.toByteArray()));
            return true;
        }
        consumers();
        add(SnapshotForm.end());
        ended = true;
        return true;
    }

    private void fetch(long sequence) {
        if (!reading) {
            reading = true;
            stream.fetchOnward(
                    sequence,
                    found -> {
                        reading = false;
                        if (found == null) {
                            next = sequence + 1;
                        }
                        send();
                    });
        }
    }

    private void consumers() {
        if (!withConsumers) {
            return;
        }
        for (Consumer consumer : account.consumers(stream.name()).values()) {
            if (JetStreamAccount.isKept(consumer.config())) {
                ObjectNode kept = Fields.MAPPER.createObjectNode();
                kept.set("config", consumer.config().json());
                kept.put("created", consumer.created());
                kept.put("floor", consumer.info().path("ack_floor").path("stream_seq").asLong());
                add(
                        SnapshotForm.entry(
                                SnapshotForm.CONSUMERS + consumer.name() + '/' + SnapshotForm.META,
                                account.outlet().bytes(kept)));
            }
        }
    }

    @Override
    public void chunk(byte[] payload, @Nullable Subject reply) {
        if (payload.length > 0) {
            close();
        } else if (!reading) {
            send();
        }
    }

    private void giveUp() {
        close();
    }

    private void close() {
        patience.stop();
        sessions.remove(id);
    }
}
