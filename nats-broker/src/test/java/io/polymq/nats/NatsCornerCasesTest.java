package io.polymq.nats;

import static org.assertj.core.api.Assertions.assertThat;

import io.polymq.conformance.TestSecurity;
import io.polymq.nats.options.ServerOptions;
import io.polymq.network.CloseReason;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * What is easily got wrong, case by case; the numbers count the cases of the core protocol. Those
 * of streams are in {@link JetStreamTest} and {@link JetStreamCornerCasesTest}.
 */
class NatsCornerCasesTest {

    private static final String BLOCK = "NATS/1.0\r\n\r\n";

    private TestNats nats;

    @BeforeEach
    void start() {
        nats = TestNats.open();
    }

    @AfterEach
    void stop() throws Exception {
        nats.close();
    }

    private WireClient client() throws IOException {
        return WireClient.connected(nats.address(), "");
    }

    private String said(String commands) throws IOException {
        try (WireClient client = client()) {
            return client.send(commands).untilPong();
        }
    }

    @Test
    void case1infoComesBeforeTheClientSpeaks() throws IOException {
        try (WireClient client = new WireClient(nats.address())) {
            assertThat(client.line()).startsWith("INFO {").endsWith("} ");
        }
    }

    @Test
    void case2aBarePublishIsAcknowledged() throws IOException {
        try (WireClient client = new WireClient(nats.address())) {
            client.line();
            assertThat(client.send("PUB a 0\r\n\r\n").untilPong()).isEqualTo("+OK\r\n");
        }
    }

    @Test
    void case3noOkFollowsAnErrorButAPedanticPublishIsDoneAllTheSame() throws IOException {
        try (WireClient client =
                WireClient.connected(nats.address(), ",\"verbose\":true,\"pedantic\":true")) {
            client.send("SUB a..b 1\r\nPUB a.* 0\r\n\r\n");
            assertThat(client.untilPong())
                    .contains(
                            "-ERR 'Invalid Subject'\r\n-ERR 'Invalid Publish Subject'\r\n+OK\r\n");
        }
    }

    @Test
    void case4wildcardsMatchAsManyLevelsAsTheySay() throws IOException {
        assertThat(
                        said(
                                "SUB a.> 1\r\nSUB > 2\r\nSUB a.* 3\r\nPUB a 1\r\n1\r\nPUB a.b.c 1\r\n2\r\n"))
                .contains("MSG a 2 1\r\n1\r\n", "MSG a.b.c 1 1\r\n2\r\n", "MSG a.b.c 2 1\r\n2\r\n")
                .doesNotContain("MSG a 1 ", "MSG a 3 ", "MSG a.b.c 3 ");
    }

    @Test
    void case5aBrokenSubjectIsRefusedForSubscribersOnly() throws IOException {
        for (String broken : new String[] {"foo.>.bar", ".a", "a.", "a..b"}) {
            assertThat(said("SUB " + broken + " 1\r\n")).isEqualTo("-ERR 'Invalid Subject'\r\n");
            assertThat(said("PUB " + broken + " 0\r\n\r\n")).isEmpty();
        }
    }

    @Test
    void case6aStarInsideALevelIsAStar() throws IOException {
        assertThat(
                        said(
                                "SUB foo* 1\r\nSUB b>r 2\r\nPUB foot 0\r\n\r\nPUB foo* 0\r\n\r\nPUB b>r 0\r\n\r\n"))
                .isEqualTo("MSG foo* 1 0\r\n\r\nMSG b>r 2 0\r\n\r\n");
    }

    @Test
    void case7aLiveSidStays() throws IOException {
        assertThat(said("SUB a 1\r\nSUB b 1\r\nPUB b 0\r\n\r\nPUB a 0\r\n\r\n"))
                .isEqualTo("MSG a 1 0\r\n\r\n");
    }

    @Test
    void case8anUnknownSidIsNoErrorAndSidsAreAnyBytes() throws IOException {
        assertThat(said("UNSUB nobody\r\nSUB a x/y-1 \r\nPUB a 0\r\n\r\n"))
                .isEqualTo("MSG a x/y-1 0\r\n\r\n");
    }

    @Test
    void case9aMaximumThatIsReachedRemovesAtOnce() throws IOException {
        String publish = "PUB a 0\r\n\r\n";
        assertThat(said("SUB a 1\r\n" + publish.repeat(2) + "UNSUB 1 2\r\n" + publish))
                .isEqualTo("MSG a 1 0\r\n\r\n".repeat(2));
        assertThat(said("SUB a 1\r\n" + publish.repeat(2) + "UNSUB 1 1\r\n" + publish))
                .isEqualTo("MSG a 1 0\r\n\r\n".repeat(2));
    }

