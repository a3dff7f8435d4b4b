package io.polymq.nats.monitor;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.management.OperatingSystemMXBean;
import io.polymq.nats.account.Account;
import io.polymq.nats.account.Traffic;
import io.polymq.nats.options.LimitOptions;
import io.polymq.nats.options.ListenOptions;
import io.polymq.nats.options.ServerOptions;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** The reports by their names, with nats-server's fields. Any thread. */
public final class Reports {

    private static final String CONFIG_DIGEST = "";
    private static final int MAX_ACCOUNTS = 100_000;

    private final ServerFacts facts;
    private final ObjectMapper json;
    private final InstantSource clock;
    private final ConnzReport connz;
    private final Map<String, AtomicLong> asked = new ConcurrentHashMap<>();

    public Reports(ServerFacts facts, ObjectMapper json, InstantSource clock) {
        this.facts = facts;
        this.json = json;
        this.clock = clock;
        this.connz = new ConnzReport(facts, json, clock);
    }

    ServerFacts facts() {
        return facts;
    }

    ObjectMapper json() {
        return json;
    }

    Instant now() {
        return clock.instant();
    }

    /** Counts a question on the HTTP port. */
    void countAsked(String path) {
        asked.computeIfAbsent(path, first -> new AtomicLong()).incrementAndGet();
    }

    /**
     * The report of that name, in lower case and without a slash; null when there is none such.
     *
     * @throws IllegalArgumentException when the options make no sense
     */
    @Nullable ObjectNode report(String name, JsonNode options) {
        return switch (name) {
            case "varz" -> varz();
            case "connz" -> connz.report(options);
            case "subsz", "subscriptionsz" -> subsz(options);
            case "routez" -> routez();
            case "gatewayz" -> gatewayz();
            case "leafz" -> leafz();
            case "accountz" -> accountz(options.path("account").asText(""));
            case "accstatz" -> accstatz(options);
            case "jsz" -> jsz(options);
            case "healthz" -> healthz();
            case "idz" -> idz();
            default -> null;
        };
    }

    private ObjectNode begun() {
        ObjectNode report = json.createObjectNode();
        report.put("server_id", facts.identity().serverId());
        report.put("now", now().toString());
        return report;
    }

    private ObjectNode idz() {
        ServerFacts.Identity identity = facts.identity();
        return json.createObjectNode()
                .put("name", identity.serverName())
                .put("host", identity.host())
                .put("id", identity.serverId());
    }

    private ObjectNode varz() {
        ServerFacts.Identity identity = facts.identity();
        LimitOptions limits = facts.limits();
        ObjectNode report = json.createObjectNode();
        report.put("server_id", identity.serverId());
        report.put("server_name", identity.serverName());
        report.put("version", identity.version());
        report.put("proto", 1);
        report.put("git_commit", identity.revision());
        report.put("go", "java" + Runtime.version().feature());
        report.put("host", identity.host());
        report.put("port", identity.port());
        if (facts.loginRequired()) {
            report.put("auth_required", true);
        }
        if (facts.tlsRequired()) {
            report.put("tls_required", true);
        }
        report.put("max_connections", limits.maxConnections());
        if (limits.maxSubscriptions() > 0) {
            report.put("max_subscriptions", limits.maxSubscriptions());
        }
        LimitOptions.Times times = limits.times();
        report.put("ping_interval", times.pingInterval().toNanos());
        report.put("ping_max", times.pingMax());
        monitoring(report);
        report.put("auth_timeout", times.authTimeout().toMillis() / 1000.0);
        report.put("max_control_line", limits.maxControlLine());
        report.put("max_payload", identity.maxPayload());
        report.put("max_pending", limits.maxPending());
        report.putObject("cluster");
        report.putObject("gateway");
        report.putObject("leaf");
        report.putObject("mqtt");
        webSocket(report.putObject("websocket"));
        report.set("jetstream", jetStreamVarz());
        report.put("tls_timeout", 2);
        report.put("write_deadline", times.writeDeadline().toNanos());
        moment(report);
        totals(report);
        ObjectNode stats = report.putObject("http_req_stats");
        new TreeMap<>(asked).forEach((path, count) -> stats.put(path, count.get()));
        report.put("config_load_time", Instant.ofEpochMilli(identity.startedAt()).toString());
        report.put("config_digest", CONFIG_DIGEST);
        report.put("system_account", facts.accounts().system().name());
        slowConsumers(report.putObject("slow_consumer_stats"));
        return report;
    }

