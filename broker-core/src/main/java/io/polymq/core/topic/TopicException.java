package io.polymq.core.topic;

import org.jspecify.annotations.Nullable;

/** A change to topics that was refused. */
public final class TopicException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    /** What protocols tell apart. */
    public enum Kind {
        EXISTS,
        NO_SUCH_TOPIC,
        INVALID_NAME,
        INVALID_PARTITIONS,
        INVALID_SETTING,
        OVERLAPPING_CAPTURE,
        QUOTA_EXCEEDED,
        STORAGE
    }

    private final Kind kind;

    public TopicException(Kind kind, String message) {
        this(kind, message, null);
    }

    public TopicException(Kind kind, String message, @Nullable Throwable cause) {
        super(message, cause);
        this.kind = kind;
    }

    public Kind kind() {
        return kind;
    }
}
