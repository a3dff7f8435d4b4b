package io.polymq.nats.jetstream.stream;

import io.polymq.nats.jetstream.api.ApiError;
import io.polymq.nats.jetstream.api.StreamConfig;
import io.polymq.nats.jetstream.stream.Publishing.Draft;

/** Whether a stream has room for a message. Stateless; shard zone. */
final class Room {

    private Room() {}

    /** Refuses what there is no room for: of the account, or of a stream that discards new ones. */
    static void check(Stream stream, Home home, Draft draft) {
        StreamConfig config = stream.config();
        MessageIndex index = stream.index();
        int size = draft.size(config.inMemory());
        if (!home.hasRoom(config.inMemory(), size)) {
            throw ApiError.INSUFFICIENT_RESOURCES.exception();
        }
        long maxBytes = config.maxBytes();
        if (maxBytes > 0 && size > maxBytes) {
            throw ApiError.STREAM_STORE_FAILED.exception("maximum bytes exceeded");
        }
        if (!config.discardNew()) {
            return;
        }
        SubjectEntry entry = index.entry(draft.subject);
        long perSubject = config.maxPerSubject();
        boolean atLimit = perSubject > 0 && entry != null && entry.count() >= perSubject;
        if (atLimit && config.newPerSubject()) {
            throw ApiError.STREAM_STORE_FAILED.exception("maximum messages per subject exceeded");
        }
        if (config.maxMessages() > 0 && index.messages() >= config.maxMessages() && !atLimit) {
            throw ApiError.STREAM_STORE_FAILED.exception("maximum messages exceeded");
        }
        if (maxBytes > 0
                && index.bytes() + size > maxBytes
                && (!atLimit || entry == null || index.sizeAt(entry.first()) < size)) {
            throw ApiError.STREAM_STORE_FAILED.exception("maximum bytes exceeded");
        }
    }
}
