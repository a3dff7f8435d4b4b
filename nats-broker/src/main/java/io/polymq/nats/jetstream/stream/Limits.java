package io.polymq.nats.jetstream.stream;

import io.polymq.nats.jetstream.api.StreamConfig;
import java.util.function.LongConsumer;

/** What a stream's limits make leave. Stateless; shard zone. */
final class Limits {

    private Limits() {}

    /** After a message was added. */
    static void enforce(
            MessageIndex index, StreamConfig config, SubjectEntry entry, LongConsumer remove) {
        perSubject(config, entry, remove);
        totals(index, config, remove);
    }

    /** Limits that became smaller. */
    static void enforce(MessageIndex index, StreamConfig config, LongConsumer remove) {
        if (config.maxPerSubject() > 0) {
            for (SubjectEntry entry : index.matching(null)) {
                perSubject(config, entry, remove);
            }
        }
        totals(index, config, remove);
    }

    private static void perSubject(StreamConfig config, SubjectEntry entry, LongConsumer remove) {
        long most = config.maxPerSubject();
        if (most > 0 && !config.newPerSubject()) {
            while (entry.count() > most) {
                remove.accept(entry.first());
            }
        }
    }

    private static void totals(MessageIndex index, StreamConfig config, LongConsumer remove) {
        long messages = config.maxMessages();
        while (messages > 0 && index.messages() > messages) {
            remove.accept(index.first());
        }
        long bytes = config.maxBytes();
        while (bytes > 0 && index.bytes() > bytes) {
            remove.accept(index.first());
        }
    }
}
