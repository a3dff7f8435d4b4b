package io.polymq.nats;

import static org.assertj.core.api.Assertions.assertThat;

import io.polymq.conformance.TestSecurity;
import io.polymq.core.message.Message;
import io.polymq.core.message.MessageProperties;
import io.polymq.core.security.Security;
import io.polymq.core.subject.Subject;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class NatsCoreTest {

    private static final String HEADERS = "NATS/1.0\r\nA: 1\r\n\r\n";

    private TestNats nats;

    @BeforeEach
    void start() {
        nats = TestNats.open();
    }

    @AfterEach
    void stop() throws Exception {
        nats.close();
    }

    @Test
    void infoComesFirstAndSaysWhatClientsLookFor() throws IOException {
        try (WireClient client = new WireClient(nats.address())) {
            assertThat(client.line())
                    .startsWith("INFO {")
                    .contains(
                            "\"server_id\":\"NTESTSERVER\"",
                            "\"max_payload\":1048576",
                            "\"proto\":1")
                    .contains("\"headers\":true", "\"client_ip\":\"127.0.0.1\"", "\"api_lvl\":2")
                    .doesNotContain("auth_required");
        }
    }

    @Test
    void aClientThatNeverSaysConnectIsVerbosePedanticAndHearsItself() throws IOException {
        try (WireClient client = new WireClient(nats.address())) {
            client.line();
            client.send("SUB a 1\r\nPUB a 2\r\nhi\r\nPUB a..b 0\r\n\r\n");
            assertThat(client.untilPong())
                    .isEqualTo(
                            "+OK\r\n+OK\r\nMSG a 1 2\r\nhi\r\n-ERR 'Invalid Publish Subject'\r\n+OK\r\n");
        }
    }

    @Test
    void aRequestAndItsAnswerMeet() throws IOException {
        try (WireClient asking = connected("");
                WireClient answering = connected("")) {
            answering.send("SUB help 7\r\n").untilPong();
            asking.send("SUB in.* 1\r\nPUB help in.42 1\r\n?\r\n").untilPong();
            assertThat(answering.untilPong()).isEqualTo("MSG help 7 in.42 1\r\n?\r\n");
            answering.send("HPUB in.42 18 20\r\n" + HEADERS + "ok\r\n").untilPong();
            assertThat(asking.untilPong()).isEqualTo("HMSG in.42 1 18 20\r\n" + HEADERS + "ok\r\n");
        }
    }

    @Test
    void aRequestThatNobodyGetsIsAnsweredOnTheAskersOwnSubscription() throws IOException {
        try (WireClient client = connected("")) {
            client.send("SUB in.> 9\r\nPUB nobody in.1 0\r\n\r\n");
            assertThat(client.untilPong())
                    .isEqualTo(
                            "HMSG in.1 9 38 38\r\nNATS/1.0 503\r\nNats-Subject: nobody\r\n\r\n\r\n");
        }
    }

    @Test
    void aReceiverWithoutHeadersGetsThePayloadAlone() throws IOException {
        try (WireClient sender = connected("");
                WireClient plain = connected(",\"headers\":false,\"no_responders\":false")) {
            plain.send("SUB * 1\r\n").untilPong();
            sender.send("HPUB a r.r 18 20\r\n" + HEADERS + "hi\r\n").untilPong();
            assertThat(plain.untilPong()).isEqualTo("MSG a 1 r.r 2\r\nhi\r\n");
        }
    }

    @Test
    void unsubWithAMaximumCountsFromTheBeginning() throws IOException {
        try (WireClient client = connected("")) {
            String publish = "PUB a 1\r\nx\r\n";
            client.send("SUB a 1\r\n" + publish.repeat(2) + "UNSUB 1 3\r\n" + publish.repeat(5));
            assertThat(client.untilPong()).isEqualTo("MSG a 1 1\r\nx\r\n".repeat(3));
            client.send("SUB a 1\r\n" + publish);
            assertThat(client.untilPong()).isEqualTo("MSG a 1 1\r\nx\r\n");
        }
    }

    @Test
    void unsubsMaximumIsExactWhileOthersPublishOnOtherLoops() throws IOException {
        String publish = "PUB a 1\r\nx\r\n".repeat(3000);
        try (WireClient client = connected("");
                WireClient second = connected("");
                WireClient third = connected("")) {
            for (int round = 0; round < 10; round++) {
                client.send("SUB a 1\r\nUNSUB 1 8000\r\n").untilPong();
                second.send(publish);
                third.send(publish);
                client.send(publish);
                second.untilPong();
                third.untilPong();
                assertThat(client.untilPong().split("MSG ", -1)).hasSize(8001);
            }
        }
    }

    @Test
    void aQueueGroupSpansFiltersAndGetsEachMessageOnce() throws IOException {
        try (WireClient client = connected("")) {
            client.send(
                    "SUB a.b q 1\r\nSUB a.* q 2\r\nSUB a.> 3\r\n"
                            + "PUB a.b 0\r\n\r\n".repeat(100));
            String all = client.untilPong();
            assertThat(all.split("MSG a\\.b [12] ", -1)).hasSize(101);
            assertThat(all.split("MSG a\\.b 3 ", -1)).hasSize(101);
            assertThat(all).contains("MSG a.b 1 ", "MSG a.b 2 ");
        }
    }

    @Test
    void withoutEchoAClientDoesNotHearItselfButOthers() throws IOException {
        try (WireClient quiet = connected(",\"echo\":false");
                WireClient other = connected("")) {
            quiet.send("SUB a 1\r\nPUB a 1\r\nx\r\n");
            assertThat(quiet.untilPong()).isEmpty();
            other.send("PUB a 1\r\ny\r\n").untilPong();
            assertThat(quiet.untilPong()).isEqualTo("MSG a 1 1\r\ny\r\n");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"a..b", ".a", "a.", "a.>.b"})
    void aBrokenFilterIsRefusedAndTheLinkStays(String filter) throws IOException {
        try (WireClient client = connected("")) {
            assertThat(client.send("SUB " + filter + " 1\r\n").untilPong())
                    .isEqualTo("-ERR 'Invalid Subject'\r\n");
        }
    }

    @Test
    void aSubjectWithAnEmptyLevelReachesNobody() throws IOException {
        try (WireClient client = connected("")) {
            client.send("SUB > 1\r\nSUB a.*.c 2\r\nPUB a..c 0\r\n\r\nPUB a. 0\r\n\r\n");
            assertThat(client.untilPong()).isEmpty();
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "FETCH me | Unknown Protocol Operation",
                "PUB a 1048577 | Maximum Payload Violation",
                "CONNECT {\"protocol\":9} | invalid client protocol",
                "CONNECT {\"no_responders\":true,\"headers\":false} | no responders requires headers support"
            })
    void aFaultIsToldBeforeTheLinkIsClosed(String command, String error) throws IOException {
        try (WireClient client = connected("")) {
            assertThat(client.send(command + "\r\n").untilClosed())
                    .isEqualTo("-ERR '" + error + "'\r\n");
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "PUB a x",
                "SUB a",
                "HPUB a 20 10",
                "CONNECT {oops",
                "CONNECT {\"verbose\":\"yes\"}",
                "-ERR 'no'"
            })
    void whatCannotBeReadClosesTheLinkWithoutAWord(String command) throws IOException {
        try (WireClient client = connected("")) {
            assertThat(client.send(command + "\r\n").untilClosed()).isEmpty();
        }
    }

    @Test
    void anotherProtocolsMessageArrivesWithItsPropertiesAsHeaders() throws IOException {
        try (WireClient client = connected("")) {
            client.send("SUB a.b 1\r\n").untilPong();
            byte[] payload = {1, 2};
            MessageProperties properties =
                    new MessageProperties(
                            "text/plain",
                            null,
                            null,
                            "id-1",
                            -1,
                            -1,
                            -1,
                            false,
                            List.of(
                                    new MessageProperties.Header(
                                            "k", "v\r\nw".getBytes(StandardCharsets.UTF_8))));
            nats.router
                    .space("default")
                    .publish(
                            nats.router.newCache(),
                            new Message()
                                    .begin(Subject.ofSlashed("a/b"), payload, 0, 2)
                                    .properties(properties));
            String block =
                    "NATS/1.0\r\nContent-Type: text/plain\r\nNats-Msg-Id: id-1\r\nk: v w\r\n\r\n";
            assertThat(client.untilPong())
                    .isEqualTo(
                            "HMSG a.b 1 "
                                    + block.length()
                                    + ' '
                                    + (block.length() + 2)
                                    + "\r\n"
                                    + block
                                    + "\u0001\u0002\r\n");
        }
    }

    @Test
    void loginIsDemandedWhereUsersAre() throws Exception {
        Security users = new TestSecurity(Map.of("ann", "secret"), (action, subject) -> true);
        try (TestNats closed = new TestNats(TestNats.SETTINGS, users, 0)) {
            try (WireClient client = new WireClient(closed.address())) {
                assertThat(client.line()).contains("\"auth_required\":true");
                assertThat(client.send("PING\r\n").untilClosed())
                        .isEqualTo("-ERR 'Authorization Violation'\r\n");
            }
            try (WireClient client = new WireClient(closed.address())) {
                client.line();
                assertThat(
                                client.send("CONNECT {\"user\":\"ann\",\"pass\":\"guess\"}\r\n")
                                        .untilClosed())
                        .isEqualTo("-ERR 'Authorization Violation'\r\n");
            }
            try (WireClient client = new WireClient(closed.address())) {
                client.line();
                client.send("CONNECT {\"user\":\"ann\",\"pass\":\"secret\"}\r\nPING\r\n");
                assertThat(client.line()).isEqualTo("+OK");
                assertThat(client.line()).isEqualTo("PONG");
            }
        }
    }

    @Test
    void aClientThatMustLogInAndDoesNotIsClosedInTime() throws Exception {
        NatsSettings quick =
                new NatsSettings(
                        "test",
                        "NTESTSERVER",
                        1 << 20,
                        4096,
                        0,
                        Duration.ofMillis(200),
                        2,
                        Duration.ofMillis(100),
                        false,
                        false,
                        false,
                        true);
        Security users = new TestSecurity(Map.of("ann", "secret"), (action, subject) -> true);
        try (TestNats closed = new TestNats(quick, users, 0);
                WireClient client = new WireClient(closed.address())) {
            client.line();
            assertThat(client.untilClosed()).isEqualTo("-ERR 'Authentication Timeout'\r\n");
        }
        try (TestNats open = new TestNats(quick, TestSecurity.open(), 0);
                WireClient client = new WireClient(open.address())) {
            client.line();
            assertThat(client.untilClosed())
                    .isEqualTo("PING\r\nPING\r\n-ERR 'Stale Connection'\r\n");
        }
    }

    @Test
    void whatRulesForbidIsToldAndNotDone() throws Exception {
        Security rules =
                new TestSecurity(
                        Map.of(),
                        (action, subject) ->
                                action == Security.Action.READ
                                        ? !subject.startsWith("s")
                                        : !subject.startsWith("p"));
        try (TestNats ruled = new TestNats(TestNats.SETTINGS, rules, 0);
                WireClient client = WireClient.connected(ruled.address(), "")) {
            client.send("SUB s.x q 1\r\nSUB s 2\r\nSUB p.x 3\r\nPUB p.x 2\r\nhi\r\n");
            assertThat(client.untilPong())
                    .isEqualTo(
                            "-ERR 'Permissions Violation for Subscription to \"s.x\" using queue \"q\"'\r\n"
                                    + "-ERR 'Permissions Violation for Subscription to \"s\"'\r\n"
                                    + "-ERR 'Permissions Violation for Publish to \"p.x\"'\r\n");
        }
    }

    private WireClient connected(String options) throws IOException {
        return WireClient.connected(nats.address(), options);
    }
}
