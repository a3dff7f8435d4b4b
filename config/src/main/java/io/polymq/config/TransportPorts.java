package io.polymq.config;

import org.jspecify.annotations.Nullable;

/**
 * A protocol's ports, one per transport; null is off, 0 lets the system pick.
 *
 * @param tcpPort plain TCP
 * @param tlsPort TLS over TCP
 * @param websocketPort plain WebSocket
 * @param websocketsPort WebSocket over TLS
 * @param quicPort QUIC
 */
public record TransportPorts(
        @Nullable Integer tcpPort,
        @Nullable Integer tlsPort,
        @Nullable Integer websocketPort,
        @Nullable Integer websocketsPort,
        @Nullable Integer quicPort) {

    public TransportPorts {
        valid("tcp_port", tcpPort);
        valid("tls_port", tlsPort);
        valid("websocket_port", websocketPort);
        valid("websockets_port", websocketsPort);
        valid("quic_port", quicPort);
    }

    private static void valid(String key, @Nullable Integer port) {
        if (port != null && (port < 0 || port > 65_535)) {
            throw new IllegalArgumentException(
                    key + " must be between 0 and 65535, but is " + port);
        }
    }
}
