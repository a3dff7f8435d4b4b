package io.polymq.mqtt;

import io.polymq.core.message.Origin;
import org.jspecify.annotations.Nullable;

/** A session's share in a stored message; its flags change in the journal's zone. */
final class OwedShare {
    private final Session session;
    private final long number;
    private final int qos;
    private final boolean retain;
    private final int subscriptionId;
    private final boolean incoming;
    private boolean released;
    private boolean finished;
    private @Nullable OwedMessage owed;

    OwedShare(
            Session session,
            long number,
            int qos,
            boolean retain,
            int subscriptionId,
            boolean incoming) {
        this.session = session;
        this.number = number;
        this.qos = qos;
        this.retain = retain;
        this.subscriptionId = subscriptionId;
        this.incoming = incoming;
    }

    Session session() {
        return session;
    }

    JournalCodec.Place place() {
        return new JournalCodec.Place(session.number(), number, incoming);
    }

    /** An incoming message's name: its identifier, and the serial that it has for that. */
    Origin origin() {
        return new Origin(session.number(), number << 32 | subscriptionId & 0xFFFF_FFFFL);
    }

    /** The entry's number, or an incoming message's packet identifier. */
    long number() {
        return number;
    }

    int qos() {
        return qos;
    }

    boolean retain() {
        return retain;
    }

    /** Of an incoming message its serial. */
    int subscriptionId() {
        return subscriptionId;
    }

    boolean isIncoming() {
        return incoming;
    }

    boolean isReleased() {
        return released;
    }

    boolean isFinished() {
        return finished;
    }

    void markReleased() {
        released = true;
    }

    void markFinished() {
        finished = true;
    }

    /** The message that it is a share in; null until the journal heard of it. */
    @Nullable OwedMessage message() {
        return owed;
    }

    void partOf(OwedMessage message) {
        owed = message;
    }

    /** Recovery found the message again, further on. */
    void movedTo(OwedMessage later) {
        OwedMessage before = owed;
        if (before != null) {
            before.remaining--;
            before.targets.remove(this);
        }
        later.add(this);
    }

    /** Its message's place in the journal; -1 before it is safe. */
    long offset() {
        OwedMessage stored = owed;
        return stored == null ? -1 : stored.offset;
    }
}
