package io.polymq.network;

import io.polymq.config.NetworkConfig;
import java.time.Duration;
import java.util.List;

/** Network settings for tests: the defaults, changed where a test says so. */
final class Settings {

    private static final NetworkConfig DEFAULT = NetworkConfig.DEFAULT;

    List<String> bind = DEFAULT.bind();
    String transport = DEFAULT.transport();
    String unixSocketDir = DEFAULT.unixSocketDir();
    String proxyProtocol = DEFAULT.proxyProtocol();
    List<String> allowedOrigins = DEFAULT.allowedOrigins();
    Duration silentClientWait = Duration.ofMillis(200);
    int maxConnections = DEFAULT.maxConnections();
    int maxConnectionsPerIp = DEFAULT.maxConnectionsPerIp();
    int maxConnectionsPerUser = DEFAULT.maxConnectionsPerUser();
    int maxConnectionsPerTenant = DEFAULT.maxConnectionsPerTenant();
    int acceptRate = DEFAULT.acceptRate();
    Duration firstByteTimeout = DEFAULT.firstByteTimeout();
    Duration loginTimeout = DEFAULT.loginTimeout();
    int maxPacketBeforeLogin = DEFAULT.maxPacketBeforeLogin();
    int maxPacket = DEFAULT.maxPacket();
    long maxPendingBytes = DEFAULT.maxPendingBytes();
    int highWaterBytes = DEFAULT.highWaterBytes();
    int lowWaterBytes = DEFAULT.lowWaterBytes();
    Duration drainTimeout = Duration.ofSeconds(1);

    NetworkConfig build() {
        return new NetworkConfig(
                bind,
                transport,
                null,
                unixSocketDir,
                proxyProtocol,
                allowedOrigins,
                silentClientWait,
                maxConnections,
                maxConnectionsPerIp,
                maxConnectionsPerUser,
                maxConnectionsPerTenant,
                acceptRate,
                firstByteTimeout,
                loginTimeout,
                maxPacketBeforeLogin,
                maxPacket,
                maxPendingBytes,
                highWaterBytes,
                lowWaterBytes,
                drainTimeout);
    }
}
