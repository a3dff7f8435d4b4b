package io.polymq.amqp.management;

import io.polymq.amqp.model.Arguments;
import io.polymq.amqp.model.VirtualHost;
import io.polymq.codec.amqp.BasicProperties;
import io.polymq.core.admin.AdminAnswer;
import io.polymq.core.admin.AdminCall;
import io.polymq.core.admin.AdminRefusal;
import io.polymq.core.admin.AdminRoute;
import io.polymq.network.BoundAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/** {@code /health/checks} and {@code /aliveness-test}: 200 when all is well, 503 when it is not. */
final class HealthRoutes {

    private static final Map<String, String> WELL = Map.of("status", "ok");
    private static final String PROBE = "aliveness-test";

    private final ManagementParams params;
    private final Messages messages;

    HealthRoutes(ManagementParams params) {
        this.params = params;
        this.messages = new Messages(params);
    }

    List<AdminRoute> all() {
        String checks = "/health/checks/";
        return List.of(
                AdminRoute.get(checks + "alarms", "Whether publishers are blocked", this::alarms),
                AdminRoute.get(
                        checks + "local-alarms", "Whether publishers are blocked", this::alarms),
                AdminRoute.get(checks + "virtual-hosts", "Whether hosts run", call -> WELL),
                AdminRoute.get(checks + "node-is-quorum-critical", "Never: no copies", c -> WELL),
                AdminRoute.get(checks + "node-is-mirror-sync-critical", "Never", c -> WELL),
                AdminRoute.get(checks + "is-in-service", "Whether it serves", call -> WELL),
                AdminRoute.get(checks + "ready-to-serve-clients", "Whether it serves", c -> WELL),
                AdminRoute.get(checks + "below-node-connection-limit", "Always", call -> WELL),
                AdminRoute.get(checks + "port-listener/{port}", "Whether it listens", this::port),
                AdminRoute.get(
                        checks + "protocol-listener/{protocol}",
                        "Whether it speaks a protocol",
                        this::protocol),
                AdminRoute.get(
                        "/healthchecks/node", "Whether publishers are blocked", this::alarms),
                AdminRoute.get(
                        "/aliveness-test/{vhost}",
                        "Declares a queue, publishes and consumes",
                        this::aliveness));
    }

    private static AdminAnswer unwell(String reason) {
        return AdminAnswer.json(503, Map.of("status", "failed", "reason", reason));
    }

    private Object alarms(AdminCall call) {
        String alarm = params.alarm().get();
        return alarm == null ? WELL : unwell("resource alarm: " + alarm);
    }

    private Object port(AdminCall call) {
        int port;
        try {
            port = Integer.parseInt(call.segment("port"));
        } catch (NumberFormatException wrong) {
            throw AdminRefusal.badRequest("Invalid port: " + call.segment("port"));
        }
        TreeSet<Integer> ports = new TreeSet<>();
        for (BoundAddress bound : params.listeners().get()) {
            if (bound.address() instanceof InetSocketAddress at) {
                ports.add(at.getPort());
            }
        }
        if (ports.contains(port)) {
            return Map.of("status", "ok", "port", port);
        }
        return AdminAnswer.json(
                503,
                Map.of(
                        "status",
                        "failed",
                        "reason",
                        "No active listener",
                        "missing",
                        port,
                        "ports",
                        ports));
    }

    private Object protocol(AdminCall call) {
        String wanted = call.segment("protocol");
        TreeSet<String> spoken = new TreeSet<>();
        params.listeners().get().forEach(bound -> spoken.add(NodeRoutes.protocol(bound)));
        boolean speaks = spoken.stream().anyMatch(one -> one.equals(wanted) || is091(one, wanted));
        if (speaks) {
            return Map.of("status", "ok", "protocol", wanted);
        }
        return AdminAnswer.json(
                503,
                Map.of(
                        "status",
                        "failed",
                        "reason",
                        "No active listener",
                        "missing",
                        wanted,
                        "protocols",
                        spoken));
    }

    private static boolean is091(String spoken, String wanted) {
        return spoken.equals("amqp") && wanted.equals("amqp091")
                || spoken.equals("amqp/ssl") && wanted.equals("amqps");
    }

    private Object aliveness(AdminCall call) throws Exception {
        Asker asker = new Asker(params, call);
        VirtualHost host = asker.host();
        asker.rights(host).configureQueue(PROBE);
        asker.rights(host).readQueue(PROBE);
        asker.rights(host).publish("", PROBE, false);
        AdminCall.await(
                host.queues()
                        .declare(
                                host.queues()
                                        .definition(PROBE, false, false, false, Arguments.NONE),
                                0,
                                false));
        byte[] body = "test_message".getBytes(StandardCharsets.UTF_8);
        messages.publish(host.requireExchange(""), PROBE, BasicProperties.NONE, body);
        return messages.take(host.queues().require(PROBE), 1, Messages.After.DROP).isEmpty()
                ? unwell("the probe's message did not come back")
                : WELL;
    }
}
