/**
 * The one network server under every protocol: listeners, transports, connections, their outboxes
 * and limits.
 *
 * <p>Connection zone, except where a type says otherwise. It knows no protocol: what it needs of
 * one is in {@link io.polymq.network.ProtocolBinding} and {@link
 * io.polymq.network.ProtocolHandler}.
 */
@org.jspecify.annotations.NullMarked
package io.polymq.network;
