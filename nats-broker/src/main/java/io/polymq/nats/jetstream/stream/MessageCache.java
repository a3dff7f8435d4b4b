package io.polymq.nats.jetstream.stream;

import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Messages of one stream in memory, newest arrivals first in, oldest out; bounded by bytes, the
 * share that the stream has of its account's. Shard zone.
 */
final class MessageCache {

    private static final int PER_MESSAGE = 120;

    private final Map<Long, StreamMessage> bySequence = new HashMap<>();
    private final ArrayDeque<StreamMessage> arrivals = new ArrayDeque<>();
    private long bytes;

    @Nullable StreamMessage find(long sequence) {
        return bySequence.get(sequence);
    }

    void put(StreamMessage message, long budget) {
        if (bySequence.putIfAbsent(message.sequence(), message) == null) {
            arrivals.add(message);
            bytes += weight(message);
        }
        while (bytes > budget && arrivals.size() > 1) {
            StreamMessage oldest = arrivals.remove();
            bytes -= weight(oldest);
            bySequence.remove(oldest.sequence(), oldest);
        }
    }

    /** Its bytes are given back when its turn comes. */
    void remove(long sequence) {
        bySequence.remove(sequence);
    }

    void clear() {
        bySequence.clear();
        arrivals.clear();
        bytes = 0;
    }

    private static int weight(StreamMessage message) {
        return message.payload().length + message.headers().length + PER_MESSAGE;
    }
}
