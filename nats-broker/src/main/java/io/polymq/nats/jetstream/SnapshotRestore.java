package io.polymq.nats.jetstream;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.polymq.core.subject.Subject;
import io.polymq.core.topic.Topic;
import io.polymq.nats.jetstream.api.ApiError;
import io.polymq.nats.jetstream.api.ApiException;
import io.polymq.nats.jetstream.api.ConsumerConfig;
import io.polymq.nats.jetstream.api.Errors;
import io.polymq.nats.jetstream.api.Fields;
import io.polymq.nats.jetstream.api.StreamChecks;
import io.polymq.nats.jetstream.api.StreamConfig;
import io.polymq.nats.jetstream.consumer.Consumer;
import io.polymq.nats.jetstream.stream.StoredStream;
import io.polymq.nats.jetstream.stream.Stream;
import io.polymq.nats.jetstream.stream.StreamMessage;
import io.polymq.nats.jetstream.stream.Timer;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Takes a stream's backup: chunk by chunk, each answered once it is understood; an empty one ends
 * it. The stream takes no publishes until then. A sender that falls silent ends it, and what came
 * is taken away. Shard zone.
 */
final class SnapshotRestore implements Snapshots.Session {

    private static final long PATIENCE = 30_000;

    private final JetStreamAccount account;
    private final StreamConfig config;
    private final String id;
    private final Map<String, Snapshots.Session> sessions;
    private final SnapshotForm form = SnapshotForm.reader();
    private final Timer patience;
    private final List<ObjectNode> consumers = new ArrayList<>();
    private @Nullable Stream stream;
    private CompletableFuture<Void> before = CompletableFuture.completedFuture(null);
    private boolean failed;

    SnapshotRestore(
            JetStreamAccount account,
            ObjectNode json,
            String id,
            Map<String, Snapshots.Session> sessions) {
        this.account = account;
        this.config = StreamConfig.of(json);
        this.id = id;
        this.sessions = sessions;
        StreamChecks.check(config);
        this.patience = new Timer(account.zone(), this::giveUp);
        patience.in(PATIENCE);
    }

    @Override
    public void chunk(byte[] payload, @Nullable Subject reply) {
        patience.in(PATIENCE);
        CompletableFuture<Void> earlier = before;
        CompletableFuture<Void> now = new CompletableFuture<>();
        before = now;
        earlier.whenComplete(
                (done, failure) ->
                        account.zone()
                                .offer(
                                        () ->
                                                take(payload, reply)
                                                        .whenComplete(
                                                                (taken, broken) ->
                                                                        now.complete(null))));
    }

    private CompletableFuture<Void> take(byte[] payload, @Nullable Subject reply) {
        if (failed) {
            return CompletableFuture.completedFuture(null);
        }
        CompletableFuture<Void> taken =
                payload.length == 0 ? finish(reply) : entries(payload, reply);
        return taken.handleAsync(
                (done, failure) -> {
                    if (failure != null) {
                        fail(failure, reply);
                    }
                    return null;
                },
                account.zone());
    }

    private CompletableFuture<Void> entries(byte[] payload, @Nullable Subject reply) {
        CompletableFuture<Void> all = CompletableFuture.completedFuture(null);
        try {
            form.add(payload);
            for (SnapshotForm.Entry entry = form.next(); entry != null; entry = form.next()) {
                SnapshotForm.Entry one = entry;
                all = all.thenComposeAsync(done -> take(one), account.zone());
            }
        } catch (SnapshotForm.Damaged e) {
            return CompletableFuture.failedFuture(e);
        }
        return all.thenRunAsync(
                () -> {
                    if (reply != null) {
                        account.outlet().empty(reply);
                    }
                },
                account.zone());
    }

