package io.polymq.benchmarks.network;

import io.polymq.network.TransportKind;

/** The transports that are compared. */
enum Wire {
    TCP(TransportKind.TCP),
    UNIX(TransportKind.UNIX),
    TLS(TransportKind.TLS),
    WEBSOCKET(TransportKind.WEBSOCKET),
    WEBSOCKET_TLS(TransportKind.WEBSOCKET_TLS),
    QUIC(TransportKind.QUIC);

    private final TransportKind kind;

    Wire(TransportKind kind) {
        this.kind = kind;
    }

    TransportKind kind() {
        return kind;
    }

    boolean isTls() {
        return this == TLS || this == WEBSOCKET_TLS;
    }

    boolean isWebSocket() {
        return this == WEBSOCKET || this == WEBSOCKET_TLS;
    }
}
