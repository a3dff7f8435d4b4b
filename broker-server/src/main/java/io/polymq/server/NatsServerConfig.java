package io.polymq.server;

import io.polymq.config.PolyMqConfig;
import io.polymq.config.RuntimeConfig;
import io.polymq.config.load.ConfigException;
import io.polymq.config.load.ConfigLoader;
import io.polymq.config.load.ConfigSources;
import io.polymq.nats.options.LimitOptions;
import io.polymq.nats.options.OptionsException;
import io.polymq.nats.options.ServerOptions;
import io.polymq.nats.options.TlsOptions;
import io.polymq.nats.options.WebSocketOptions;
import java.lang.reflect.RecordComponent;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * PolyMQ's configuration of what a nats-server one says: NATS only, on its ports, with its limits.
 * Stateless.
 */
final class NatsServerConfig {

    private static final String NATS = "nats_runtime";

    private NatsServerConfig() {}

    /**
     * @param data where everything is kept; a folder that may go when the process ends, unless
     *     JetStream has one of its own
     */
    static PolyMqConfig of(ServerOptions options, Path data)
            throws ConfigException, OptionsException {
        List<String> settings = new ArrayList<>();
        for (RecordComponent part : PolyMqConfig.class.getRecordComponents()) {
            String key = snake(part.getName());
            if (RuntimeConfig.class.isAssignableFrom(part.getType()) && !key.equals(NATS)) {
                settings.add(key + ".enabled=false");
            }
        }
        settings.add("data_path=" + data);
        settings.add("admin.port=off");
        // Nobody logs in by PolyMQ's own users here, so their passwords need not cost time.
        settings.add("auth.password_iterations=1000");
        settings.add("auth.scram_iterations=0");
        settings.add("network.bind=" + options.listen().host());
        settings.add(NATS + ".tcp_port=" + Math.max(0, options.listen().port()));
        settings.add(NATS + ".websocket_port=off");
        LimitOptions limits = options.limits();
        settings.add("network.max_connections=" + Integer.MAX_VALUE);
        settings.add("network.max_pending_bytes=" + Math.max(65_536, limits.maxPending()));
        settings.add(
                "network.high_water_bytes="
                        + Math.clamp(limits.maxPending() * 3 / 4, 16_384, 1 << 20));
        settings.add(
                "network.low_water_bytes=" + Math.clamp(limits.maxPending() / 4, 4_096, 1 << 18));
        settings.add(
                "network.max_packet_before_login="
                        + Math.max(65_536, limits.maxControlLine() + limits.maxPayload() + 4));
        if (!options.jetStream().enabled()) {
            settings.add("storage.driver=memory");
            settings.add("meta.driver=memory");
        }
        tls(settings, options);
        webSocket(settings, options);
        return ConfigLoader.load(new ConfigSources(null, Map.of(), settings)).config();
    }

    private static void tls(List<String> settings, ServerOptions options) {
        TlsOptions tls = options.transports().tls();
        WebSocketOptions webSocket = options.transports().webSocket();
        if (tls == null && webSocket != null) {
            tls = webSocket.tls();
        }
        if (tls == null) {
            return;
        }
        settings.add("tls.certificate=" + tls.certificate());
        settings.add("tls.key=" + tls.key());
        if (tls.authorities() != null && tls.verify()) {
            settings.add("tls.client_ca=" + tls.authorities());
            settings.add("tls.client_auth=required");
        }
        if (tls.onlyTls13()) {
            settings.add("tls.versions=TLSv1.3");
        }
    }

    private static void webSocket(List<String> settings, ServerOptions options)
            throws OptionsException {
        WebSocketOptions webSocket = options.transports().webSocket();
        if (webSocket == null) {
            return;
        }
        if (webSocket.sameOrigin() && !webSocket.allowedOrigins().isEmpty()) {
            throw new OptionsException("websocket: same_origin or allowed_origins, not both");
        }
        String origins =
                webSocket.sameOrigin() ? "same" : String.join(",", webSocket.allowedOrigins());
        if (!origins.isEmpty()) {
            settings.add("network.allowed_origins=" + origins);
        }
        String key = webSocket.plain() ? ".websocket_port=" : ".websockets_port=";
        settings.add(NATS + key + Math.max(0, webSocket.port()));
    }

    private static String snake(String name) {
        return name.replaceAll("([A-Z])", "_$1").toLowerCase(Locale.ROOT);
    }
}