    private void monitoring(ObjectNode report) {
        ServerOptions options = facts.options();
        ListenOptions listen = options == null ? null : options.listen();
        String host = listen == null ? null : listen.httpHost();
        report.put("http_host", host == null ? "" : host);
        report.put("http_port", listen == null ? 0 : Math.max(0, listen.httpPort()));
        report.put("http_base_path", listen == null ? "" : listen.httpBasePath());
        report.put("https_port", listen == null ? 0 : Math.max(0, listen.httpsPort()));
    }

    private void webSocket(ObjectNode report) {
        ServerOptions options = facts.options();
        var webSocket = options == null ? null : options.transports().webSocket();
        if (webSocket != null) {
            report.put("host", webSocket.host() == null ? "0.0.0.0" : webSocket.host());
            report.put("port", webSocket.port());
            report.put("no_tls", webSocket.plain());
        }
    }

    private ObjectNode jetStreamVarz() {
        ObjectNode report = json.createObjectNode();
        if (facts.jetStream()) {
            JsonNode whole = facts.jetStreamReport(json.createObjectNode());
            report.set("config", whole.path("config"));
            ObjectNode stats = report.putObject("stats");
            for (String key :
                    List.of(
                            "memory",
                            "storage",
                            "reserved_memory",
                            "reserved_storage",
                            "accounts",
                            "ha_assets",
                            "api")) {
                if (whole.has(key)) {
                    stats.set(key, whole.get(key));
                }
            }
        }
        return report;
    }

    private void moment(ObjectNode report) {
        long started = facts.identity().startedAt();
        Instant now = now();
        report.put("start", Instant.ofEpochMilli(started).toString());
        report.put("now", now.toString());
        report.put("uptime", lasting(Duration.ofMillis(now.toEpochMilli() - started)));
        report.put("mem", memory());
        report.put("cores", Runtime.getRuntime().availableProcessors());
        report.put("gomaxprocs", Runtime.getRuntime().availableProcessors());
        report.put("cpu", cpu());
    }

    private static long memory() {
        Runtime runtime = Runtime.getRuntime();
        return runtime.totalMemory() - runtime.freeMemory();
    }

    /** In per cent of one core, as nats-server has it. */
    private static double cpu() {
        if (ManagementFactory.getOperatingSystemMXBean() instanceof OperatingSystemMXBean system) {
            double load = system.getProcessCpuLoad() * Runtime.getRuntime().availableProcessors();
            return load < 0 ? 0 : Math.round(load * 1000) / 10.0;
        }
        return 0;
    }

    private void totals(ObjectNode report) {
        Traffic.Sums traffic = facts.traffic(null);
        report.put("connections", facts.connections());
        report.put("total_connections", facts.totalConnections());
        report.put("routes", 0);
        report.put("remotes", 0);
        report.put("leafnodes", 0);
        report.put("in_msgs", traffic.inMessages());
        report.put("out_msgs", traffic.outMessages());
        report.put("in_bytes", traffic.inBytes());
        report.put("out_bytes", traffic.outBytes());
        report.put("slow_consumers", traffic.slowConsumers());
        report.put("stale_connections", facts.staleConnections());
        report.put("stalled_clients", 0);
        report.put("subscriptions", subscriptions());
    }

    private long subscriptions() {
        return facts.accounts().all().stream().mapToLong(Account::subscriptions).sum();
    }

    private void slowConsumers(ObjectNode report) {
        report.put("clients", facts.traffic(null).slowConsumers());
        report.put("routes", 0);
        report.put("gateways", 0);
        report.put("leafs", 0);
    }

