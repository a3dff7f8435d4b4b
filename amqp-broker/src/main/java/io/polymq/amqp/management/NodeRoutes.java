package io.polymq.amqp.management;

import io.polymq.amqp.model.AmqpQueue;
import io.polymq.amqp.model.ExchangeType;
import io.polymq.amqp.model.VirtualHost;
import io.polymq.core.admin.AdminCall;
import io.polymq.core.admin.AdminRoute;
import io.polymq.core.queue.QueueStatistics;
import io.polymq.network.BoundAddress;
import java.io.File;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryUsage;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** {@code /overview}, {@code /nodes} and what tools ask about the broker as a whole. */
final class NodeRoutes {

    private final ManagementParams params;
    private final Rates rates;

    NodeRoutes(ManagementParams params) {
        this.params = params;
        this.rates = new Rates(params.clock());
    }

    List<AdminRoute> all() {
        return List.of(
                AdminRoute.get("/overview", "The broker at a glance", this::overview),
                AdminRoute.get(
                        "/cluster-name",
                        "What the broker calls itself",
                        call -> Map.of("name", params.node())),
                AdminRoute.get("/nodes", "The one node", call -> List.of(node())),
                AdminRoute.get("/nodes/{name}", "A node", this::node),
                AdminRoute.get("/extensions", "None", call -> List.of()),
                AdminRoute.get("/auth", "How one logs in", call -> Map.of("oauth_enabled", false)),
                AdminRoute.get("/feature-flags", "All features are there", call -> List.of()),
                AdminRoute.get("/deprecated-features", "None", call -> List.of()),
                AdminRoute.get("/deprecated-features/used", "None", call -> List.of()),
                AdminRoute.post("/rebalance/queues", "Nothing to be done here", "", call -> null),
                AdminRoute.get(
                        "/auth/attempts/{name}",
                        "Login attempts are in metrics",
                        call -> List.of()));
    }

    private Object overview(AdminCall call) throws Exception {
        List<VirtualHost> hosts = new Asker(params, call).hosts();
        Map<String, @Nullable Object> row = new LinkedHashMap<>();
        row.put("management_version", params.version());
        row.put("rates_mode", "basic");
        row.put("product_name", "PolyMQ");
        row.put("product_version", params.version());
        row.put("rabbitmq_version", params.version());
        row.put("erlang_version", "");
        row.put("erlang_full_version", "");
        row.put("cluster_name", params.node());
        row.put("node", params.node());
        row.put("is_op_policy_updating_enabled", true);
        row.put("enable_queue_totals", false);
        row.put("disable_stats", false);
        row.put("exchange_types", exchangeTypes());
        totals(row, hosts);
        row.put("listeners", listeners());
        row.put("contexts", List.of());
        row.put("statistics_db_event_queue", 0);
        row.put("churn_rates", Map.of());
        return row;
    }

    private static List<Map<String, Object>> exchangeTypes() {
        List<Map<String, Object>> rows = new ArrayList<>();
        for (ExchangeType type : ExchangeType.values()) {
            rows.add(Map.of("name", type.word(), "description", "", "enabled", true));
        }
        return rows;
    }

    private void totals(Map<String, @Nullable Object> row, List<VirtualHost> hosts)
            throws Exception {
        List<AmqpQueue> queues = hosts.stream().flatMap(h -> h.queues().all().stream()).toList();
        List<CompletableFuture<@Nullable QueueStatistics>> asked = new ArrayList<>();
        for (AmqpQueue queue : queues) {
            CompletableFuture<@Nullable QueueStatistics> counts =
                    queue.statistics().thenApply(found -> found);
            asked.add(counts.exceptionally(failure -> null));
        }
        long ready = 0;
        long held = 0;
        long published = 0;
        long delivered = 0;
        long acknowledged = 0;
        int consumers = 0;
        for (CompletableFuture<@Nullable QueueStatistics> one : asked) {
            QueueStatistics counts = AdminCall.await(one);
            if (counts != null) {
                ready += counts.ready();
                held += counts.inFlight();
                published += counts.published();
                delivered += counts.delivered();
                acknowledged += counts.acknowledged();
                consumers += counts.consumers();
            }
        }
        List<ClientList.Client> clients = AdminCall.await(params.clients().clients());
        int channels = clients.stream().mapToInt(ClientList.Client::parts).sum();
        Map<String, Object> objects = new LinkedHashMap<>();
        objects.put("connections", params.connections().countByProtocol("amqp"));
        objects.put("channels", channels);
        objects.put("consumers", consumers);
        objects.put("exchanges", hosts.stream().mapToInt(h -> h.exchanges().size()).sum());
        objects.put("queues", queues.size());
        row.put("object_totals", objects);
        row.put(
                "queue_totals",
                Map.of(
                        "messages",
                        ready + held,
                        "messages_ready",
                        ready,
                        "messages_unacknowledged",
                        held));
        row.put(
                "message_stats",
                rates.with(
                        this,
                        Map.of(
                                "publish", published,
                                "deliver_get", delivered,
                                "ack", acknowledged)));
    }

    private List<Map<String, Object>> listeners() {
        List<Map<String, Object>> rows = new ArrayList<>();
        for (BoundAddress bound : params.listeners().get()) {
            if (bound.address() instanceof InetSocketAddress at) {
                Map<String, Object> one = new LinkedHashMap<>();
                one.put("node", params.node());
                one.put("protocol", protocol(bound));
                one.put("ip_address", at.getAddress().getHostAddress());
                one.put("port", at.getPort());
                one.put("socket_opts", Map.of());
                rows.add(one);
            }
        }
        return rows;
    }

    static String protocol(BoundAddress bound) {
        boolean tls =
                switch (bound.transport()) {
                    case TLS, WEBSOCKET_TLS, QUIC -> true;
                    case TCP, WEBSOCKET, UNIX -> false;
                };
        return tls ? bound.protocol() + "/ssl" : bound.protocol();
    }

    private Object node(AdminCall call) {
        if (!call.segment("name").equals(params.node())) {
            throw Replies.notFound();
        }
        return node();
    }

    private Map<String, Object> node() {
        MemoryUsage heap = ManagementFactory.getMemoryMXBean().getHeapMemoryUsage();
        String alarm = params.alarm().get();
        File root = new File(".");
        Map<String, Object> row = new LinkedHashMap<>();
        row.put("name", params.node());
        row.put("type", "disc");
        row.put("running", true);
        row.put("being_drained", false);
        row.put("os_pid", Long.toString(ProcessHandle.current().pid()));
        row.put("uptime", ManagementFactory.getRuntimeMXBean().getUptime());
        row.put("processors", Runtime.getRuntime().availableProcessors());
        row.put("run_queue", 0);
        row.put("rates_mode", "basic");
        row.put("mem_used", heap.getUsed());
        row.put("mem_limit", heap.getMax());
        row.put("mem_alarm", alarm != null && alarm.contains("memory"));
        row.put("disk_free", root.getUsableSpace());
        row.put("disk_free_limit", 0);
        row.put("disk_free_alarm", alarm != null && alarm.contains("disk"));
        row.put("sockets_used", params.connections().count());
        row.put("partitions", List.of());
        row.put("cluster_links", List.of());
        row.put("applications", List.of());
        row.put("enabled_plugins", List.of());
        row.put("exchange_types", exchangeTypes());
        row.put(
                "auth_mechanisms",
                List.of(
                        Map.of("name", "PLAIN", "description", "", "enabled", true),
                        Map.of("name", "AMQPLAIN", "description", "", "enabled", true),
                        Map.of("name", "EXTERNAL", "description", "", "enabled", true)));
        return row;
    }
}
