package io.polymq.network;

import java.util.Objects;

/**
 * Why a connection ends.
 *
 * @param kind what a protocol maps onto its own code
 * @param detail a sentence for people: log line, reason string
 */
public record CloseReason(Kind kind, String detail) {

    /** The kinds of endings that protocols tell apart. */
    public enum Kind {
        PEER_CLOSED,
        PEER_LOST,
        CLIENT_REQUEST,
        PROTOCOL_ERROR,
        TOO_LARGE,
        NOT_AUTHENTICATED,
        LOGIN_TIMEOUT,
        IDLE,
        SLOW_CONSUMER,
        LIMIT_EXCEEDED,
        TAKEN_OVER,
        KICKED,
        BANNED,
        SHUTDOWN,
        INTERNAL_ERROR
    }

    public CloseReason {
        Objects.requireNonNull(kind, "kind");
        Objects.requireNonNull(detail, "detail");
    }

    public static CloseReason of(Kind kind) {
        return new CloseReason(kind, "");
    }
}