    private ObjectNode subsz(JsonNode options) {
        ObjectNode report = begun();
        long total = subscriptions();
        report.put("num_subscriptions", total);
        report.put("num_cache", 0);
        report.put("num_inserts", 0);
        report.put("num_removes", 0);
        report.put("num_matches", 0);
        report.put("cache_hit_rate", 0);
        report.put("max_fanout", 0);
        report.put("avg_fanout", 0);
        int offset = Math.max(0, options.path("offset").asInt());
        int limit = options.path("limit").asInt() <= 0 ? 1024 : options.path("limit").asInt();
        List<ConnectionFacts.SubscriptionFacts> found =
                options.path("subscriptions").asBoolean(false) || options.path("subs").asBoolean()
                        ? matching(options)
                        : List.of();
        report.put("total", found.size());
        report.put("offset", offset);
        report.put("limit", limit);
        if (!found.isEmpty()) {
            ArrayNode list = report.putArray("subscriptions_list");
            found.stream().skip(offset).limit(limit).forEach(one -> list.add(connz.detail(one)));
        }
        return report;
    }

    private List<ConnectionFacts.SubscriptionFacts> matching(JsonNode options) {
        String account = options.path("account").asText("");
        String test = options.path("test").asText("");
        return facts.open().stream()
                .flatMap(one -> one.subscriptions().stream())
                .filter(one -> account.isEmpty() || one.account().equals(account))
                .filter(one -> test.isEmpty() || ConnzReport.matches(one.subject(), test))
                .toList();
    }

    private ObjectNode routez() {
        ObjectNode report = json.createObjectNode();
        report.put("server_id", facts.identity().serverId());
        report.put("server_name", facts.identity().serverName());
        report.put("now", now().toString());
        report.put("num_routes", 0);
        report.putArray("routes");
        return report;
    }

    private ObjectNode gatewayz() {
        ObjectNode report = begun();
        report.putObject("outbound_gateways");
        report.putObject("inbound_gateways");
        return report;
    }

    private ObjectNode leafz() {
        ObjectNode report = begun();
        report.put("leafnodes", 0);
        report.putArray("leafs");
        return report;
    }

    private ObjectNode accountz(String name) {
        ObjectNode report = begun();
        report.put("system_account", facts.accounts().system().name());
        if (name.isEmpty()) {
            ArrayNode names = report.putArray("accounts");
            facts.accounts().all().stream()
                    .map(Account::name)
                    .sorted()
                    .limit(MAX_ACCOUNTS)
                    .forEach(names::add);
            return report;
        }
        Account account = facts.accounts().get(name);
        if (account != null) {
            report.set("account_detail", accountInfo(account));
        }
        return report;
    }

    ObjectNode accountInfo(Account account) {
        ObjectNode info = json.createObjectNode();
        info.put("account_name", account.name());
        info.put("update_time", Instant.ofEpochMilli(facts.identity().startedAt()).toString());
        if (facts.accounts().isSystem(account)) {
            info.put("is_system", true);
        }
        info.put("expired", false);
        info.put("complete", true);
        info.put("jetstream_enabled", facts.jetStream());
        info.put("leafnode_connections", 0);
        info.put("client_connections", account.connections());
        info.put("subscriptions", account.subscriptions());
        if (!account.options().exports().isEmpty()) {
            ArrayNode exports = info.putArray("exports");
            account.options()
                    .exports()
                    .forEach(
                            one ->
                                    exports.addObject()
                                            .put("subject", one.subject())
                                            .put("type", one.service() ? "service" : "stream"));
        }
        if (!account.options().imports().isEmpty()) {
            ArrayNode imports = info.putArray("imports");
            account.options()
                    .imports()
                    .forEach(
                            one ->
                                    imports.addObject()
                                            .put("subject", one.subject())
                                            .put("account", one.account())
                                            .put("type", one.service() ? "service" : "stream"));
        }
        return info;
    }

