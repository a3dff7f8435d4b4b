package io.polymq.config;

import io.polymq.config.schema.Doc;
import io.polymq.config.schema.Within;
import org.jspecify.annotations.Nullable;

/** A protocol's ports, one per transport; null is off, 0 lets the system pick. */
public record TransportPorts(
        @Doc("Plain TCP.") @Within(min = 0, max = 65_535) @Nullable Integer tcpPort,
        @Doc("TLS over TCP.") @Within(min = 0, max = 65_535) @Nullable Integer tlsPort,
        @Doc("Plain WebSocket.") @Within(min = 0, max = 65_535) @Nullable Integer websocketPort,
        @Doc("WebSocket over TLS.") @Within(min = 0, max = 65_535) @Nullable Integer websocketsPort,
        @Doc("QUIC (UDP).") @Within(min = 0, max = 65_535) @Nullable Integer quicPort) {

    public static final TransportPorts NONE = new TransportPorts(null, null, null, null, null);
}
