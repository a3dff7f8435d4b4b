package io.polymq.nats;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.polymq.nats.account.TestKeys;
import java.io.IOException;
import java.util.Base64;
import org.junit.jupiter.api.Test;

/** A service among the clients decides who gets in. */
class NatsCalloutTest {

    private static final String REFUSED = "-ERR 'Authorization Violation'\r\n";
    private static final TestKeys ISSUER = TestKeys.of('A');
    private static final String CONFIGURATION =
            """
            accounts {
              AUTH { users: [{user: auth, password: auth}] }
              APP { users: [{user: app, password: app}] }
            }
            authorization {
              timeout: 1
              auth_callout { issuer: %s, account: AUTH, auth_users: [auth] }
            }
            """
                    .formatted(ISSUER.publicKey());

    private static WireClient service(TestNats nats) throws IOException {
        WireClient service =
                WireClient.connected(nats.address(), ",\"user\":\"auth\",\"pass\":\"auth\"");
        service.send("SUB $SYS.REQ.USER.AUTH 1\r\n").untilPong();
        return service;
    }

    private static WireClient comes(TestNats nats, String options) throws IOException {
        WireClient client = new WireClient(nats.address());
        client.line();
        client.send("CONNECT {\"verbose\":false" + options + "}\r\nPING\r\n");
        return client;
    }

    /** What the service is asked. */
    private record Question(String reply, JsonNode claims) {

        static Question next(WireClient service) throws IOException {
            String[] words = service.line().split(" ");
            assertThat(words[1]).isEqualTo("$SYS.REQ.USER.AUTH");
            String token = service.line();
            String claims = token.split("\\.")[1];
            return new Question(
                    words[3], new ObjectMapper().readTree(Base64.getUrlDecoder().decode(claims)));
        }

        String user() {
            return claims.path("nats").path("user_nkey").asText();
        }

        String server() {
            return claims.path("nats").path("server_id").path("id").asText();
        }

        void answer(WireClient service, TestKeys key, String nats) throws IOException {
            String response =
                    key.jwt(
                            user(),
                            server(),
                            "{\"type\":\"authorization_response\",\"version\":2," + nats + "}",
                            0);
            service.send("PUB " + reply + ' ' + response.length() + "\r\n" + response + "\r\n");
        }

        /** Lets the user in, into an account. */
        void accept(WireClient service, TestKeys key, String account, String rights)
                throws IOException {
            String user =
                    key.jwt(user(), account, "{\"type\":\"user\",\"version\":2" + rights + "}", 0);
            answer(service, key, "\"jwt\":\"" + user + '"');
        }
    }

    @Test
    void theServiceIsAskedWithWhatTheClientSaidAndItsAnswerPlacesIt() throws Exception {
        try (TestNats nats = TestNats.configured(CONFIGURATION);
                WireClient service = service(nats);
                WireClient client =
                        comes(
                                nats,
                                ",\"user\":\"bob\",\"pass\":\"secret\",\"name\":\"prog\","
                                        + "\"protocol\":1")) {
            Question question = Question.next(service);
            JsonNode asked = question.claims().path("nats");
            assertThat(question.claims().path("aud").asText())
                    .isEqualTo("nats-authorization-request");
            assertThat(question.claims().path("sub").asText()).isEqualTo(ISSUER.publicKey());
            assertThat(asked.path("type").asText()).isEqualTo("authorization_request");
            assertThat(asked.path("connect_opts").path("user").asText()).isEqualTo("bob");
            assertThat(asked.path("connect_opts").path("pass").asText()).isEqualTo("secret");
            assertThat(asked.path("client_info").path("name").asText()).isEqualTo("prog");
            assertThat(asked.path("client_info").path("host").asText()).isEqualTo("127.0.0.1");
            question.accept(service, ISSUER, "APP", ",\"pub\":{\"allow\":[\"ok.>\"]},\"subs\":-1");
            assertThat(client.line()).isEqualTo("PONG");
            assertThat(client.line()).contains("\"remote_account\":\"APP\"");
            assertThat(client.send("PUB ok.1 0\r\n\r\nPUB no 0\r\n\r\n").untilPong())
                    .isEqualTo("-ERR 'Permissions Violation for Publish to \"no\"'\r\n");
        }
    }

    @Test
    void usersOfTheConfigurationAreAskedAboutAsWellUnlessTheyAreTrusted() throws Exception {
        try (TestNats nats = TestNats.configured(CONFIGURATION);
                WireClient service = service(nats);
                WireClient client = comes(nats, ",\"user\":\"app\",\"pass\":\"app\"")) {
            Question.next(service).answer(service, ISSUER, "\"error\":\"not today\"");
            assertThat(client.untilClosed()).isEqualTo(REFUSED);
            try (WireClient second = service(nats)) {
                assertThat(second.untilPong()).isEmpty();
            }
        }
    }

    @Test
    void answersOfOthersOrForOthersLetNobodyIn() throws Exception {
        try (TestNats nats = TestNats.configured(CONFIGURATION);
                WireClient service = service(nats)) {
            try (WireClient client = comes(nats, ",\"user\":\"bob\"")) {
                Question.next(service).accept(service, TestKeys.of('A'), "APP", "");
                assertThat(client.untilClosed()).isEqualTo(REFUSED);
            }
            try (WireClient client = comes(nats, ",\"user\":\"bob\"")) {
                Question.next(service).accept(service, ISSUER, "NOWHERE", "");
                assertThat(client.untilClosed()).isEqualTo(REFUSED);
            }
            try (WireClient client = comes(nats, ",\"user\":\"bob\"")) {
                Question question = Question.next(service);
                String other =
                        ISSUER.jwt(
                                TestKeys.user().publicKey(),
                                "APP",
                                "{\"type\":\"user\",\"version\":2}",
                                0);
                question.answer(service, ISSUER, "\"jwt\":\"" + other + '"');
                assertThat(client.untilClosed()).isEqualTo(REFUSED);
            }
            try (WireClient client = comes(nats, ",\"user\":\"bob\"")) {
                Question question = Question.next(service);
                service.send("PUB " + question.reply() + " 4\r\njunk\r\n");
                assertThat(client.untilClosed()).isEqualTo(REFUSED);
            }
        }
    }

