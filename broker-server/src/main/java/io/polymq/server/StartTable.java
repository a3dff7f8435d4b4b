package io.polymq.server;

import io.polymq.config.PolyMqConfig;
import io.polymq.network.BoundAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/** What the start prints: where each protocol can be reached, and a line to try. */
final class StartTable {
    private static final Set<String> EVERY_ADDRESS = Set.of("0.0.0.0", "0:0:0:0:0:0:0:0");

    private record Row(String protocol, String transport, String address, String example) {}

    private StartTable() {}

    static String of(BrokerServer server, Duration startedIn) {
        List<Row> rows = new ArrayList<>();
        server.addresses().forEach(bound -> rows.add(row(bound)));
        server.adminAddresses()
                .forEach(
                        address ->
                                rows.add(
                                        new Row(
                                                "admin",
                                                "http",
                                                written(address),
                                                "curl http://" + reachable(address) + "/metrics")));
        PolyMqConfig config = server.config();
        StringBuilder out = new StringBuilder();
        out.append(
                "PolyMQ %s, broker %d of cluster %s, started in %.2f s%n%n"
                        .formatted(
                                Version.current(),
                                config.brokerId(),
                                config.clusterName(),
                                startedIn.toMillis() / 1000.0));
        append(out, rows);
        List<String> notices = server.notices();
        if (!notices.isEmpty()) {
            out.append(System.lineSeparator());
        }
        notices.forEach(notice -> out.append("  ").append(notice).append(System.lineSeparator()));
        return out.append(System.lineSeparator()).toString();
    }

    private static void append(StringBuilder out, List<Row> rows) {
        int protocol = width(rows.stream().map(Row::protocol).toList());
        int transport = width(rows.stream().map(Row::transport).toList());
        int address = width(rows.stream().map(Row::address).toList());
        String format = "  %-" + protocol + "s  %-" + transport + "s  %-" + address + "s  %s";
        for (Row row : rows) {
            out.append(
                            format.formatted(row.protocol, row.transport, row.address, row.example)
                                    .stripTrailing())
                    .append(System.lineSeparator());
        }
    }

    private static int width(List<String> column) {
        return column.stream().mapToInt(String::length).max().orElse(1);
    }

    private static Row row(BoundAddress bound) {
        return new Row(
                bound.protocol(),
                bound.transport().name().toLowerCase(Locale.ROOT),
                written(bound.address()),
                Examples.of(bound, reachable(bound.address())));
    }

    /** The address as it was bound. */
    private static String written(SocketAddress address) {
        return address instanceof InetSocketAddress inet
                ? host(inet) + ':' + inet.getPort()
                : address.toString();
    }

    /** The address as a client on this machine can use it. */
    private static String reachable(SocketAddress address) {
        return address instanceof InetSocketAddress inet
                        && EVERY_ADDRESS.contains(inet.getAddress().getHostAddress())
                ? "127.0.0.1:" + inet.getPort()
                : written(address);
    }

    private static String host(InetSocketAddress address) {
        String host = address.getAddress().getHostAddress();
        return host.contains(":") ? '[' + host + ']' : host;
    }
}
