package io.polymq.nats.jetstream.consumer;

import io.polymq.core.subject.Subject;

/** A client's wish for messages, until it has them or its time is up. Shard zone. */
final class PullRequest {

    final Subject reply;
    final String group;
    final long minPending;
    final long minAckPending;
    final int priority;
    final boolean noWait;
    final long heartbeat;

    /** On the zone's clock for timers; 0 for never. */
    final long expiresAt;

    String pin;
    int left;
    int delivered;

    /** 0 when it does not count bytes. */
    long bytes;

    long nextHeartbeat;

    PullRequest(Subject reply, Wish wish, long elapsed) {
        this.reply = reply;
        this.group = wish.group();
        this.minPending = wish.minPending();
        this.minAckPending = wish.minAckPending();
        this.priority = wish.priority();
        this.noWait = wish.noWait();
        this.heartbeat = wish.heartbeat();
        this.expiresAt = wish.expires() > 0 ? elapsed + wish.expires() : 0;
        this.pin = wish.id();
        this.left = wish.batch();
        this.bytes = wish.maxBytes();
        this.nextHeartbeat = heartbeat > 0 ? elapsed + heartbeat : Long.MAX_VALUE;
    }

    boolean isExpired(long elapsed) {
        return expiresAt > 0 && expiresAt <= elapsed;
    }

    /** When something is due. */
    long due() {
        return Math.min(expiresAt == 0 ? Long.MAX_VALUE : expiresAt, nextHeartbeat);
    }
}
