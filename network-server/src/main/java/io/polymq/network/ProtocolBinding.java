package io.polymq.network;

import io.netty.buffer.ByteBuf;
import java.util.List;

/**
 * All that the network layer knows of a protocol. One instance serves every listener of that
 * protocol but those that have {@linkplain NetworkServer.Entrance their own}; it is shared and
 * immutable.
 */
public interface ProtocolBinding {

    /**
     * The protocol's short name: {@code mqtt}, {@code kafka}; names metrics, log lines and
     * configuration sections.
     */
    String name();

    /**
     * ALPN names under which the protocol may be chosen on TLS and QUIC, the preferred one first.
     */
    List<String> alpnNames();

    /**
     * WebSocket subprotocol names, the preferred one first; empty when a client needs to name none.
     */
    List<String> webSocketSubprotocols();

    /** Whether text frames are taken like binary ones; if not they end the connection. */
    default boolean acceptsWebSocketText() {
        return false;
    }

    /**
     * Whether the server speaks before the client: such a protocol is given silent clients of an
     * auto listener.
     */
    default boolean serverSpeaksFirst() {
        return false;
    }

    /**
     * Tells from a client's first bytes whether it speaks this protocol. Reads without moving the
     * reader index.
     */
    ProbeResult probe(ByteBuf first);

    /**
     * Begins a connection: called on its loop once the transport is ready (TLS, WebSocket and PROXY
     * header done).
     */
    ProtocolHandler open(Connection connection);
}
