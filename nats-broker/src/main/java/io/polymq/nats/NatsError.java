package io.polymq.nats;

import io.polymq.codec.nats.NatsProtocolException;
import io.polymq.network.CloseReason;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** What a client is told in {@code -ERR}; the texts are those that client libraries look for. */
enum NatsError {
    UNKNOWN_OPERATION("Unknown Protocol Operation"),
    CONTROL_LINE_TOO_LONG("maximum control line exceeded"),
    MAX_PAYLOAD("Maximum Payload Violation"),
    AUTHORIZATION_VIOLATION("Authorization Violation"),
    AUTHENTICATION_TIMEOUT("Authentication Timeout"),
    AUTHENTICATION_EXPIRED("User Authentication Expired"),
    INVALID_CLIENT_PROTOCOL("invalid client protocol"),
    NO_RESPONDERS_NEEDS_HEADERS("no responders requires headers support"),
    MAX_CONNECTIONS("maximum connections exceeded"),
    MAX_ACCOUNT_CONNECTIONS("maximum account active connections exceeded"),
    MAX_SUBSCRIPTIONS("maximum subscriptions exceeded"),
    STALE_CONNECTION("Stale Connection"),
    TLS_REQUIRED("Secure Connection - TLS Required"),
    INVALID_SUBJECT("Invalid Subject"),
    INVALID_PUBLISH_SUBJECT("Invalid Publish Subject");

    private final byte[] text;

    NatsError(String text) {
        this.text = text.getBytes(StandardCharsets.UTF_8);
    }

    /**
     * What a client is told when its link ends for that reason; null for nothing. nats.go takes an
     * error that it does not know for the end, and does not come back: so there is none where it
     * should.
     */
    static @Nullable NatsError of(CloseReason.Kind reason) {
        return switch (reason) {
            case IDLE -> STALE_CONNECTION;
            case LOGIN_TIMEOUT -> AUTHENTICATION_TIMEOUT;
            case NOT_AUTHENTICATED, BANNED -> AUTHORIZATION_VIOLATION;
            case LIMIT_EXCEEDED -> MAX_CONNECTIONS;
            case TOO_LARGE -> MAX_PAYLOAD;
            case SHUTDOWN,
                    TAKEN_OVER,
                    KICKED,
                    INTERNAL_ERROR,
                    SLOW_CONSUMER,
                    PEER_CLOSED,
                    PEER_LOST,
                    CLIENT_REQUEST,
                    PROTOCOL_ERROR ->
                    null;
        };
    }

    /** The same for what cannot be parsed. */
    static @Nullable NatsError of(NatsProtocolException.Reason reason) {
        return switch (reason) {
            case UNKNOWN_OPERATION -> UNKNOWN_OPERATION;
            case CONTROL_LINE_TOO_LONG -> CONTROL_LINE_TOO_LONG;
            case PAYLOAD_TOO_LARGE -> MAX_PAYLOAD;
            case BAD_ARGUMENTS -> null;
        };
    }

    byte[] text() {
        return text;
    }
}
