package io.polymq.network;

/** How a connection's bytes travel. */
public enum TransportKind {
    TCP,
    TLS,
    WEBSOCKET,
    WEBSOCKET_TLS,
    QUIC,
    UNIX;

    /** Whether the kernel may send files: nothing stands between the bytes and the socket. */
    public boolean sendsFiles() {
        return this == TCP || this == UNIX;
    }
}
