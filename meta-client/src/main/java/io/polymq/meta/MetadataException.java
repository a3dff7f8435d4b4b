package io.polymq.meta;

import org.jspecify.annotations.Nullable;

/** Why an operation on metadata could not be carried out. */
public final class MetadataException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    /** What the caller can conclude. */
    public enum Reason {
        /** The store was closed. Nothing happened. */
        CLOSED,
        /** Nobody answered, or too much is waiting. Nothing happened. */
        UNAVAILABLE,
        /** The answer was lost: a change may or may not have happened; read before trying again. */
        UNKNOWN_OUTCOME,
        /** The lease that keys were to be put under is gone. Nothing happened. */
        NO_SUCH_LEASE,
        /** The store refused: who we are, or what we asked for. Nothing happened. */
        REFUSED,
        /** The files cannot be opened: held by another process, of a newer format, or damaged. */
        UNUSABLE,
        /**
         * Disk or operating system failed; no further change is taken until the store is reopened.
         */
        FAILED
    }

    private final Reason reason;

    public MetadataException(Reason reason, String message) {
        this(reason, message, null);
    }

    public MetadataException(Reason reason, String message, @Nullable Throwable cause) {
        super(message, cause);
        this.reason = reason;
    }

    public Reason reason() {
        return reason;
    }
}
