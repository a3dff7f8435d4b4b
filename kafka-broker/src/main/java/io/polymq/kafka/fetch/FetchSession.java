package io.polymq.kafka.fetch;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.FetchRequestData;
import org.apache.kafka.common.message.FetchRequestData.FetchPartition;
import org.apache.kafka.common.message.FetchRequestData.FetchTopic;
import org.apache.kafka.common.message.FetchRequestData.ForgottenTopic;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.internal.BaseRecords;

/**
 * What a client fetches, remembered so that it need only say what changed, and is only told what
 * changed (KIP-227). Guarded by its monitor: a client may come back over another connection.
 */
final class FetchSession {

    private final int id;
    private final String tenant;
    private final boolean byId;
    private final Map<Key, Entry> partitions = new LinkedHashMap<>();
    private int epoch;
    private long lastUsed;

    private record Key(String name, Uuid id, int partition) {}

    /** A partition and what was last said of it. */
    private static final class Entry {
        private FetchPartition asked;
        private long highWatermark = -1;
        private long startOffset = -1;

        Entry(FetchPartition asked) {
            this.asked = asked;
        }
    }

    FetchSession(int id, String tenant, boolean byId, long now) {
        this.id = id;
        this.tenant = tenant;
        this.byId = byId;
        this.epoch = 1;
        this.lastUsed = now;
    }

    int id() {
        return id;
    }

    String tenant() {
        return tenant;
    }

    synchronized int size() {
        return partitions.size();
    }

    synchronized long lastUsed() {
        return lastUsed;
    }

    /** Checks and advances the epoch, then takes over what the request says has changed. */
    synchronized Errors advance(FetchRequestData request, boolean requestById, long now) {
        if (request.sessionEpoch() != epoch) {
            return Errors.INVALID_FETCH_SESSION_EPOCH;
        }
        if (requestById != byId) {
            return Errors.FETCH_SESSION_TOPIC_ID_ERROR;
        }
        epoch = epoch == Integer.MAX_VALUE ? 1 : epoch + 1;
        lastUsed = now;
        for (ForgottenTopic topic : request.forgottenTopicsData()) {
            for (int partition : topic.partitions()) {
                partitions.remove(new Key(topic.topic(), topic.topicId(), partition));
            }
        }
        take(request);
        return Errors.NONE;
    }

    synchronized void take(FetchRequestData request) {
        for (FetchTopic topic : request.topics()) {
            for (FetchPartition partition : topic.partitions()) {
                Key key = new Key(topic.topic(), topic.topicId(), partition.partition());
                Entry known = partitions.get(key);
                if (known == null) {
                    partitions.put(key, new Entry(partition));
                } else {
                    known.asked = partition;
                }
            }
        }
    }

    synchronized List<FetchedPartition> toFetch() {
        List<FetchedPartition> all = new ArrayList<>(partitions.size());
        partitions.forEach(
                (key, entry) -> all.add(new FetchedPartition(key.name, key.id, entry.asked)));
        return all;
    }

    /**
     * Whether the client must be told of this partition. Whoever got records goes to the end, so
     * that all partitions get their turn.
     */
    synchronized boolean mustTell(FetchedPartition fetched, BaseRecords records) {
        Key key = new Key(fetched.name, fetched.id, fetched.asked.partition());
        Entry entry = partitions.get(key);
        if (entry == null) {
            return true;
        }
        boolean news =
                records.sizeInBytes() > 0
                        || entry.highWatermark != fetched.highWatermark
                        || entry.startOffset != fetched.startOffset;
        entry.highWatermark = fetched.highWatermark;
        entry.startOffset = fetched.startOffset;
        if (fetched.error != Errors.NONE) {
            // told again until it is over
            entry.highWatermark = -1;
            news = true;
        }
        if (records.sizeInBytes() > 0) {
            partitions.remove(key);
            partitions.put(key, entry);
        }
        return news;
    }
}
