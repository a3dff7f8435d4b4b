package io.polymq.nats;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.polymq.codec.nats.NatsWriter;
import io.polymq.nats.account.NatsUser;
import io.polymq.network.Connection;
import io.polymq.network.TransportKind;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import org.jspecify.annotations.Nullable;

/** The INFO line. Shared; what it says of the server changes with {@link #lameDuck}. */
final class ServerInfo {

    static final String REVISION = "polymq";

    /** What INFO says of a connection. */
    private record Ends(SocketAddress local, SocketAddress remote, long id, boolean plain) {

        static Ends of(Connection connection) {
            return new Ends(
                    connection.local(), connection.remote(), connection.id(), isPlain(connection));
        }
    }

    private final NatsSettings settings;
    private final boolean loginRequired;
    private final boolean verifiesCertificates;
    private final String domain;
    private final ObjectMapper json;
    private volatile boolean lameDuck;

    ServerInfo(
            NatsSettings settings,
            boolean loginRequired,
            boolean verifiesCertificates,
            String domain,
            ObjectMapper json) {
        this.settings = settings;
        this.loginRequired = loginRequired;
        this.verifiesCertificates = verifiesCertificates;
        this.domain = domain;
        this.json = json;
    }

    void lameDuck() {
        lameDuck = true;
    }

    boolean isLameDuck() {
        return lameDuck;
    }

    /**
     * The line for one client.
     *
     * @param nonce what it is to sign, null for nothing
     */
    byte[] first(Connection connection, @Nullable String nonce) {
        return first(Ends.of(connection), nonce);
    }

    private byte[] first(Ends ends, @Nullable String nonce) {
        ObjectNode info = common(ends, settings.maxPayload());
        if (nonce != null) {
            info.put("nonce", nonce);
        }
        return line(info);
    }

    /**
     * Makes one for nobody, so that the first client need not wait until all it takes is loaded.
     */
    void rehearse() {
        SocketAddress nobody = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
        first(new Ends(nobody, nobody, 0, true), Nonce.fresh().text());
    }

    /** The line that a client is sent once it is known who it is. */
    byte[] known(Connection connection, NatsUser user, boolean system, int maxPayload) {
        ObjectNode info = common(Ends.of(connection), maxPayload);
        info.put("connect_info", true);
        info.put("remote_account", user.account().name());
        if (system) {
            info.put("acc_is_sys", true);
        }
        return line(info);
    }

    /** The line when something has changed. */
    byte[] changed(Connection connection, int maxPayload, boolean lameDuckForIt) {
        ObjectNode info = common(Ends.of(connection), maxPayload);
        if (lameDuckForIt) {
            info.put("ldm", true);
        }
        return line(info);
    }

    private ObjectNode common(Ends ends, int maxPayload) {
        ObjectNode info = json.createObjectNode();
        info.put("server_id", settings.serverId());
        info.put("server_name", settings.serverName());
        info.put("version", NatsSettings.VERSION);
        info.put("proto", 1);
        info.put("git_commit", REVISION);
        info.put("go", "java" + Runtime.version().feature());
        info.put("host", host(ends.local()));
        info.put("port", port(ends.local()));
        info.put("headers", true);
        if (loginRequired) {
            info.put("auth_required", true);
        }
        if (settings.tlsAvailable() && ends.plain()) {
            info.put(settings.tlsRequired() ? "tls_required" : "tls_available", true);
        }
        if (settings.tlsAvailable() && verifiesCertificates) {
            info.put("tls_verify", true);
        }
        info.put("max_payload", maxPayload);
        if (settings.jetStream()) {
            info.put("jetstream", true);
        }
        if (!domain.isEmpty()) {
            info.put("domain", domain);
        }
        info.put("client_id", ends.id());
        info.put("client_ip", host(ends.remote()));
        if (lameDuck) {
            info.put("ldm", true);
        }
        info.put("api_lvl", NatsSettings.API_LEVEL);
        return info;
    }

    private byte[] line(ObjectNode info) {
        try {
            return NatsWriter.info(json.writeValueAsBytes(info));
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a tree of plain values is always written", e);
        }
    }

    /** Whether the client could still begin TLS. */
    private static boolean isPlain(Connection connection) {
        return connection.transport() == TransportKind.TCP
                || connection.transport() == TransportKind.UNIX
                || connection.transport() == TransportKind.WEBSOCKET;
    }

    static String host(SocketAddress address) {
        return address instanceof InetSocketAddress inet && inet.getAddress() != null
                ? inet.getAddress().getHostAddress()
                : "localhost";
    }

    static int port(SocketAddress address) {
        return address instanceof InetSocketAddress inet ? inet.getPort() : 0;
    }
}
