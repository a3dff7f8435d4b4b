package io.polymq.conformance;

import io.polymq.network.TransportKind;

/** The ways on which a client reaches a protocol. */
public enum Route {
    TCP(TransportKind.TCP, false),
    TLS(TransportKind.TLS, false),
    WEBSOCKET(TransportKind.WEBSOCKET, false),
    WEBSOCKET_TLS(TransportKind.WEBSOCKET_TLS, false),
    QUIC(TransportKind.QUIC, false),
    UNIX(TransportKind.UNIX, false),
    AUTO(TransportKind.TCP, true),
    AUTO_TLS(TransportKind.TLS, true),
    AUTO_ALPN(TransportKind.TLS, true),
    AUTO_WEBSOCKET(TransportKind.WEBSOCKET, true),
    AUTO_WEBSOCKET_TLS(TransportKind.WEBSOCKET_TLS, true);

    private final TransportKind transport;
    private final boolean detected;

    Route(TransportKind transport, boolean detected) {
        this.transport = transport;
        this.detected = detected;
    }

    TransportKind transport() {
        return transport;
    }

    /** Whether it leads through the port that serves every protocol. */
    boolean isDetected() {
        return detected;
    }

    boolean isWebSocket() {
        return transport == TransportKind.WEBSOCKET || transport == TransportKind.WEBSOCKET_TLS;
    }

    boolean isTls() {
        return transport == TransportKind.TLS || transport == TransportKind.WEBSOCKET_TLS;
    }

    boolean saysAlpn() {
        return this == AUTO_ALPN;
    }
}