    @Test
    void case10aQueueChoosesByChanceAndEvenly() throws IOException {
        String all =
                said("SUB a q 1\r\nSUB a q 2\r\nSUB a q 3\r\n" + "PUB a 0\r\n\r\n".repeat(600));
        StringBuilder order = new StringBuilder();
        Matcher message = Pattern.compile("MSG a (\\d) 0").matcher(all);
        while (message.find()) {
            order.append(message.group(1));
        }
        assertThat(order.length()).isEqualTo(600);
        for (char member : new char[] {'1', '2', '3'}) {
            assertThat(order.chars().filter(c -> c == member).count()).isBetween(130L, 270L);
        }
        assertThat(order.toString()).doesNotContain("123".repeat(20));
    }

    @Test
    void case11membersOfOneConnectionEachCount() throws IOException {
        String all = said("SUB a q 1\r\nSUB a q 2\r\nSUB a 3\r\n" + "PUB a 0\r\n\r\n".repeat(50));
        assertThat(all.split("MSG a [12] ", -1)).hasSize(51);
        assertThat(all.split("MSG a 3 ", -1)).hasSize(51);
    }

    @Test
    void case12onlyTheLengthCountsInAPayload() throws IOException {
        assertThat(said("SUB a 1\r\nPUB a 13\r\nPING\r\nPUB x\r\n\r\n"))
                .isEqualTo("MSG a 1 13\r\nPING\r\nPUB x\r\n\r\n");
        try (WireClient client = client()) {
            assertThat(client.send("PUB a 1\r\nxy\r\n").untilClosed())
                    .isEqualTo("-ERR 'Unknown Protocol Operation'\r\n");
        }
    }

    @Test
    void case13theLimitIsCheckedBeforeThePayloadComesAndExactlyItPasses() throws IOException {
        try (WireClient client = client()) {
            assertThat(client.send("HPUB a 12 1048577\r\n").untilClosed())
                    .isEqualTo("-ERR 'Maximum Payload Violation'\r\n");
        }
        try (WireClient client = client()) {
            client.send("PUB a 1048576\r\n" + "x".repeat(1 << 20) + "\r\n");
            assertThat(client.untilPong()).isEmpty();
        }
    }

    @Test
    void case14anEmptyPayloadBehindHeadersHasItsLineEnd() throws IOException {
        assertThat(said("SUB a 1\r\nHPUB a 12 12\r\n" + BLOCK + "\r\n"))
                .isEqualTo("HMSG a 1 12 12\r\n" + BLOCK + "\r\n");
    }

    @Test
    void case15headersAreForThoseWhoTakeThem() throws IOException {
        try (WireClient plain =
                        WireClient.connected(
                                nats.address(), ",\"headers\":false,\"no_responders\":false");
                WireClient client = client()) {
            plain.send("SUB a 1\r\n").untilPong();
            client.send("HPUB a 12 14\r\n" + BLOCK + "hi\r\n").untilPong();
            assertThat(plain.untilPong()).isEqualTo("MSG a 1 2\r\nhi\r\n");
            assertThat(plain.send("HPUB a 12 14\r\n" + BLOCK + "hi\r\n").untilClosed()).isEmpty();
        }
    }

    @Test
    void case16aRequestWithoutRespondersIsAnsweredOnlyToItsOwnInbox() throws IOException {
        String told = said("SUB in.* 9\r\nPUB nobody in.1 0\r\n\r\nPUB nobody out.1 0\r\n\r\n");
        assertThat(told)
                .isEqualTo("HMSG in.1 9 38 38\r\nNATS/1.0 503\r\nNats-Subject: nobody\r\n\r\n\r\n");
    }

    @Test
    void case17jetStreamsSubjectsHaveNoRespondersWhenItIsOff() throws IOException {
        assertThat(said("SUB in.* 9\r\nPUB $JS.API.INFO in.1 0\r\n\r\n")).contains("503");
    }

    @Test
    void case18everySubscriberOfAnInboxGetsTheReply() throws IOException {
        try (WireClient one = client();
                WireClient two = client()) {
            one.send("SUB in.1 1\r\n").untilPong();
            two.send("SUB in.> 2\r\nPUB in.1 2\r\nok\r\n");
            assertThat(two.untilPong()).isEqualTo("MSG in.1 2 2\r\nok\r\n");
            assertThat(one.untilPong()).isEqualTo("MSG in.1 1 2\r\nok\r\n");
        }
    }

