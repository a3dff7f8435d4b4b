package io.polymq.config.load;

import io.polymq.config.AdminConfig;
import io.polymq.config.MqttConfig;
import io.polymq.config.MqttListenerConfig;
import io.polymq.config.PolyMqConfig;
import io.polymq.config.RuntimeConfig;
import io.polymq.config.TransportPorts;
import io.polymq.config.schema.Node;
import io.polymq.config.schema.Origin;
import io.polymq.config.schema.Problems;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What must hold between ports: no two listeners on one address and port, and no encrypted
 * transport without a certificate.
 */
final class PortRules {
    private static final Set<String> EVERY_ADDRESS = Set.of("0.0.0.0", "::", "[::]", "*");
    private static final String LISTENERS = "mqtt_runtime.listeners";

    private final PolyMqConfig config;
    private final Node.Table tree;
    private final Problems problems;
    private final List<Claim> claims = new ArrayList<>();

    PortRules(PolyMqConfig config, Node.Table tree, Problems problems) {
        this.config = config;
        this.tree = tree;
        this.problems = problems;
    }

    /** A key that takes a port on some addresses. */
    private record Claim(String path, boolean datagram, List<String> bind, int port) {

        boolean clashesWith(Claim other) {
            return port == other.port
                    && datagram == other.datagram
                    && bind.stream().anyMatch(a -> other.bind.stream().anyMatch(b -> same(a, b)));
        }

        private static boolean same(String a, String b) {
            return EVERY_ADDRESS.contains(a)
                    || EVERY_ADDRESS.contains(b)
                    || named(a).equals(named(b));
        }

        private static String named(String address) {
            return address.equals("localhost") ? "127.0.0.1" : address;
        }
    }

    void check() {
        protocol("mqtt_runtime", config.mqttRuntime());
        listeners(config.mqttRuntime());
        protocol("kafka_runtime", config.kafkaRuntime());
        protocol("amqp_runtime", config.amqpRuntime());
        protocol("nats_runtime", config.natsRuntime());
        AdminConfig admin = config.admin();
        claim("admin.port", false, admin.bind(), admin.port());
        claim("network.auto_port", false, List.of(), config.network().autoPort());
        for (int i = 0; i < claims.size(); i++) {
            for (int j = 0; j < i; j++) {
                if (claims.get(i).clashesWith(claims.get(j))) {
                    clash(claims.get(j), claims.get(i));
                }
            }
        }
    }

    private void listeners(MqttConfig mqtt) {
        for (int i = 0; mqtt.enabled() && i < mqtt.listeners().size(); i++) {
            MqttListenerConfig listener = mqtt.listeners().get(i);
            String path = LISTENERS + '[' + i + "].port";
            String transport = listener.transport();
            boolean plain = transport.equals("tcp") || transport.equals("websocket");
            claim(
                    path,
                    transport.equals("quic"),
                    listener.bind().isEmpty() ? mqtt.bind() : listener.bind(),
                    plain ? Integer.valueOf(listener.port()) : encrypted(path, listener.port()));
        }
    }

    private void protocol(String section, RuntimeConfig runtime) {
        if (!runtime.enabled()) {
            return;
        }
        TransportPorts ports = runtime.ports();
        List<String> bind = runtime.bind();
        claim(section + ".tcp_port", false, bind, ports.tcpPort());
        claim(
                section + ".tls_port",
                false,
                bind,
                encrypted(section + ".tls_port", ports.tlsPort()));
        claim(section + ".websocket_port", false, bind, ports.websocketPort());
        claim(
                section + ".websockets_port",
                false,
                bind,
                encrypted(section + ".websockets_port", ports.websocketsPort()));
        claim(
                section + ".quic_port",
                true,
                bind,
                encrypted(section + ".quic_port", ports.quicPort()));
    }

    private @Nullable Integer encrypted(String path, @Nullable Integer port) {
        if (port != null && config.tls() == null) {
            problems.add(
                    origin(path), path, "needs a certificate: set tls.certificate and tls.key");
        }
        return port;
    }

    private void claim(String path, boolean datagram, List<String> bind, @Nullable Integer port) {
        if (port != null && port != 0) {
            claims.add(
                    new Claim(
                            path, datagram, bind.isEmpty() ? config.network().bind() : bind, port));
        }
    }

    private void clash(Claim first, Claim second) {
        Origin origin = origin(second.path);
        boolean told = origin.equals(Origin.BUILT_IN);
        Claim at = told ? first : second;
        Claim other = told ? second : first;
        problems.add(
                origin(at.path),
                at.path,
                "is port " + at.port + ", which " + other.path + " uses as well");
    }

    private Origin origin(String path) {
        String known = path.startsWith(LISTENERS) ? LISTENERS : path;
        return tree.at(known).map(Node::origin).orElse(Origin.BUILT_IN);
    }
}
