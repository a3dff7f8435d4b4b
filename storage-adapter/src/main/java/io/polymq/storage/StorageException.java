package io.polymq.storage;

import org.jspecify.annotations.Nullable;

/**
 * An operation that storage refused or could not do. Protocols map the kind onto their own codes.
 */
public final class StorageException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    /** What a caller may want to tell apart. */
    public enum Kind {
        SHARD_EXISTS,
        NO_SUCH_SHARD,
        OFFSET_OUT_OF_RANGE,
        /** The batch is malformed or fails its checksum. */
        CORRUPT_BATCH,
        TOO_LARGE,
        /** The device is nearly full; try again later. */
        FULL,
        /** Too much is waiting to be written; try again later. */
        OVERLOADED,
        /** Who owns it may store no more until something is deleted; reads and deletes go on. */
        QUOTA,
        /** The lane failed and is recovering; what was not acknowledged may or may not be there. */
        UNAVAILABLE,
        /** Stored bytes fail their checksum. */
        CORRUPT_STORE,
        CLOSED,
        IO
    }

    private final Kind kind;

    public StorageException(Kind kind, String message) {
        this(kind, message, null);
    }

    public StorageException(Kind kind, String message, @Nullable Throwable cause) {
        super(message, cause);
        this.kind = kind;
    }

    public Kind kind() {
        return kind;
    }
}