    @Test
    void case19framesMayBeCutAndJoinedAnywhere() throws IOException {
        try (WireClient client = client()) {
            for (char c : "SUB a 1\r\nPUB a 2\r\nhi\r\n".toCharArray()) {
                client.send(String.valueOf(c));
            }
            assertThat(client.untilPong()).isEqualTo("MSG a 1 2\r\nhi\r\n");
            client.send("PING\r\n".repeat(1000));
            for (int i = 0; i < 1000; i++) {
                assertThat(client.line()).isEqualTo("PONG");
            }
        }
    }

    @Test
    void case20aLongControlLineEndsTheLinkBeforeItsEndComes() throws IOException {
        try (WireClient client = client()) {
            assertThat(client.send("SUB " + "x".repeat(5000)).untilClosed())
                    .isEqualTo("-ERR 'maximum control line exceeded'\r\n");
        }
    }

    @Test
    void case22aForbiddenSubscriptionLeavesNothingAndAForbiddenPayloadIsConsumed()
            throws Exception {
        try (TestNats listed =
                        TestNats.configured(
                                "authorization { user: u, pass: p, default_permissions: {publish: ok,"
                                        + " subscribe: ok} }");
                WireClient client =
                        WireClient.connected(listed.address(), ",\"user\":\"u\",\"pass\":\"p\"")) {
            assertThat(client.send("SUB no 1\r\nUNSUB 1\r\nPUB no 6\r\nPING\r\n\r\n").untilPong())
                    .isEqualTo(
                            "-ERR 'Permissions Violation for Subscription to \"no\"'\r\n"
                                    + "-ERR 'Permissions Violation for Publish to \"no\"'\r\n");
        }
    }

    @Test
    void case21aSilentClientIsAskedAndWhateverItSaysCountsAsAlive() throws Exception {
        NatsSettings often =
                TestNats.SETTINGS.under(
                        ServerOptions.parse("ping_interval: \"300ms\"\nping_max: 2", Map.of())
                                .limits());
        try (TestNats quick = new TestNats(often, TestSecurity.open(), 0);
                WireClient client = new WireClient(quick.address())) {
            client.line();
            client.send("CONNECT {\"verbose\":false}\r\n");
            for (int i = 0; i < 4; i++) {
                assertThat(client.line()).isEqualTo("PING");
                client.send(i % 2 == 0 ? "PONG\r\n" : "PUB alive 0\r\n\r\nPONG\r\n");
            }
            assertThat(client.untilClosed())
                    .isEqualTo("PING\r\nPING\r\n-ERR 'Stale Connection'\r\n");
        }
    }

    @Test
    void case23aReplyNeedsTheRightOrAnOpenQuestion() throws Exception {
        try (TestNats listed =
                        TestNats.configured(
                                """
                                authorization { users: [
                                  {user: ask, password: p, permissions: {
                                    publish: req, subscribe: "_INBOX.>"}}
                                  {user: serve, password: p, permissions: {
                                    subscribe: req, allow_responses: true}}
                                  {user: mute, password: p, permissions: {
                                    publish: other, subscribe: req}}
                                ] }
                                """);
                WireClient ask = as(listed, "ask");
                WireClient serve = as(listed, "serve");
                WireClient mute = as(listed, "mute")) {
            serve.send("SUB req 1\r\n").untilPong();
            mute.send("SUB req 1\r\n").untilPong();
            ask.send("SUB _INBOX.a 1\r\nPUB req _INBOX.a 0\r\n\r\n").untilPong();
            String violation = "-ERR 'Permissions Violation for Publish to \"_INBOX.a\"'\r\n";
            assertThat(mute.send("PUB _INBOX.a 1\r\nm\r\n").untilPong()).endsWith(violation);
            assertThat(serve.send("PUB _INBOX.a 1\r\ns\r\n".repeat(2)).untilPong())
                    .isEqualTo("MSG req 1 _INBOX.a 0\r\n\r\n" + violation);
            assertThat(ask.untilPong()).isEqualTo("MSG _INBOX.a 1 1\r\ns\r\n");
        }
    }

    private static WireClient as(TestNats nats, String user) throws IOException {
        return WireClient.connected(nats.address(), ",\"user\":\"" + user + "\",\"pass\":\"p\"");
    }