    private ObjectNode accstatz(JsonNode options) {
        ObjectNode report = begun();
        ArrayNode stats = report.putArray("account_statz");
        JsonNode names = options.path("accounts");
        boolean unused = options.path("include_unused").asBoolean();
        facts.accounts().all().stream()
                .filter(one -> unused || one.connections() > 0 || one.totalConnections() > 0)
                .filter(one -> names.isEmpty() || contains(names, one.name()))
                .sorted(Comparator.comparing(Account::name))
                .forEach(one -> stats.add(accountStat(one)));
        return report;
    }

    private static boolean contains(JsonNode names, String name) {
        for (JsonNode one : names) {
            if (one.asText().equals(name)) {
                return true;
            }
        }
        return false;
    }

    ObjectNode accountStat(Account account) {
        Traffic.Sums traffic = facts.traffic(account);
        ObjectNode stat = json.createObjectNode();
        stat.put("acc", account.name());
        stat.put("name", account.name());
        stat.put("conns", account.connections());
        stat.put("leafnodes", 0);
        stat.put("total_conns", account.connections());
        stat.put("num_subscriptions", account.subscriptions());
        stat.putObject("sent").put("msgs", traffic.outMessages()).put("bytes", traffic.outBytes());
        stat.putObject("received")
                .put("msgs", traffic.inMessages())
                .put("bytes", traffic.inBytes());
        stat.put("slow_consumers", traffic.slowConsumers());
        return stat;
    }

    ObjectNode jsz(JsonNode options) {
        if (facts.jetStream()) {
            return facts.jetStreamReport(options);
        }
        ObjectNode report = begun();
        report.putObject("config");
        report.put("memory", 0);
        report.put("storage", 0);
        report.put("reserved_memory", 0);
        report.put("reserved_storage", 0);
        report.put("accounts", 0);
        report.put("ha_assets", 0);
        report.putObject("api").put("level", 0).put("total", 0).put("errors", 0);
        report.put("streams", 0);
        report.put("consumers", 0);
        report.put("messages", 0);
        report.put("bytes", 0);
        report.put("disabled", true);
        report.put("total", 0);
        return report;
    }

    private ObjectNode healthz() {
        return json.createObjectNode().put("status", "ok");
    }

    /** What a server says of itself when it is pinged. */
    ObjectNode statsz() {
        ObjectNode stats = json.createObjectNode();
        Traffic.Sums traffic = facts.traffic(null);
        stats.put("start", Instant.ofEpochMilli(facts.identity().startedAt()).toString());
        stats.put("mem", memory());
        stats.put("cores", Runtime.getRuntime().availableProcessors());
        stats.put("cpu", cpu());
        stats.put("connections", facts.connections());
        stats.put("total_connections", facts.totalConnections());
        stats.put(
                "active_accounts",
                facts.accounts().all().stream().filter(one -> one.connections() > 0).count());
        stats.put("subscriptions", subscriptions());
        stats.putObject("sent").put("msgs", traffic.outMessages()).put("bytes", traffic.outBytes());
        stats.putObject("received")
                .put("msgs", traffic.inMessages())
                .put("bytes", traffic.inBytes());
        stats.put("slow_consumers", traffic.slowConsumers());
        slowConsumers(stats.putObject("slow_consumer_stats"));
        stats.put("active_servers", 1);
        if (facts.jetStream()) {
            stats.set("jetstream", jetStreamVarz());
        }
        stats.put("gomaxprocs", Runtime.getRuntime().availableProcessors());
        return stats;
    }

    /** {@code 1d2h3m4s}, as nats-server prints it. */
    static String lasting(Duration time) {
        StringBuilder text = new StringBuilder();
        if (time.toDays() > 0) {
            text.append(time.toDays()).append('d');
        }
        if (time.toHours() > 0) {
            text.append(time.toHoursPart()).append('h');
        }
        if (time.toMinutes() > 0) {
            text.append(time.toMinutesPart()).append('m');
        }
        return text.append(Math.max(0, time.toSecondsPart())).append('s').toString();
    }
}
