package io.polymq.config;

import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * {@code [network]}: what all listeners share.
 *
 * @param bind addresses to listen on
 * @param transport {@code auto}, {@code epoll}, {@code io_uring} or {@code nio}
 * @param autoPort one port for every protocol, told apart by the first bytes; null is off
 * @param unixSocketDir a folder for one Unix-domain socket per protocol; null is off
 * @param proxyProtocol {@code off}, {@code optional} or {@code required}, v1 and v2
 * @param silentClientWait how long an auto listener waits for a client's first byte before it
 *     serves the protocol that speaks first
 * @param maxConnections on all listeners together
 * @param maxConnectionsPerIp from one address
 * @param acceptRate connections accepted a second, 0 for no limit
 * @param firstByteTimeout time to the first byte
 * @param loginTimeout time to a completed login
 * @param maxPacketBeforeLogin bytes of an unfinished packet before login
 * @param maxPacket bytes of an unfinished packet after login
 * @param maxPendingBytes bytes waiting for one slow reader before it is closed
 * @param highWaterBytes pending bytes above which a connection counts as congested
 * @param lowWaterBytes pending bytes below which it no longer does
 * @param drainTimeout how long a closing connection may take to flush
 */
public record NetworkConfig(
        List<String> bind,
        String transport,
        @Nullable Integer autoPort,
        @Nullable String unixSocketDir,
        String proxyProtocol,
        Duration silentClientWait,
        int maxConnections,
        int maxConnectionsPerIp,
        int acceptRate,
        Duration firstByteTimeout,
        Duration loginTimeout,
        int maxPacketBeforeLogin,
        int maxPacket,
        long maxPendingBytes,
        int highWaterBytes,
        int lowWaterBytes,
        Duration drainTimeout) {

    public static final NetworkConfig DEFAULT =
            new NetworkConfig(
                    List.of("127.0.0.1"),
                    "auto",
                    null,
                    null,
                    "off",
                    Duration.ofMillis(500),
                    1_000_000,
                    1_000_000,
                    0,
                    Duration.ofSeconds(30),
                    Duration.ofSeconds(30),
                    64 << 10,
                    256 << 20,
                    256L << 20,
                    1 << 20,
                    256 << 10,
                    Duration.ofSeconds(5));

    public NetworkConfig {
        bind = List.copyOf(bind);
    }
}
