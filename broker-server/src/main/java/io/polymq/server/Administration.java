package io.polymq.server;

import io.polymq.admin.api.Api;
import io.polymq.admin.api.ApiParams;
import io.polymq.admin.api.ConfigSource;
import io.polymq.admin.api.Connections;
import io.polymq.admin.api.Node;
import io.polymq.config.PolyMqConfig;
import io.polymq.config.schema.Effective;
import io.polymq.core.admin.AdminPages;
import io.polymq.network.BoundAddress;
import io.polymq.network.Connection;
import io.polymq.network.ConnectionManager;
import io.polymq.network.Login;
import io.polymq.network.PeerCertificate;
import io.polymq.server.backup.Backups;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Puts the admin port's pages together: what is shared, and what the protocols brought. */
final class Administration {
    private Administration() {}

    /** All pages, with their description. */
    static List<AdminPages> pages(
            SharedObjects parts,
            PolyMqConfig config,
            Supplier<List<BoundAddress>> addresses,
            Supplier<@Nullable ConfigSource> source,
            List<AdminPages> ofProtocols) {
        Node node =
                new Node(
                        Version.current(),
                        config.clusterName(),
                        config.brokerId(),
                        parts.clock().millis(),
                        () -> addresses.get().stream().map(Administration::listener).toList(),
                        () -> Effective.of(config),
                        source);
        CoreObjects core = parts.core();
        List<AdminPages> pages = new ArrayList<>(ofProtocols);
        pages.add(
                Api.of(
                        new ApiParams(
                                node,
                                new Managed(parts.connections()),
                                parts.router(),
                                core.topics(),
                                core.queues(),
                                core.records(),
                                core.retained(),
                                core.delayed(),
                                core.shards(),
                                parts.services().schemas(),
                                parts.services().tenants(),
                                parts.services().slow(),
                                parts.security(),
                                parts.metrics(),
                                parts.clock())));
        Path backups = config.admin().backupPath();
        pages.add(
                new Backups(
                                backups == null ? config.dataPath().resolve("backups") : backups,
                                core.shards(),
                                parts.cache().store(),
                                parts.clock(),
                                Version.current())
                        .pages());
        pages.add(Api.description(Version.current(), pages));
        return pages;
    }

    private static Node.Listener listener(BoundAddress bound) {
        return new Node.Listener(
                bound.protocol(),
                bound.transport().name().toLowerCase(Locale.ROOT),
                bound.address().toString());
    }

    /** The network's connections as rows. Any thread. */
    private record Managed(ConnectionManager connections) implements Connections {

        @Override
        public Collection<Row> all() {
            return connections.all().stream()
                    .map(Managed::row)
                    .sorted(Comparator.comparingLong(Row::id))
                    .toList();
        }

        @Override
        public boolean kick(long id, String why) {
            return connections.kick(id, why);
        }

        private static Row row(Connection connection) {
            Login login = connection.login();
            PeerCertificate certificate = connection.peerCertificate();
            return new Row(
                    connection.id(),
                    connection.protocol(),
                    connection.transport().name().toLowerCase(Locale.ROOT),
                    connection.listener(),
                    connection.remote().toString(),
                    connection.local().toString(),
                    login == null ? "" : login.user(),
                    login == null ? "" : login.tenant(),
                    login == null ? "" : login.clientId(),
                    certificate == null ? "" : certificate.distinguishedName());
        }
    }
}
