package io.polymq.config;

import io.polymq.config.schema.Bytes;
import io.polymq.config.schema.Default;
import io.polymq.config.schema.Defaults;
import io.polymq.config.schema.Doc;
import io.polymq.config.schema.OneOf;
import io.polymq.config.schema.Within;
import java.time.Duration;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** {@code [network]}: what all listeners share. */
@Doc("What the listeners of all protocols share.")
public record NetworkConfig(
        @Doc(
                        "Addresses to listen on; the shorter key `bind` at the top level is the same"
                                + " setting. Loopback until you say otherwise.")
                @Default("127.0.0.1")
                List<String> bind,
        @Doc("How sockets are served; auto takes epoll on Linux and nio elsewhere.")
                @OneOf({"auto", "epoll", "io_uring", "nio"})
                @Default("auto")
                String transport,
        @Doc(
                        value = "One port for every protocol, told apart by the first bytes.",
                        example = "9000")
                @Within(min = 0, max = 65_535)
                @Nullable Integer autoPort,
        @Doc(
                        value = "A folder in which each protocol gets a Unix-domain socket.",
                        example = "\"/run/polymq\"")
                @Nullable String unixSocketDir,
        @Doc("Whether connections begin with a PROXY protocol header (v1 or v2).")
                @OneOf({"off", "optional", "required"})
                @Default("off")
                String proxyProtocol,
        @Doc(
                        value =
                                "Origins from which browsers may open WebSockets, as they send them: scheme,"
                                        + " host, port if it is not the scheme's; `same` is the host and port that"
                                        + " the client connects to. Empty: any. Clients that send no Origin are no"
                                        + " browsers and are not held to this.",
                        example = "[\"https://dashboard.example.com\"]")
                List<String> allowedOrigins,
        @Doc(
                        "How long the port for every protocol waits for a client's first byte before it"
                                + " serves the protocol in which the server speaks first (NATS).")
                @Default("500ms")
                Duration silentClientWait,
        @Doc("Connections on all listeners together.") @Within(min = 1) @Default("1000000")
                int maxConnections,
        @Doc("Connections from one address.") @Within(min = 1) @Default("1000000")
                int maxConnectionsPerIp,
        @Doc("Connections logged in as one user.") @Within(min = 1) @Default("1000000")
                int maxConnectionsPerUser,
        @Doc("Connections logged in to one tenant.") @Within(min = 1) @Default("1000000")
                int maxConnectionsPerTenant,
        @Doc("Connections accepted a second; 0 is no limit.") @Within(min = 0) @Default("0")
                int acceptRate,
        @Doc("Time to a client's first byte.") @Within(min = 1) @Default("30s")
                Duration firstByteTimeout,
        @Doc("Time to a completed login.") @Within(min = 1) @Default("30s") Duration loginTimeout,
        @Doc("The largest unfinished packet before login.")
                @Bytes
                @Within(min = 512)
                @Default("64KiB")
                int maxPacketBeforeLogin,
        @Doc("The largest unfinished packet after login.")
                @Bytes
                @Within(min = 512)
                @Default("256MiB")
                int maxPacket,
        @Doc("Bytes that may wait for one slow reader before it is closed.")
                @Bytes
                @Within(min = 65_536)
                @Default("256MiB")
                long maxPendingBytes,
        @Doc("Pending bytes above which a connection counts as congested.")
                @Bytes
                @Within(min = 1)
                @Default("1MiB")
                int highWaterBytes,
        @Doc("Pending bytes below which it no longer does.")
                @Bytes
                @Within(min = 0)
                @Default("256KiB")
                int lowWaterBytes,
        @Doc("How long a closing connection may take to send what is waiting.") @Default("5s")
                Duration drainTimeout) {

    public static final NetworkConfig DEFAULT = Defaults.of(NetworkConfig.class);

    private static final Pattern ORIGIN =
            Pattern.compile("same|[A-Za-z][A-Za-z0-9+.-]*://[^/?#@\\s]+");

    public NetworkConfig {
        bind = List.copyOf(bind);
        allowedOrigins = List.copyOf(allowedOrigins);
        for (String origin : allowedOrigins) {
            if (!ORIGIN.matcher(origin).matches()) {
                throw new IllegalArgumentException(
                        "has "
                                + origin
                                + " in allowed_origins, which is neither same nor an origin such as"
                                + " https://example.com:8443");
            }
        }
        if (bind.isEmpty()) {
            throw new IllegalArgumentException("needs at least one address in bind");
        }
        if (lowWaterBytes > highWaterBytes) {
            throw new IllegalArgumentException(
                    "has low_water_bytes ("
                            + lowWaterBytes
                            + ") above high_water_bytes ("
                            + highWaterBytes
                            + ")");
        }
    }
}
