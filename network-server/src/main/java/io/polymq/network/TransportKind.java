package io.polymq.network;

/** How a connection's bytes travel. */
public enum TransportKind {
    TCP,
    TLS,
    WEBSOCKET,
    WEBSOCKET_TLS,
    QUIC,
    UNIX
}
