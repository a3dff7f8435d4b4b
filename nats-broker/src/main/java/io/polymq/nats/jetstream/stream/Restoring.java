package io.polymq.nats.jetstream.stream;

import io.polymq.core.message.Message;
import io.polymq.nats.jetstream.stream.Publishing.Draft;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** Brings messages of a backup into a stream. Stateless; shard zone. */
final class Restoring {

    private Restoring() {}

    /** Completes when all of them are safe. */
    static CompletableFuture<Void> store(Stream stream, List<StreamMessage> messages) {
        CompletableFuture<Void> done = new CompletableFuture<>();
        Message lent = new Message();
        for (int i = 0; i < messages.size(); i++) {
            StreamMessage message = messages.get(i);
            Draft draft = new Draft(message.subject(), message.headers(), message.payload());
            draft.ttlMillis =
                    Math.max(MsgHeaders.NEVER, MsgHeaders.ttl(message.header(MsgHeaders.TTL)));
            boolean end = i == messages.size() - 1;
            stream.store(
                    draft,
                    draft.fill(lent),
                    message.sequence(),
                    message.time(),
                    failure -> {
                        if (failure != null) {
                            done.completeExceptionally(failure);
                        } else if (end) {
                            done.complete(null);
                        }
                    });
        }
        return done;
    }
}
