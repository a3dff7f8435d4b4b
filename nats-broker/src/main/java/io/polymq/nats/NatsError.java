package io.polymq.nats;

import java.nio.charset.StandardCharsets;

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
    SLOW_CONSUMER("Slow Consumer"),
    TLS_REQUIRED("Secure Connection - TLS Required"),
    INVALID_SUBJECT("Invalid Subject"),
    INVALID_PUBLISH_SUBJECT("Invalid Publish Subject"),
    SHUTDOWN("Server Shutdown");

    private final byte[] text;

    NatsError(String text) {
        this.text = text.getBytes(StandardCharsets.UTF_8);
    }

    byte[] text() {
        return text;
    }
}
