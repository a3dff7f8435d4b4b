package io.polymq.nats;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.polymq.codec.nats.NatsWriter;
import io.polymq.network.Connection;
import io.polymq.network.TransportKind;
import java.net.InetSocketAddress;
import java.net.SocketAddress;

/** The INFO line. Shared, stateless but for its settings. */
final class ServerInfo {

    private static final String REVISION = "polymq";

    private final NatsSettings settings;
    private final boolean loginRequired;
    private final ObjectMapper json;

    ServerInfo(NatsSettings settings, boolean loginRequired, ObjectMapper json) {
        this.settings = settings;
        this.loginRequired = loginRequired;
        this.json = json;
    }

    byte[] line(Connection connection, boolean lameDuck) {
        ObjectNode info = json.createObjectNode();
        info.put("server_id", settings.serverId());
        info.put("server_name", settings.serverName());
        info.put("version", NatsSettings.VERSION);
        info.put("proto", 1);
        info.put("git_commit", REVISION);
        info.put("go", "java" + Runtime.version().feature());
        info.put("host", host(connection.local()));
        info.put("port", port(connection.local()));
        info.put("headers", true);
        if (loginRequired) {
            info.put("auth_required", true);
        }
        boolean secured =
                connection.transport() != TransportKind.TCP
                        && connection.transport() != TransportKind.UNIX
                        && connection.transport() != TransportKind.WEBSOCKET;
        if (settings.tlsAvailable() && !secured) {
            info.put(settings.tlsRequired() ? "tls_required" : "tls_available", true);
        }
        info.put("max_payload", settings.maxPayload());
        if (settings.jetStream()) {
            info.put("jetstream", true);
        }
        info.put("client_id", connection.id());
        info.put("client_ip", host(connection.remote()));
        if (lameDuck) {
            info.put("ldm", true);
        }
        info.put("api_lvl", NatsSettings.API_LEVEL);
        try {
            return NatsWriter.info(json.writeValueAsBytes(info));
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a tree of plain values is always written", e);
        }
    }

    private static String host(SocketAddress address) {
        return address instanceof InetSocketAddress inet && inet.getAddress() != null
                ? inet.getAddress().getHostAddress()
                : "localhost";
    }

    private static int port(SocketAddress address) {
        return address instanceof InetSocketAddress inet ? inet.getPort() : 0;
    }
}
