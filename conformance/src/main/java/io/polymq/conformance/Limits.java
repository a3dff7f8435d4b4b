package io.polymq.conformance;

import io.polymq.config.NetworkConfig;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** The network settings of one test: generous, changed where the test says so. */
final class Limits {

    private static final NetworkConfig DEFAULT = NetworkConfig.DEFAULT;

    @Nullable String unixSocketDir;
    int maxConnections = DEFAULT.maxConnections();
    int maxConnectionsPerIp = DEFAULT.maxConnectionsPerIp();
    int acceptRate;
    Duration firstByteTimeout = DEFAULT.firstByteTimeout();
    Duration loginTimeout = DEFAULT.loginTimeout();
    int maxPacketBeforeLogin = DEFAULT.maxPacketBeforeLogin();
    int maxPacket = DEFAULT.maxPacket();
    long maxPendingBytes = DEFAULT.maxPendingBytes();
    int highWaterBytes = DEFAULT.highWaterBytes();
    int lowWaterBytes = DEFAULT.lowWaterBytes();

    NetworkConfig build() {
        return new NetworkConfig(
                DEFAULT.bind(),
                DEFAULT.transport(),
                null,
                unixSocketDir,
                "off",
                DEFAULT.allowedOrigins(),
                Duration.ofMillis(200),
                maxConnections,
                maxConnectionsPerIp,
                DEFAULT.maxConnectionsPerUser(),
                DEFAULT.maxConnectionsPerTenant(),
                acceptRate,
                firstByteTimeout,
                loginTimeout,
                maxPacketBeforeLogin,
                maxPacket,
                maxPendingBytes,
                highWaterBytes,
                lowWaterBytes,
                Duration.ofSeconds(2));
    }
}
