package io.polymq.kafka.share;

import io.netty.channel.EventLoop;
import io.polymq.core.topic.Topic;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.Uuid;
import org.jspecify.annotations.Nullable;

/**
 * The partitions that one member fetches from, so that it need not name them every time. Belongs to
 * the connection that made it. Connection zone.
 */
final class ShareSession {

    /** A partition of a topic, and the group's part of it once it is open. */
    record Part(ShareKey key, Topic topic, CompletableFuture<SharePartition> partition) {}

    private final String tenant;
    private final String group;
    private final String member;
    private final long connectionId;
    private final EventLoop loop;
    private final Map<ShareKey, Part> parts = new LinkedHashMap<>();
    private int epoch;
    private int turn;

    ShareSession(String tenant, String group, String member, long connectionId, EventLoop loop) {
        this.tenant = tenant;
        this.group = group;
        this.member = member;
        this.connectionId = connectionId;
        this.loop = loop;
        this.epoch = 1;
    }

    String member() {
        return member;
    }

    String group() {
        return group;
    }

    EventLoop loop() {
        return loop;
    }

    long connectionId() {
        return connectionId;
    }

    ShareKey key(Uuid topicId, int partition) {
        return new ShareKey(tenant, group, topicId, partition);
    }

    /** The epoch that the next request has to have. */
    int epoch() {
        return epoch;
    }

    void advance() {
        epoch = epoch == Integer.MAX_VALUE ? 1 : epoch + 1;
    }

    @Nullable Part part(ShareKey key) {
        return parts.get(key);
    }

    void add(Part part) {
        parts.put(part.key(), part);
    }

    @Nullable Part remove(ShareKey key) {
        return parts.remove(key);
    }

    Collection<Part> parts() {
        return parts.values();
    }

    /** All of them, each time beginning with another one. */
    List<Part> inTurn() {
        List<Part> all = new ArrayList<>(parts.values());
        if (!all.isEmpty()) {
            turn = (turn + 1) % all.size();
            Collections.rotate(all, -turn);
        }
        return all;
    }
}
