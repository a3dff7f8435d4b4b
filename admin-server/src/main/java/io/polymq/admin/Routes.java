package io.polymq.admin;

import com.sun.net.httpserver.Headers;
import io.prometheus.metrics.expositionformats.ExpositionFormatWriter;
import io.prometheus.metrics.expositionformats.ExpositionFormats;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.LinkedHashMap;
import java.util.Map;

/** Which path gives what. Any thread. */
final class Routes {
    private final AdminServerParams params;
    private final Gate gate;
    private final ExpositionFormats formats = ExpositionFormats.init();

    Routes(AdminServerParams params) {
        this.params = params;
        this.gate = new Gate(params.security());
    }

    Answer answer(String method, String path, Headers headers, InetSocketAddress remote)
            throws IOException {
        if (!method.equals("GET") && !method.equals("HEAD")) {
            return Answer.json(405, Map.of("error", "Only GET is understood here."))
                    .with("Allow", "GET, HEAD");
        }
        return switch (path) {
            case "/" -> index();
            case "/health/live" -> Answer.json(200, Map.of("status", "live"));
            case "/health/ready" -> readiness();
            case "/metrics" -> metrics(headers, remote);
            default -> Answer.json(404, Map.of("error", "There is nothing at " + path + "."));
        };
    }

    private Answer index() {
        return Answer.text(
                200,
                "PolyMQ "
                        + params.version()
                        + "\n/health/live\n/health/ready"
                        + (params.metricsEnabled() ? "\n/metrics" : ""));
    }

    private Answer readiness() {
        Map<String, String> states = params.health().states();
        boolean ready = states.values().stream().allMatch(Health.WELL::equals);
        Map<String, Object> body = new LinkedHashMap<>();
        body.put("status", ready ? "ready" : "not ready");
        body.put("checks", states);
        return Answer.json(ready ? 200 : 503, body);
    }

    private Answer metrics(Headers headers, InetSocketAddress remote) throws IOException {
        if (!params.metricsEnabled()) {
            return Answer.json(404, Map.of("error", "metrics.enabled is false."));
        }
        if (params.config().protectMetrics()) {
            Gate.Entry entry = gate.admit(headers.getFirst("Authorization"), remote);
            if (entry != Gate.Entry.ADMITTED) {
                return refusal(entry);
            }
        }
        ExpositionFormatWriter writer = formats.findWriter(headers.getFirst("Accept"));
        ByteArrayOutputStream out = new ByteArrayOutputStream(16 << 10);
        writer.write(out, params.metrics().scrape());
        return new Answer(200, writer.getContentType(), out.toByteArray(), Map.of());
    }

    private static Answer refusal(Gate.Entry entry) {
        return entry == Gate.Entry.UNKNOWN
                ? Answer.json(401, Map.of("error", "Log in as an administrator."))
                        .with("WWW-Authenticate", "Basic realm=\"PolyMQ\", charset=\"UTF-8\"")
                : Answer.json(403, Map.of("error", "This needs an administrator."));
    }
}