    @Test
    void whoGetsNoAnswerInTimeIsRefused() throws Exception {
        try (TestNats nats = TestNats.configured(CONFIGURATION)) {
            try (WireClient client = comes(nats, ",\"user\":\"bob\"")) {
                assertThat(client.untilClosed()).as("nobody serves").isEqualTo(REFUSED);
            }
            try (WireClient service = service(nats);
                    WireClient client = comes(nats, ",\"user\":\"bob\"")) {
                Question.next(service);
                assertThat(client.untilClosed()).as("nobody answers").isEqualTo(REFUSED);
            }
        }
    }

    @Test
    void theAccountOfTheServiceMayNotAskIt() throws Exception {
        try (TestNats nats = TestNats.configured(CONFIGURATION);
                WireClient service = service(nats)) {
            assertThat(service.send("PUB $SYS.REQ.USER.AUTH 0\r\n\r\n").untilPong())
                    .isEqualTo(
                            "-ERR 'Permissions Violation for Publish to"
                                    + " \"$SYS.REQ.USER.AUTH\"'\r\n");
        }
    }

    @Test
    void anAccountOfAnOperatorHasItsUsersDecidedAboutByItsOwnService() throws Exception {
        TestKeys operator = TestKeys.of('O');
        TestKeys account = TestKeys.of('A');
        TestKeys other = TestKeys.of('A');
        TestKeys auth = TestKeys.user();
        TestKeys sentinel = TestKeys.user();
        String accountJwt =
                operator.jwt(
                        account.publicKey(),
                        "{\"type\":\"account\",\"version\":2,\"authorization\":{\"auth_users\":[\""
                                + auth.publicKey()
                                + "\"],\"allowed_accounts\":[\""
                                + other.publicKey()
                                + "\"]}}");
        String otherJwt = operator.jwt(other.publicKey(), "{\"type\":\"account\",\"version\":2}");
        String bearer = "{\"type\":\"user\",\"version\":2,\"bearer_token\":true}";
        String configuration =
                "operator: "
                        + operator.jwt(operator.publicKey(), "{\"type\":\"operator\"}")
                        + "\nresolver: MEMORY\nresolver_preload: { "
                        + account.publicKey()
                        + ": "
                        + accountJwt
                        + ", "
                        + other.publicKey()
                        + ": "
                        + otherJwt
                        + " }\n";
        try (TestNats nats = TestNats.configured(configuration);
                WireClient service =
                        WireClient.connected(
                                nats.address(),
                                ",\"jwt\":\"" + account.jwt(auth.publicKey(), bearer) + '"')) {
            service.send("SUB $SYS.REQ.USER.AUTH 1\r\n").untilPong();
            String asked = ",\"jwt\":\"" + account.jwt(sentinel.publicKey(), bearer) + '"';
            try (WireClient client = comes(nats, asked + ",\"protocol\":1")) {
                Question question = Question.next(service);
                String user =
                        other.jwt(question.user(), "{\"type\":\"user\",\"version\":2,\"subs\":-1}");
                question.answer(service, account, "\"jwt\":\"" + user + '"');
                assertThat(client.line()).isEqualTo("PONG");
                assertThat(client.line())
                        .contains("\"remote_account\":\"" + other.publicKey() + '"');
            }
            try (WireClient client = comes(nats, asked)) {
                Question question = Question.next(service);
                String user =
                        other.jwt(question.user(), "{\"type\":\"user\",\"version\":2,\"subs\":-1}");
                question.answer(service, other, "\"jwt\":\"" + user + '"');
                assertThat(client.untilClosed()).isEqualTo(REFUSED);
            }
        }
    }

    @Test
    void aServiceWithAKeyIsAskedUnderSeal() throws Exception {
        String configuration =
                CONFIGURATION.replace(
                        "auth_users: [auth]",
                        "auth_users: [auth], xkey: " + TestKeys.of('X').publicKey());
        try (TestNats nats = TestNats.configured(configuration);
                WireClient service = service(nats);
                WireClient client = comes(nats, ",\"user\":\"bob\"")) {
            String[] words = service.line().split(" ");
            assertThat(words[0]).isEqualTo("HMSG");
            assertThat(service.line()).isEqualTo("NATS/1.0");
            assertThat(service.line()).startsWith("Nats-Server-Xkey: X");
            assertThat(service.line()).isEmpty();
            service.send("PUB " + words[3] + " 4\r\nxkv1\r\n");
            assertThat(client.untilClosed()).isEqualTo(REFUSED);
        }
    }

    @Test
    void aCalloutThatCannotBeStopsTheStart() {
        assertThatThrownBy(
                        () ->
                                TestNats.configured(
                                        CONFIGURATION.replace("account: AUTH", "account: GONE")))
                .hasMessageContaining("authorization callout account \"GONE\" not valid");
        assertThatThrownBy(
                        () ->
                                TestNats.configured(
                                        CONFIGURATION.replace(ISSUER.publicKey(), "nobody")))
                .hasMessageContaining("valid public account nkey");
    }
}