    @Test
    void case24aSlowConsumerIsClosedWithoutHoldingUpThePublisherForLong() throws Exception {
        String big = "x".repeat(1 << 19);
        try (TestNats strict =
                        TestNats.configured("write_deadline: \"500ms\"\nhttp: \"127.0.0.1:-1\"");
                WireClient slow = WireClient.connected(strict.address(), "");
                WireClient publisher = WireClient.connected(strict.address(), "")) {
            slow.send("SUB flood 1\r\n").untilPong();
            for (int i = 0; i < 48; i++) {
                publisher.send("PUB flood " + big.length() + "\r\n" + big + "\r\n").untilPong();
            }
            String closed = "";
            long limit = System.nanoTime() + 20_000_000_000L;
            while (!closed.contains("Slow Consumer") && System.nanoTime() < limit) {
                closed = monitored(strict, "/connz?state=closed");
            }
            assertThat(closed).contains("Slow Consumer");
            assertThat(monitored(strict, "/varz")).contains("\"slow_consumers\" : 1");
            assertThat(publisher.untilPong()).isEmpty();
            assertThat(slow.untilEnd())
                    .as("an error would keep it from coming back")
                    .doesNotContain("-ERR");
        }
    }

    @Test
    void whoeverIsKickedIsToldToGoElsewhereAndNothingThatKeepsItFromComingBack() throws Exception {
        try (WireClient kicked = WireClient.connected(nats.address(), ",\"protocol\":1")) {
            nats.connections.kickAll(all -> true, CloseReason.of(CloseReason.Kind.KICKED));
            assertThat(kicked.untilEnd()).contains("\"ldm\":true").doesNotContain("-ERR");
        }
    }

    private static String monitored(TestNats nats, String path) throws Exception {
        InetSocketAddress at = Objects.requireNonNull(nats.broker.monitorAddress());
        URI uri = URI.create("http://127.0.0.1:" + at.getPort() + path);
        try (HttpClient http = HttpClient.newHttpClient()) {
            return http.send(
                            HttpRequest.newBuilder(uri).build(),
                            HttpResponse.BodyHandlers.ofString())
                    .body();
        }
    }

    @Test
    void aSecondConnectChangesWhatItNamesAndKeepsSubscriptions() throws IOException {
        try (WireClient client = client()) {
            client.send("SUB a 1\r\nCONNECT {\"verbose\":true}\r\nPUB a 1\r\nx\r\n");
            assertThat(client.untilPong()).isEqualTo("+OK\r\n+OK\r\nMSG a 1 1\r\nx\r\n");
        }
    }

    @Test
    void theAccountIsToldAfterTheFirstPongToThoseWhoTakeNews() throws IOException {
        try (WireClient client = WireClient.connected(nats.address(), ",\"protocol\":1")) {
            assertThat(client.line())
                    .contains("\"connect_info\":true", "\"remote_account\":\"$G\"");
            assertThat(client.untilPong()).isEmpty();
        }
    }

    @Test
    void reservedSubjectsAreNotPublishedTo() throws IOException {
        assertThat(said("PUB _GR_.x 0\r\n\r\nPUB a _R_.x 0\r\n\r\nPUB a $JS.ACK.x 0\r\n\r\n"))
                .isEqualTo(
                        "-ERR 'Permissions Violation for Publish to \"_GR_.x\"'\r\n"
                                + "-ERR 'Permissions Violation for Publish with Reply of \"_R_.x\"'\r\n"
                                + "-ERR 'Permissions Violation for Publish with Reply of \"$JS.ACK.x\"'\r\n");
        assertThat(said("SUB a _sys_ 1\r\n"))
                .isEqualTo(
                        "-ERR 'Permissions Violation for Subscription to \"a\" using queue \"_sys_\"'\r\n");
    }

    @Test
    void lameDuckIsToldBeforeClientsAreClosed() throws Exception {
        try (TestNats leaving =
                        TestNats.configured(
                                "lame_duck_grace_period: \"200ms\"\nlame_duck_duration: \"300ms\"");
                WireClient client = WireClient.connected(leaving.address(), ",\"protocol\":1")) {
            client.line();
            leaving.broker.lameDuck();
            assertThat(client.line()).contains("\"ldm\":true");
            assertThat(client.untilClosed()).isEmpty();
        }
    }

    @Test
    void aServerThatStopsSaysNothingSoThatItsClientsComeBack() throws Exception {
        TestNats other = TestNats.open();
        try (WireClient client = WireClient.connected(other.address(), "")) {
            other.close();
            assertThat(client.untilEnd()).isEmpty();
        }
    }

    @Test
    void tooManyClientsAreToldSo() throws Exception {
        try (TestNats small = TestNats.configured("max_connections: 1");
                WireClient first = WireClient.connected(small.address(), "");
                WireClient second = new WireClient(small.address())) {
            assertThat(first.untilPong()).isEmpty();
            second.line();
            assertThat(second.untilClosed()).isEqualTo("-ERR 'maximum connections exceeded'\r\n");
        }
    }
}
