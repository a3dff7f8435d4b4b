package io.polymq.amqp.management;

import io.polymq.amqp.model.VirtualHosts;
import io.polymq.core.admin.AdminCall;
import io.polymq.core.admin.AdminRoute;
import io.polymq.network.Connection;
import io.polymq.network.Login;
import io.polymq.network.TransportKind;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** {@code /connections} and {@code /channels}. */
final class ClientRoutes {

    private static final String AMQP = "amqp";

    private final ManagementParams params;

    ClientRoutes(ManagementParams params) {
        this.params = params;
    }

    List<AdminRoute> all() {
        return List.of(
                AdminRoute.get(
                        "/connections", "Connections", call -> connections(call, any -> true)),
                AdminRoute.get(
                        "/vhosts/{vhost}/connections",
                        "Connections to a host",
                        call -> connections(call, inHost(call))),
                AdminRoute.get(
                        "/connections/username/{user}",
                        "Connections of a user",
                        call -> connections(call, ofUser(call))),
                AdminRoute.delete(
                        "/connections/username/{user}",
                        "Close a user's connections",
                        this::closeUser),
                AdminRoute.get("/connections/{name}", "A connection", this::connection),
                AdminRoute.delete("/connections/{name}", "Close a connection", this::close)
                        .asking("reason", "what the client is told"),
                AdminRoute.get(
                        "/connections/{name}/channels",
                        "Channels of a connection",
                        call -> channels(call, named(call))),
                AdminRoute.get(
                        "/connections/{name}/sessions",
                        "Sessions of a connection of AMQP 1.0, with their links",
                        this::sessions),
                AdminRoute.get("/channels", "Channels", call -> channels(call, any -> true)),
                AdminRoute.get(
                        "/vhosts/{vhost}/channels",
                        "Channels in a host",
                        call -> channels(call, inHost(call))),
                AdminRoute.get("/channels/{name}", "A channel", this::channel));
    }

    /** As RabbitMQ calls it: both ends. */
    static String name(Connection connection) {
        return end(connection.remote()) + " -> " + end(connection.local());
    }

    private static String end(SocketAddress address) {
        return address instanceof InetSocketAddress at
                ? at.getAddress().getHostAddress() + ":" + at.getPort()
                : address.toString();
    }

    private static String ip(SocketAddress address) {
        return address instanceof InetSocketAddress at
                ? at.getAddress().getHostAddress()
                : address.toString();
    }

    private static int port(SocketAddress address) {
        return address instanceof InetSocketAddress at ? at.getPort() : 0;
    }

    private static String host(Login login) {
        return hostOf(login.tenant());
    }

    private static String hostOf(String tenant) {
        return tenant.equals(VirtualHosts.tenantOf(VirtualHosts.DEFAULT))
                ? VirtualHosts.DEFAULT
                : tenant.replace("%2F", "/").replace("%25", "%");
    }

    // Which.

    private Predicate<Connection> inHost(AdminCall call) {
        String tenant = new Asker(params, call).host().tenant();
        return connection -> {
            Login login = connection.login();
            return login != null && login.tenant().equals(tenant);
        };
    }

    private static Predicate<Connection> ofUser(AdminCall call) {
        return connection -> {
            Login login = connection.login();
            return login != null && login.user().equals(call.segment("user"));
        };
    }

    private static Predicate<Connection> named(AdminCall call) {
        return connection -> name(connection).equals(call.segment("name"));
    }

    /** Those that the asker may see. */
    private List<Connection> seen(AdminCall call, Predicate<Connection> wanted) {
        boolean all = new Asker(params, call).monitors();
        List<Connection> found = new ArrayList<>();
        for (Connection connection : params.connections().all()) {
            Login login = connection.login();
            if (connection.protocol().equals(AMQP)
                    && login != null
                    && (all || login.user().equals(call.who().user()))
                    && wanted.test(connection)) {
                found.add(connection);
            }
        }
        return found;
    }

    private Map<Long, ClientList.Client> clients() throws Exception {
        Map<Long, ClientList.Client> byId = new HashMap<>();
        for (ClientList.Client client : AdminCall.await(params.clients().clients())) {
            byId.put(client.id(), client);
        }
        return byId;
    }

    // Connections.

    private Object connections(AdminCall call, Predicate<Connection> wanted) throws Exception {
        Map<Long, ClientList.Client> clients = clients();
        return new Listing(call)
                .of(
                        seen(call, wanted).stream()
                                .map(one -> row(one, clients.get(one.id())))
                                .toList());
    }

    private Object connection(AdminCall call) throws Exception {
        Connection found = one(call);
        return row(found, clients().get(found.id()));
    }

    private Connection one(AdminCall call) {
        return seen(call, named(call)).stream().findFirst().orElseThrow(Replies::notFound);
    }

