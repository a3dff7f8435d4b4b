package io.polymq.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.polymq.config.AdminConfig;
import io.polymq.config.schema.Defaults;
import io.polymq.core.admin.AdminAnswer;
import io.polymq.core.admin.AdminPages;
import io.polymq.core.admin.AdminRefusal;
import io.polymq.core.admin.AdminRequest;
import io.polymq.core.security.Credentials;
import io.polymq.core.security.Principal;
import io.polymq.core.security.Security;
import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class AdminServerTest {
    private final PrometheusRegistry metrics = new PrometheusRegistry();
    private final Health health = new Health();
    private final HttpClient client = HttpClient.newHttpClient();
    private final List<AdminPages> pages = new ArrayList<>();
    private AdminServer server;

    @AfterEach
    void stop() {
        client.close();
        if (server != null) {
            server.close();
        }
    }

    private AdminServerParams params(String... settings) {
        AdminConfig config = Defaults.with(AdminConfig.class, settings);
        return new AdminServerParams(
                config,
                List.of("127.0.0.1"),
                "1.2.3",
                metrics,
                true,
                health,
                new TwoUsers(),
                pages);
    }

    private HttpResponse<String> get(String path, String... headers) throws Exception {
        HttpRequest.Builder request = HttpRequest.newBuilder(uri(path));
        if (headers.length > 0) {
            request.headers(headers);
        }
        return client.send(request.build(), HttpResponse.BodyHandlers.ofString());
    }

    private URI uri(String path) {
        InetSocketAddress address = server.addresses().getFirst();
        return URI.create("http://127.0.0.1:" + address.getPort() + path);
    }

    private static String basic(String user, String password) {
        byte[] pair = (user + ':' + password).getBytes(StandardCharsets.UTF_8);
        return "Basic " + Base64.getEncoder().encodeToString(pair);
    }

    @Test
    void aLivingBrokerIsLive() throws Exception {
        server = AdminServer.start(params("port=0"));

        HttpResponse<String> answer = get("/health/live");

        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.body()).isEqualTo("{\"status\":\"live\"}");
    }

    @Test
    void theBrokerIsReadyWhenEveryPartIs() throws Exception {
        health.add("storage", () -> Health.WELL);
        health.add("listeners", () -> "The broker is shutting down.");
        server = AdminServer.start(params("port=0"));

        HttpResponse<String> notReady = get("/health/ready");
        health.add("listeners", () -> Health.WELL);
        HttpResponse<String> ready = get("/health/ready");

        assertThat(notReady.statusCode()).isEqualTo(503);
        assertThat(notReady.body())
                .isEqualTo(
                        "{\"status\":\"not ready\",\"checks\":{\"listeners\":\"The broker is shutting"
                                + " down.\",\"storage\":\"ok\"}}");
        assertThat(ready.statusCode()).isEqualTo(200);
    }

    @Test
    void metricsArePrometheusText() throws Exception {
        Counter.builder().name("polymq_test_things").help("Things.").register(metrics).inc(3);
        server = AdminServer.start(params("port=0"));

        HttpResponse<String> answer = get("/metrics");

        assertThat(answer.headers().firstValue("content-type").orElse(""))
                .startsWith("text/plain; version=0.0.4");
        assertThat(answer.body())
                .contains("# TYPE polymq_test_things_total counter")
                .contains("polymq_test_things_total 3.0");
    }

    @Test
    void protectedMetricsAreForAdministrators() throws Exception {
        server = AdminServer.start(params("port=0", "protect_metrics=true"));

        assertThat(get("/metrics").statusCode()).isEqualTo(401);
        assertThat(get("/metrics").headers().firstValue("www-authenticate")).isPresent();
        assertThat(get("/metrics", "Authorization", basic("root", "wrong")).statusCode())
                .isEqualTo(401);
        assertThat(get("/metrics", "Authorization", basic("guest", "s:ecret")).statusCode())
                .isEqualTo(403);
        assertThat(get("/metrics", "Authorization", basic("root", "s:ecret")).statusCode())
                .isEqualTo(200);
        assertThat(get("/metrics", "Authorization", "Bearer root").statusCode()).isEqualTo(200);
        assertThat(get("/metrics", "Authorization", "Basic %%%").statusCode()).isEqualTo(401);
        assertThat(get("/metrics", "Authorization", "Digest x").statusCode()).isEqualTo(401);
        assertThat(get("/health/live").statusCode()).isEqualTo(200);
    }

    @Test
    void unknownPathsAndMethodsAreToldSo() throws Exception {
        server = AdminServer.start(params("port=0"));
        HttpRequest delete = HttpRequest.newBuilder(uri("/metrics")).DELETE().build();

        assertThat(get("/nothing").statusCode()).isEqualTo(404);
        assertThat(client.send(delete, HttpResponse.BodyHandlers.discarding()).statusCode())
                .isEqualTo(405);
    }

    @Test
    void aPartsPagesGetWhatIsBelowTheirPath() throws Exception {
        pages.add(new Echo("/api", AdminPages.Access.USER));
        pages.add(new Echo("/api/inner", AdminPages.Access.ADMINISTRATOR));
        server = AdminServer.start(params("port=0"));
        String guest = basic("guest", "s:ecret");

        assertThat(get("/api/a%2Fb?x=1%202", "Authorization", guest).body())
                .isEqualTo("\"guest GET /a%2Fb {x=1 2} 0\"");
        assertThat(get("/api").statusCode()).isEqualTo(401);
        assertThat(get("/api/inner/z", "Authorization", guest).statusCode()).isEqualTo(403);
        assertThat(get("/api/inner/z", "Authorization", basic("root", "s:ecret")).body())
                .isEqualTo("\"root GET /z {} 0\"");
        assertThat(get("/apis", "Authorization", guest).statusCode()).isEqualTo(404);
    }

    @Test
    void aRefusalIsAnsweredWithItsSentenceAndALargeBodyWith413() throws Exception {
        pages.add(new Echo("/api", AdminPages.Access.ANYONE));
        server = AdminServer.start(params("port=0"));
        HttpRequest large =
                HttpRequest.newBuilder(uri("/api"))
                        .POST(HttpRequest.BodyPublishers.ofByteArray(new byte[(8 << 20) + 1]))
                        .build();

        HttpResponse<String> refused = get("/api/refuse");

        assertThat(refused.statusCode()).isEqualTo(409);
        assertThat(refused.body()).isEqualTo("{\"error\":\"Not now.\"}");
        assertThat(client.send(large, HttpResponse.BodyHandlers.discarding()).statusCode())
                .isEqualTo(413);
    }

    private record Echo(String path, AdminPages.Access access) implements AdminPages {
        @Override
        public AdminAnswer answer(AdminRequest request) {
            if (request.below().equals("/refuse")) {
                throw new AdminRefusal(409, "Not now.");
            }
            return AdminAnswer.json(
                    200,
                    request.who().user()
                            + ' '
                            + request.method()
                            + ' '
                            + request.below()
                            + ' '
                            + request.query()
                            + ' '
                            + request.body().length);
        }
    }

    @Test
    void aPortInUseIsOneSentenceThatNamesTheKey() {
        server = AdminServer.start(params("port=0"));
        int taken = server.addresses().getFirst().getPort();

        assertThatThrownBy(() -> AdminServer.start(params("port=" + taken)))
                .isInstanceOf(AdminException.class)
                .hasMessageContaining("127.0.0.1:" + taken)
                .hasMessageContaining("admin.port")
                .hasMessageNotContaining("\n");
    }

    @Test
    void afterClosingThePortIsFree() {
        server = AdminServer.start(params("port=0"));
        int port = server.addresses().getFirst().getPort();
        server.close();

        server = AdminServer.start(params("port=" + port));

        assertThat(server.addresses()).hasSize(1);
    }

    /** root is an administrator, guest is not; their password and token are fixed. */
    private static final class TwoUsers implements Security {
        @Override
        public CompletionStage<AuthResult> authenticate(Credentials credentials) {
            String user =
                    switch (credentials) {
                        case Credentials.Password login
                                when new String(login.password(), StandardCharsets.UTF_8)
                                        .equals("s:ecret") ->
                                login.user();
                        case Credentials.Token token -> token.token();
                        default -> "";
                    };
            return CompletableFuture.completedFuture(
                    user.isEmpty()
                            ? new AuthResult.Refused(Reason.BAD_CREDENTIALS, "wrong")
                            : new AuthResult.Accepted(
                                    new Principal(
                                            user,
                                            Principal.DEFAULT_TENANT,
                                            Set.of(),
                                            Map.of(),
                                            user.equals("root"))));
        }

        @Override
        public boolean loginRequired() {
            return true;
        }

        @Override
        public ScramExchange scram(ScramMechanism mechanism, Credentials.Peer peer) {
            throw new AssertionError("HTTP has no SCRAM here");
        }

        @Override
        public boolean allows(
                Principal principal, Credentials.Peer peer, Action action, Resource resource) {
            return true;
        }

        @Override
        public Decision why(
                Principal principal, Credentials.Peer peer, Action action, Resource resource) {
            return new Decision(true, "all");
        }
    }
}