    private CompletableFuture<Void> take(SnapshotForm.Entry entry) {
        if (entry.name().startsWith(SnapshotForm.MESSAGES)) {
            List<StreamMessage> messages = new ArrayList<>();
            ByteBuffer from = ByteBuffer.wrap(entry.content());
            try {
                for (StreamMessage m = SnapshotForm.read(from);
                        m != null;
                        m = SnapshotForm.read(from)) {
                    messages.add(m);
                }
            } catch (SnapshotForm.Damaged e) {
                return CompletableFuture.failedFuture(e);
            }
            return messages.isEmpty()
                    ? CompletableFuture.completedFuture(null)
                    : made(messages.getFirst().sequence())
                            .thenComposeAsync(target -> target.restore(messages), account.zone());
        }
        if (entry.name().startsWith(SnapshotForm.CONSUMERS)) {
            try {
                if (Fields.MAPPER.readTree(entry.content()) instanceof ObjectNode consumer) {
                    consumers.add(consumer);
                }
            } catch (IOException e) {
                return CompletableFuture.failedFuture(e);
            }
        }
        return CompletableFuture.completedFuture(null);
    }

    /** The stream, made when the number of its first message is known. */
    private CompletableFuture<Stream> made(long first) {
        Stream known = stream;
        if (known != null) {
            return CompletableFuture.completedFuture(known);
        }
        long now = account.zone().now();
        return account.mark()
                .thenCompose(
                        done ->
                                account.params()
                                        .topics()
                                        .createForIntake(
                                                account.tenant(),
                                                StoredStream.spec(config, now, first, null)))
                .thenComposeAsync(
                        (Topic topic) -> {
                            StoredStream stored = StoredStream.of(topic);
                            if (stored == null) {
                                throw ApiError.STREAM_RESTORE.exception("the topic is no stream");
                            }
                            Stream made = account.put(topic, stored);
                            stream = made;
                            return made.ready();
                        },
                        account.zone())
                .thenApplyAsync(
                        (Stream ready) -> {
                            ready.hold(true);
                            return ready;
                        },
                        account.zone());
    }

    private CompletableFuture<Void> finish(@Nullable Subject reply) {
        return made(1).thenAcceptAsync((Stream target) -> finish(target, reply), account.zone());
    }

    private void finish(Stream target, @Nullable Subject reply) {
        for (ObjectNode kept : consumers) {
            JsonNode json = kept.get("config");
            if (json != null) {
                ConsumerConfig one = ConsumerConfig.of(json);
                Consumer consumer =
                        account.add(target, one, one.name(), kept.path("created").asLong(), true);
                consumer.reset(kept.path("floor").asLong() + 1);
                account.keep(consumer, true);
            }
        }
        target.hold(false);
        close();
        ObjectNode answer = Fields.MAPPER.createObjectNode();
        answer.put("type", "io.nats.jetstream.api.v1.stream_create_response");
        new StreamInfo(account).put(answer, target);
        if (reply != null) {
            account.outlet().send(reply, answer);
        }
        ObjectNode body = Fields.MAPPER.createObjectNode();
        body.put("stream", target.name());
        account.advise(
                "io.nats.jetstream.advisory.v1.restore_complete",
                "STREAM.RESTORE_COMPLETE." + target.name(),
                body);
    }

    private void fail(Throwable why, @Nullable Subject reply) {
        failed = true;
        close();
        Stream begun = stream;
        if (begun != null) {
            account.forget(begun);
            account.params().topics().delete(account.tenant(), begun.name());
        }
        ApiException error =
                why instanceof ApiException known
                        ? known
                        : ApiError.STREAM_RESTORE.exception(why.getMessage() + "");
        ObjectNode answer = Errors.answer(error);
        answer.put("type", "io.nats.jetstream.api.v1.stream_create_response");
        if (reply != null) {
            account.outlet().send(reply, answer);
        }
    }

    private void giveUp() {
        fail(ApiError.STREAM_RESTORE.exception("the sender fell silent"), null);
    }

    private void close() {
        patience.stop();
        sessions.remove(id);
    }
}
