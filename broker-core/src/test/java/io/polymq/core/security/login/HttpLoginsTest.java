package io.polymq.core.security.login;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import io.polymq.config.HttpLoginConfig;
import io.polymq.core.security.Credentials;
import io.polymq.core.security.Principal;
import io.polymq.core.security.Security.Reason;
import io.polymq.core.security.login.Authenticator.Verdict;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class HttpLoginsTest {

    private final List<String> questions = new CopyOnWriteArrayList<>();
    private final AtomicReference<Instant> now = new AtomicReference<>(Instant.EPOCH);
    private final CountDownLatch release = new CountDownLatch(1);
    private HttpServer server;
    private HttpLogins logins;
    private volatile int status = 200;
    private volatile String answer = "{\"result\":\"allow\"}";
    private volatile boolean stuck;

    @BeforeEach
    void start() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        server.createContext(
                "/login",
                exchange -> {
                    String body =
                            new String(
                                    exchange.getRequestBody().readAllBytes(),
                                    StandardCharsets.UTF_8);
                    questions.add(exchange.getRequestHeaders().getFirst("X-Key") + body);
                    if (stuck) {
                        try {
                            release.await();
                        } catch (InterruptedException e) {
                            throw new IOException(e);
                        }
                    }
                    byte[] bytes = answer.getBytes(StandardCharsets.UTF_8);
                    exchange.sendResponseHeaders(status, status == 204 ? -1 : bytes.length);
                    if (status != 204) {
                        exchange.getResponseBody().write(bytes);
                    }
                    exchange.close();
                });
        server.start();
        logins = logins(Duration.ofSeconds(5));
    }

    private HttpLogins logins(Duration timeout) {
        return new HttpLogins(
                new HttpLoginConfig(
                        "http://127.0.0.1:" + server.getAddress().getPort() + "/login",
                        Map.of("X-Key", "k1"),
                        timeout,
                        8,
                        Duration.ofMinutes(1)),
                now::get,
                new SecureRandom());
    }

    @AfterEach
    void stop() {
        release.countDown();
        logins.close();
        server.stop(0);
    }

    private Verdict login(String user, String password) {
        Credentials.Peer peer =
                new Credentials.Peer("mqtt", new InetSocketAddress("10.1.2.3", 1), "c1", null);
        return logins.check(
                        new Credentials.Password(
                                peer, user, password.getBytes(StandardCharsets.UTF_8)))
                .toCompletableFuture()
                .orTimeout(20, TimeUnit.SECONDS)
                .join();
    }

    private static Reason refused(Verdict verdict) {
        assertThat(verdict).isInstanceOf(Verdict.Refuse.class);
        return ((Verdict.Refuse) verdict).reason();
    }

    @Test
    void theServiceIsToldWhoComesAndSaysWhoItIs() {
        answer =
                "{\"result\":\"allow\",\"user\":\"u1\",\"tenant\":\"t\",\"groups\":[\"g\"],\"admin\":true}";
        Verdict.Accept accept = (Verdict.Accept) login("alice", "pw");
        assertThat(accept.principal())
                .isEqualTo(new Principal("u1", "t", java.util.Set.of("g"), Map.of(), true));
        assertThat(questions).hasSize(1);
        assertThat(questions.getFirst())
                .startsWith("k1{")
                .contains("\"protocol\":\"mqtt\"")
                .contains("\"client_id\":\"c1\"")
                .contains("\"address\":\"10.1.2.3\"")
                .contains("\"user\":\"alice\"")
                .contains("\"password\":\"pw\"");
    }

    @Test
    void everyAnswerHasItsMeaning() {
        assertThat(login("a", "1")).isInstanceOf(Verdict.Accept.class);
        answer = "{\"result\":\"deny\"}";
        assertThat(refused(login("a", "2"))).isEqualTo(Reason.BAD_CREDENTIALS);
        answer = "{\"result\":\"ignore\"}";
        assertThat(login("a", "3")).isEqualTo(Verdict.ABSTAIN);
        answer = "{\"result\":\"maybe\"}";
        assertThat(refused(login("a", "4"))).isEqualTo(Reason.UNAVAILABLE);
        answer = "<html>";
        assertThat(refused(login("a", "5"))).isEqualTo(Reason.UNAVAILABLE);
        answer = "x".repeat(1 << 17);
        assertThat(refused(login("a", "6"))).isEqualTo(Reason.UNAVAILABLE);
        answer = "{\"result\":\"allow\"}";
        status = 401;
        assertThat(refused(login("a", "7"))).isEqualTo(Reason.BAD_CREDENTIALS);
        status = 500;
        assertThat(refused(login("a", "8"))).isEqualTo(Reason.UNAVAILABLE);
        status = 302;
        assertThat(refused(login("a", "9"))).isEqualTo(Reason.UNAVAILABLE);
        status = 204;
        assertThat(login("a", "10")).isInstanceOf(Verdict.Accept.class);
        assertThat(refused(login("", "11"))).isEqualTo(Reason.UNAVAILABLE);
    }

    @Test
    void whatWasAllowedIsRememberedForAWhileAndNothingElseIs() {
        login("a", "1");
        login("a", "1");
        assertThat(questions).hasSize(1);
        login("a", "2");
        login("b", "1");
        assertThat(questions).hasSize(3);
        now.updateAndGet(t -> t.plusSeconds(61));
        login("a", "1");
        assertThat(questions).hasSize(4);
        answer = "{\"result\":\"deny\"}";
        login("x", "1");
        login("x", "1");
        assertThat(questions).hasSize(6);
    }

    @Test
    void aServiceThatHangsCostsOnlyTheTimeThatIsSet() {
        stuck = true;
        logins.close();
        logins = logins(Duration.ofMillis(200));
        assertThat(refused(login("a", "1"))).isEqualTo(Reason.UNAVAILABLE);
    }

    @Test
    void whoBringsNothingIsNotAsked() {
        Credentials.Peer peer =
                new Credentials.Peer("mqtt", new InetSocketAddress("10.1.2.3", 1), "c1", null);
        assertThat(logins.check(new Credentials.None(peer)).toCompletableFuture().join())
                .isEqualTo(Verdict.ABSTAIN);
        assertThat(questions).isEmpty();
    }
}
