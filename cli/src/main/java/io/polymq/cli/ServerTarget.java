package io.polymq.cli;

import java.net.URI;
import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Where a protocol is served, and who connects: options of every command that speaks one. */
final class ServerTarget {
    @Option(
            names = {"-s", "--server"},
            paramLabel = "HOST[:PORT]",
            description = "where the protocol is served (127.0.0.1 and its own port)")
    private String server = "127.0.0.1";

    @Option(
            names = {"-u", "--user"},
            paramLabel = "USER[:PASSWORD]",
            description = "who connects; else $POLYMQ_USER, and $POLYMQ_PASSWORD for the password")
    private @Nullable String user;

    @Option(names = "--tls", description = "encrypted")
    private boolean tls;

    @Option(names = "--ca", paramLabel = "PEM", description = "whom to trust, with --tls")
    private @Nullable Path authority;

    /** An address with all that is needed to go there. */
    record Address(
            String host,
            int port,
            @Nullable Login login,
            @Nullable Trust trust,
            @Nullable Path authority) {}

    static ServerTarget at(String server) {
        ServerTarget target = new ServerTarget();
        target.server = server;
        return target;
    }

    Address address(Map<String, String> environment, int plainPort, int tlsPort) {
        URI uri;
        try {
            uri = URI.create(server.contains("://") ? server : "any://" + server);
        } catch (IllegalArgumentException malformed) {
            throw new CliException(ExitStatus.USAGE, "'" + server + "' is no address.", malformed);
        }
        if (uri.getHost() == null) {
            throw new CliException(ExitStatus.USAGE, "'" + server + "' is no address.");
        }
        int port = uri.getPort() >= 0 ? uri.getPort() : tls ? tlsPort : plainPort;
        return new Address(
                uri.getHost(),
                port,
                Login.of(user, environment),
                tls ? Trust.of(authority) : null,
                authority);
    }
}
