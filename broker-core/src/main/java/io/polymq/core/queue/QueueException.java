package io.polymq.core.queue;

/** Something that a queue refused or could not do; receipts and futures fail with it. */
public final class QueueException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    /** What protocols tell apart. */
    public enum Kind {
        /** The name is taken. */
        EXISTS,
        NO_SUCH_QUEUE,
        /** A length or byte limit refused the publish. */
        FULL,
        /** The tenant may store no more until something is deleted or consumed. */
        QUOTA,
        /** The shard zone or the store is behind; try again later. */
        OVERLOADED,
        /** Another consumer has the queue for itself, or others are there already. */
        EXCLUSIVE,
        /** The message is not held by whoever settled it: settled before, or handed to another. */
        NOT_HELD,
        /** The queue was deleted, or the engine stopped. */
        CLOSED,
        STORAGE
    }

    private final Kind kind;

    public QueueException(Kind kind, String message) {
        super(message, null, false, false);
        this.kind = kind;
    }

    public QueueException(Kind kind, String message, Throwable cause) {
        super(message, cause);
        this.kind = kind;
    }

    public Kind kind() {
        return kind;
    }
}
