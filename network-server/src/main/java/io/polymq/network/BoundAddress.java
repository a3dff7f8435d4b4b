package io.polymq.network;

import java.net.SocketAddress;

/**
 * Where a protocol can be reached.
 *
 * @param listener the listener's name, as in metrics and logs
 * @param protocol the protocol's name, {@code auto} when it is told apart by the first bytes
 * @param transport how bytes travel
 * @param address the address, with the port that was given by the system where the configuration
 *     says 0
 */
public record BoundAddress(
        String listener, String protocol, TransportKind transport, SocketAddress address) {}
