package io.polymq.nats;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.polymq.core.message.Message;
import io.polymq.core.subject.Subject;
import java.io.IOException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class NatsAccountsTest {

    private static final String CONFIGURATION =
            """
            accounts {
              A {
                users: [{user: a, password: a}, {user: a2, password: a2}]
                exports: [
                  {stream: "news.>"}
                  {service: "help.*"}
                  {service: "many", response_type: stream}
                  {stream: "private.>", accounts: [C]}
                ]
              }
              B {
                users: [
                  {user: b, password: b}
                  {user: once, password: p, permissions: {
                    subscribe: ["req", "_INBOX.>"], allow_responses: {max: 2, ttl: "1m"}}}
                  {user: lists, password: p, permissions: {
                    publish: {allow: ["ok.>"], deny: "ok.not"}
                    subscribe: {allow: ["ok.>", "q workers"], deny: "ok.secret"}}}
                ]
                imports: [
                  {stream: {account: A, subject: "news.>"}, prefix: "from.a"}
                  {service: {account: A, subject: "help.*"}, to: "assist.*"}
                  {service: {account: A, subject: "many"}}
                ]
                mappings: { "old.*.*": "new.$2.$1" }
                limits: { max_connections: 3 }
              }
              SYS { users: [{user: sys, password: sys}] }
            }
            system_account: SYS
            """;

    private TestNats nats;

    @BeforeEach
    void start() {
        nats = TestNats.configured(CONFIGURATION);
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
    void aStreamsMessageKeepsItsOwnSubjectThroughAnImport() throws IOException {
        try (WireClient b = as("b", "b")) {
            b.send("SUB from.a.> 1\r\n").untilPong();
            byte[] payload = {'h', 'i'};
            nats.router
                    .space("A")
                    .publish(
                            nats.router.newCache(),
                            new Message()
                                    .begin(Subject.ofDotted("news.inbox"), payload, 0, 2)
                                    .shownAs(Subject.ofDotted("$KV.B.key")));
            assertThat(b.untilPong()).isEqualTo("MSG $KV.B.key 1 2\r\nhi\r\n");
        }
    }

    @Test
    void accountsDoNotHearOneAnother() throws IOException {
        try (WireClient a = as("a", "a");
                WireClient b = as("b", "b")) {
            b.send("SUB x 1\r\n").untilPong();
            a.send("SUB x 1\r\nPUB x 1\r\n1\r\n");
            assertThat(a.untilPong()).isEqualTo("MSG x 1 1\r\n1\r\n");
            assertThat(b.untilPong()).isEmpty();
        }
    }

    @Test
    void aStreamImportArrivesUnderItsPrefix() throws IOException {
        try (WireClient a = as("a", "a");
                WireClient b = as("b", "b")) {
            b.send("SUB from.a.> 1\r\n").untilPong();
            a.send("PUB news.eu.1 r 2\r\nhi\r\n").untilPong();
            assertThat(b.untilPong()).isEqualTo("MSG from.a.news.eu.1 1 r 2\r\nhi\r\n");
        }
    }

    @Test
    void aServiceImportAsksAndTheAnswerComesBackOnce() throws IOException {
        try (WireClient a = as("a", "a");
                WireClient b = as("b", "b")) {
            a.send("SUB help.> 1\r\n").untilPong();
            b.send("SUB in.1 7\r\nPUB assist.me in.1 1\r\n?\r\n").untilPong();
            String asked = a.untilPong();
            assertThat(asked).startsWith("MSG help.me 1 _R_.").endsWith(" 1\r\n?\r\n");
            String reply = asked.split(" ")[3];
            a.send("PUB " + reply + " 2\r\nok\r\nPUB " + reply + " 3\r\nmor\r\n").untilPong();
            assertThat(b.untilPong()).isEqualTo("MSG in.1 7 2\r\nok\r\n");
        }
    }

    @Test
    void aStreamedServiceAnswersUntilAnEmptyMessage() throws IOException {
        try (WireClient a = as("a", "a");
                WireClient b = as("b", "b")) {
            a.send("SUB many 1\r\n").untilPong();
            b.send("SUB in.1 7\r\nPUB many in.1 0\r\n\r\n").untilPong();
            String reply = a.untilPong().split(" ")[3];
            a.send(("PUB " + reply + " 1\r\n1\r\n").repeat(2) + "PUB " + reply + " 0\r\n\r\n");
            a.send("PUB " + reply + " 1\r\n2\r\n").untilPong();
            assertThat(b.untilPong())
                    .isEqualTo("MSG in.1 7 1\r\n1\r\n".repeat(2) + "MSG in.1 7 0\r\n\r\n");
        }
    }

    @Test
    void aServiceThatNobodyServesHasNoResponders() throws IOException {
        try (WireClient b = as("b", "b")) {
            b.send("SUB in.1 7\r\nPUB assist.me in.1 0\r\n\r\n");
            assertThat(b.untilPong()).startsWith("HMSG in.1 7 ").contains("NATS/1.0 503");
        }
    }

    @Test
    void anImportThatIsNotExportedStopsTheStart() {
        assertThatThrownBy(
                        () ->
                                TestNats.configured(
                                        """
                                        accounts {
                                          A { exports: [{stream: "p.>", accounts: [C]}] }
                                          B { imports: [{stream: {account: A, subject: "p.>"}}] }
                                          C {}
                                        }
                                        """))
                .hasMessageContaining("not authorized");
    }

    @Test
    void aMappedSubjectIsPublishedUnderItsNewName() throws IOException {
        try (WireClient b = as("b", "b")) {
            b.send("SUB new.> 1\r\nSUB old.> 2\r\nPUB old.x.y 1\r\n1\r\n");
            assertThat(b.untilPong()).isEqualTo("MSG new.y.x 1 1\r\n1\r\n");
        }
    }

    @Test
    void anAccountHasSoManyConnections() throws IOException {
        try (WireClient one = as("b", "b");
                WireClient two = as("b", "b");
                WireClient three = as("b", "b");
                WireClient more = new WireClient(nats.address())) {
            more.line();
            more.send("CONNECT {\"user\":\"b\",\"pass\":\"b\"}\r\n");
            assertThat(more.untilClosed())
                    .isEqualTo("-ERR 'maximum account active connections exceeded'\r\n");
        }
    }

    /** Corner case 23: an answer needs allow_responses; no more of them than it says. */
    @Test
    void allowResponsesOpensTheReplySubjectSoOften() throws IOException {
        try (WireClient b = as("b", "b");
                WireClient once = as("once", "p")) {
            once.send("SUB req 1\r\nPUB in.9 0\r\n\r\n");
            assertThat(once.untilPong())
                    .isEqualTo("-ERR 'Permissions Violation for Publish to \"in.9\"'\r\n");
            b.send("SUB in.9 1\r\nPUB req in.9 0\r\n\r\n").untilPong();
            once.send("PUB in.9 1\r\nx\r\n".repeat(3));
            assertThat(once.untilPong())
                    .isEqualTo(
                            "MSG req 1 in.9 0\r\n\r\n"
                                    + "-ERR 'Permissions Violation for Publish to \"in.9\"'\r\n");
            assertThat(b.untilPong()).isEqualTo("MSG in.9 1 1\r\nx\r\n".repeat(2));
        }
    }

    /** Corner case 22, and denied subjects inside a wider subscription. */
    @Test
    void listsAllowAndDenyBothWays() throws IOException {
        try (WireClient lists = as("lists", "p");
                WireClient b = as("b", "b")) {
            lists.send(
                    "PUB ok.not 1\r\nx\r\nPUB other 0\r\n\r\nSUB other 1\r\nSUB ok.secret 2\r\n"
                            + "SUB q 3\r\nSUB q workers 4\r\nUNSUB 1\r\nSUB ok.> 5\r\n");
            assertThat(lists.untilPong())
                    .isEqualTo(
                            "-ERR 'Permissions Violation for Publish to \"ok.not\"'\r\n"
                                    + "-ERR 'Permissions Violation for Publish to \"other\"'\r\n"
                                    + "-ERR 'Permissions Violation for Subscription to \"other\"'\r\n"
                                    + "-ERR 'Permissions Violation for Subscription to"
                                    + " \"ok.secret\"'\r\n"
                                    + "-ERR 'Permissions Violation for Subscription to \"q\"'\r\n");
            b.send("PUB ok.secret 1\r\ns\r\nPUB ok.plain 1\r\np\r\n").untilPong();
            assertThat(lists.untilPong()).isEqualTo("MSG ok.plain 5 1\r\np\r\n");
        }
    }

    @Test
    void theSystemAccountHearsWhoComesAndGoes() throws IOException {
        try (WireClient sys = as("sys", "sys")) {
            sys.send("SUB $SYS.ACCOUNT.A.> 1\r\n").untilPong();
            try (WireClient a = as("a", "a")) {
                a.untilPong();
                assertThat(sys.until("client_connect"))
                        .contains("MSG $SYS.ACCOUNT.A.CONNECT 1 ", "\"acc\":\"A\"");
            }
            assertThat(sys.until("\"reason\""))
                    .contains("$SYS.ACCOUNT.A.DISCONNECT", "client_disconnect");
        }
    }

    @Test
    void systemRequestsAreAnswered() throws IOException {
        try (WireClient sys = as("sys", "sys");
                WireClient a = as("a", "a")) {
            sys.send("SUB in.> 1\r\n").untilPong();
            sys.send("PUB $SYS.REQ.SERVER.PING in.1 0\r\n\r\n");
            assertThat(sys.until("statsz")).contains("\"ver\":\"2.12.");
            sys.send("PUB $SYS.REQ.SERVER.NTESTSERVER.CONNZ in.2 0\r\n\r\n");
            assertThat(sys.until("\"limit\":1024")).contains("\"connections\":[");
            sys.send("PUB $SYS.REQ.ACCOUNT.A.INFO in.3 0\r\n\r\n");
            assertThat(sys.until("account_name")).contains("\"account_name\":\"A\"");
            a.send("SUB in.> 1\r\nPUB $SYS.REQ.USER.INFO in.4 0\r\n\r\n");
            assertThat(a.until("\"account\"")).contains("\"user\":\"a\"", "\"account\":\"A\"");
        }
    }
}