    private Map<String, @Nullable Object> row(
            Connection connection, ClientList.@Nullable Client client) {
        Login login = connection.login();
        Map<String, @Nullable Object> row = new LinkedHashMap<>();
        row.put("name", name(connection));
        row.put("node", params.node());
        row.put("type", "network");
        row.put("protocol", client == null ? "AMQP" : client.protocol());
        row.put("user", login == null ? "" : client == null ? login.user() : client.user());
        row.put("vhost", login == null ? "" : host(login));
        row.put("user_provided_name", login == null ? "" : login.clientId());
        row.put("peer_host", ip(connection.remote()));
        row.put("peer_port", port(connection.remote()));
        row.put("host", ip(connection.local()));
        row.put("port", port(connection.local()));
        row.put("ssl", isTls(connection.transport()));
        row.put("state", client == null ? "running" : client.state());
        row.put("channels", client == null ? 0 : client.parts());
        if (client != null) {
            row.put("auth_mechanism", client.mechanism());
            row.put("channel_max", client.channelMax());
            row.put("frame_max", client.frameMax());
            row.put("timeout", client.heartbeat());
            row.put("connected_at", client.connectedAt());
            row.put("client_properties", Rows.plain(client.properties()));
        }
        return row;
    }

    private static boolean isTls(TransportKind kind) {
        return kind == TransportKind.TLS
                || kind == TransportKind.WEBSOCKET_TLS
                || kind == TransportKind.QUIC;
    }

    private @Nullable Object close(AdminCall call) {
        Connection found = one(call);
        String reason = call.request().header("x-reason");
        params.connections()
                .kick(
                        found.id(),
                        call.asked("reason", reason == null ? "Closed via management" : reason));
        return null;
    }

    private @Nullable Object closeUser(AdminCall call) {
        for (Connection connection : seen(call, ofUser(call))) {
            params.connections().kick(connection.id(), "Closed via management");
        }
        return null;
    }

    // Sessions.

    private Object sessions(AdminCall call) throws Exception {
        ClientList.Client client = clients().get(one(call).id());
        if (client == null) {
            throw Replies.notFound();
        }
        return client.sessions().stream().map(ClientRoutes::row).toList();
    }

    private static Map<String, @Nullable Object> row(ClientList.Session session) {
        Map<String, @Nullable Object> row = new LinkedHashMap<>();
        row.put("channel_number", session.channel());
        row.put("handle_max", session.handleMax());
        row.put("next_incoming_id", session.nextIncomingId());
        row.put("incoming_window", session.incomingWindow());
        row.put("next_outgoing_id", session.nextOutgoingId());
        row.put("remote_incoming_window", session.remoteIncomingWindow());
        row.put("outgoing_window", session.outgoingWindow());
        row.put("outgoing_unsettled_deliveries", session.unsettled());
        row.put("incoming_links", session.incoming().stream().map(one -> row(one, true)).toList());
        row.put("outgoing_links", session.outgoing().stream().map(one -> row(one, false)).toList());
        return row;
    }

    private static Map<String, @Nullable Object> row(ClientList.Link link, boolean incoming) {
        Map<String, @Nullable Object> row = new LinkedHashMap<>();
        row.put("handle", link.handle());
        row.put("link_name", link.name());
        row.put(incoming ? "target_address" : "source_address", link.address());
        if (incoming) {
            row.put("snd_settle_mode", link.settled() ? "settled" : "mixed");
        } else {
            row.put("send_settled", link.settled());
        }
        row.put("delivery_count", link.deliveryCount());
        row.put("credit", link.credit());
        row.put(incoming ? "unconfirmed_messages" : "unsettled_deliveries", link.open());
        return row;
    }

    // Channels.

    private List<Map<String, @Nullable Object>> channelRows(
            AdminCall call, Predicate<Connection> wanted) throws Exception {
        Map<Long, ClientList.Client> clients = clients();
        List<Map<String, @Nullable Object>> found = new ArrayList<>();
        for (Connection connection : seen(call, wanted)) {
            ClientList.Client client = clients.get(connection.id());
            if (client != null) {
                client.channels().forEach(one -> found.add(row(connection, client, one)));
            }
        }
        return found;
    }

    private Object channels(AdminCall call, Predicate<Connection> wanted) throws Exception {
        return new Listing(call).of(channelRows(call, wanted));
    }

    private Object channel(AdminCall call) throws Exception {
        String name = call.segment("name");
        return channelRows(call, any -> true).stream()
                .filter(row -> name.equals(row.get("name")))
                .findFirst()
                .orElseThrow(Replies::notFound);
    }

    private Map<String, @Nullable Object> row(
            Connection connection, ClientList.Client client, ClientList.Channel channel) {
        String name = name(connection);
        Map<String, @Nullable Object> row = new LinkedHashMap<>();
        row.put("name", name + " (" + channel.number() + ")");
        row.put("number", channel.number());
        row.put("node", params.node());
        row.put("user", client.user());
        row.put("vhost", client.host());
        row.put("state", "running");
        row.put("consumer_count", channel.consumers());
        row.put("messages_unacknowledged", channel.unacknowledged());
        row.put("messages_unconfirmed", channel.unconfirmed());
        row.put("messages_uncommitted", channel.uncommitted());
        row.put("prefetch_count", channel.prefetch());
        row.put("global_prefetch_count", channel.globalPrefetch());
        row.put("confirm", channel.confirms());
        row.put("transactional", channel.transactional());
        row.put(
                "connection_details",
                Map.of(
                        "name",
                        name,
                        "peer_host",
                        ip(connection.remote()),
                        "peer_port",
                        port(connection.remote())));
        return row;
    }
}
