package io.polymq.nats;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.polymq.nats.options.OptionsException;
import io.polymq.nats.options.ServerOptions;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A configuration that is read again while clients are there. */
class NatsReloadTest {

    private static final String BEFORE =
            """
            accounts {
              A {
                users: [{user: a, password: a}, {user: gone, password: p}]
                exports: [{stream: "news.>"}]
              }
              B {
                users: [{user: b, password: b}]
                imports: [{stream: {account: A, subject: "news.>"}}]
              }
              SYS { users: [{user: sys, password: sys}] }
            }
            system_account: SYS
            """;

    private static final String AFTER =
            """
            accounts {
              A {
                users: [
                  {user: a, password: a, permissions: {publish: "ok.>", subscribe: "ok.>"}}
                  {user: fresh, password: p}
                ]
                exports: [{stream: "sport.>"}]
              }
              B {
                users: [{user: b, password: b}]
                imports: [{stream: {account: A, subject: "sport.>"}}]
              }
              C { users: [{user: c, password: c}] }
              SYS { users: [{user: sys, password: sys}] }
            }
            system_account: SYS
            max_payload: 100
            """;

    private TestNats nats;
    private String text = AFTER;

    @BeforeEach
    void start() {
        nats = TestNats.configured(BEFORE);
        nats.broker.reloadFrom(() -> ServerOptions.parse(text, Map.of()));
    }

    @AfterEach
    void stop() throws Exception {
        nats.close();
    }

    private WireClient as(String user, String password) throws IOException {
        return WireClient.connected(
                nats.address(), ",\"user\":\"" + user + "\",\"pass\":\"" + password + "\"");
    }

    @Test
    void usersPermissionsAndImportsHoldAtOnceForThoseWhoAreThere() throws Exception {
        try (WireClient a = as("a", "a");
                WireClient b = as("b", "b");
                WireClient gone = as("gone", "p")) {
            a.send("SUB ok.x 1\r\nSUB secret 2\r\n").untilPong();
            b.send("SUB news.> 1\r\nSUB sport.> 2\r\n").untilPong();
            nats.broker.reload();

            assertThat(gone.untilClosed()).contains("-ERR 'Authorization Violation'");
            assertThat(a.until("\"secret\"'\r\n"))
                    .contains("Permissions Violation for Subscription to \"secret\"")
                    .doesNotContain("\"ok.x\"");
            a.send("PUB ok.x 1\r\n1\r\nPUB secret 1\r\n2\r\n");
            assertThat(a.untilPong())
                    .contains("MSG ok.x 1 1\r\n1\r\n")
                    .contains("Permissions Violation for Publish to \"secret\"");
            try (WireClient fresh = as("fresh", "p");
                    WireClient c = as("c", "c")) {
                fresh.send("PUB news.x 1\r\n3\r\nPUB sport.x 1\r\n4\r\n").untilPong();
                assertThat(b.untilPong())
                        .contains("MSG sport.x 2 1\r\n4\r\n")
                        .doesNotContain("news");
                assertThat(c.untilPong()).isEmpty();
            }
            assertThat(a.send("PUB ok.x 101\r\n").untilClosed())
                    .contains("Maximum Payload Violation");
        }
    }

    @Test
    void whoIsTooManyThenIsClosed() throws Exception {
        try (WireClient a = as("a", "a");
                WireClient b = as("b", "b")) {
            text = BEFORE + "max_connections: 1";
            assertOneIsClosed("maximum connections exceeded", a, b);
        }
    }

    @Test
    void whoIsTooManyOfAnAccountThenIsClosed() throws Exception {
        try (WireClient a = as("a", "a");
                WireClient other = as("gone", "p")) {
            text = BEFORE.replace("A {", "A { limits { max_connections: 1 }");
            assertOneIsClosed("maximum account active connections exceeded", a, other);
        }
    }

    private void assertOneIsClosed(String why, WireClient... clients) throws Exception {
        nats.broker.reload();
        List<CompletableFuture<String>> ends =
                Stream.of(clients)
                        .map(
                                one ->
                                        CompletableFuture.supplyAsync(
                                                one::untilEnd, Thread::startVirtualThread))
                        .toList();
        assertThat(CompletableFuture.anyOf(ends.toArray(CompletableFuture[]::new)))
                .succeedsWithin(10, TimeUnit.SECONDS)
                .asString()
                .contains("-ERR '" + why + "'");
        assertThat(ends).filteredOn(CompletableFuture::isDone).hasSize(1);
    }

    @Test
    void whatCannotBeChangesNothing() throws Exception {
        text = AFTER.replace("account: A, subject: \"sport.>\"", "account: A, subject: \"other\"");
        assertThatThrownBy(() -> nats.broker.reload()).isInstanceOf(OptionsException.class);
        text = AFTER + "port: 1";
        assertThatThrownBy(() -> nats.broker.reload())
                .hasMessage("config reload not supported for listen");
        try (WireClient a = as("a", "a");
                WireClient b = as("b", "b");
                WireClient gone = as("gone", "p")) {
            b.send("SUB news.> 1\r\n").untilPong();
            a.send("PUB news.x 1\r\n1\r\n").untilPong();
            assertThat(b.untilPong()).isEqualTo("MSG news.x 1 1\r\n1\r\n");
            assertThat(gone.untilPong()).isEmpty();
        }
    }

    @Test
    void theSystemAccountMayAskForIt() throws Exception {
        String id = nats.broker.settings().serverId();
        try (WireClient sys = as("sys", "sys");
                WireClient gone = as("gone", "p")) {
            sys.send("SUB in 1\r\nPUB $SYS.REQ.SERVER." + id + ".RELOAD in 0\r\n\r\n");
            assertThat(gone.untilClosed()).contains("Authorization Violation");
        }
    }
}
