package io.polymq.nats;

import static org.assertj.core.api.Assertions.assertThat;

import io.polymq.nats.account.TestKeys;
import java.io.IOException;
import org.junit.jupiter.api.Test;

class NatsLoginTest {

    private static final String REFUSED = "-ERR 'Authorization Violation'\r\n";

    private static String tried(TestNats nats, String connect) throws IOException {
        try (WireClient client = new WireClient(nats.address())) {
            client.line();
            client.send("CONNECT {\"verbose\":false" + connect + "}\r\nPING\r\n");
            String first = client.line();
            return first.equals("PONG") ? first : first + "\r\n" + client.untilClosed();
        }
    }

    @Test
    void aTokenIsTakenAsSuchAndAsTheUsersName() throws Exception {
        try (TestNats nats = TestNats.configured("authorization { token: s3cr3t }")) {
            assertThat(tried(nats, ",\"auth_token\":\"s3cr3t\"")).isEqualTo("PONG");
            assertThat(tried(nats, ",\"user\":\"s3cr3t\"")).isEqualTo("PONG");
            assertThat(tried(nats, ",\"auth_token\":\"guess\"")).isEqualTo(REFUSED);
            assertThat(tried(nats, "")).isEqualTo(REFUSED);
        }
    }

    @Test
    void aBcryptHashStandsForItsPassword() throws Exception {
        String hash =
                at.favre.lib.crypto.bcrypt.BCrypt.withDefaults()
                        .hashToString(4, "pw".toCharArray());
        try (TestNats nats =
                TestNats.configured(
                        "authorization { users: [{user: u, password: \"" + hash + "\"}] }")) {
            assertThat(tried(nats, ",\"user\":\"u\",\"pass\":\"pw\"")).isEqualTo("PONG");
            assertThat(tried(nats, ",\"user\":\"u\",\"pass\":\"pv\"")).isEqualTo(REFUSED);
            assertThat(tried(nats, ",\"user\":\"v\",\"pass\":\"pw\"")).isEqualTo(REFUSED);
        }
    }

    @Test
    void whoSaysNothingIsTheNoAuthUser() throws Exception {
        try (TestNats nats =
                TestNats.configured(
                        "authorization { users: [{user: u, password: p}] }\nno_auth_user: u")) {
            try (WireClient client = new WireClient(nats.address())) {
                assertThat(client.line()).doesNotContain("auth_required");
                assertThat(client.send("SUB a 1\r\n").untilPong()).isEqualTo("+OK\r\n");
            }
            assertThat(tried(nats, ",\"user\":\"u\",\"pass\":\"wrong\"")).isEqualTo(REFUSED);
        }
    }

    @Test
    void anNkeyProvesItselfBySigningTheNonce() throws Exception {
        TestKeys user = TestKeys.user();
        try (TestNats nats =
                        TestNats.configured(
                                "authorization { users: [{nkey: " + user.publicKey() + "}] }");
                WireClient client = new WireClient(nats.address());
                WireClient cheat = new WireClient(nats.address())) {
            client.send(
                    "CONNECT {\"verbose\":false,\"nkey\":\""
                            + user.publicKey()
                            + "\",\"sig\":\""
                            + user.sign(nonce(client.line()))
                            + "\"}\r\n");
            assertThat(client.untilPong()).isEmpty();
            cheat.send(
                    "CONNECT {\"nkey\":\""
                            + user.publicKey()
                            + "\",\"sig\":\""
                            + TestKeys.user().sign(nonce(cheat.line()))
                            + "\"}\r\n");
            assertThat(cheat.untilClosed()).isEqualTo(REFUSED);
        }
    }

    private static String nonce(String info) {
        return info.replaceAll(".*\"nonce\":\"([^\"]*)\".*", "$1");
    }

    @Test
    void anAccountsUserProvesItselfByItsJwt() throws Exception {
        TestKeys operator = TestKeys.of('O');
        TestKeys account = TestKeys.of('A');
        TestKeys user = TestKeys.user();
        String operatorJwt =
                operator.jwt(operator.publicKey(), "{\"type\":\"operator\",\"version\":2}");
        String accountJwt =
                operator.jwt(
                        account.publicKey(),
                        "{\"type\":\"account\",\"version\":2,\"limits\":{\"conn\":-1,\"subs\":-1}}");
        String userJwt =
                account.jwt(
                        user.publicKey(),
                        "{\"type\":\"user\",\"version\":2,\"subs\":-1,\"pub\":{\"deny\":[\"no.>\"]}}");
        String stranger =
                TestKeys.of('A').jwt(user.publicKey(), "{\"type\":\"user\",\"version\":2}");
        String configuration =
                "operator: "
                        + operatorJwt
                        + "\nresolver: MEMORY\nresolver_preload: { "
                        + account.publicKey()
                        + ": "
                        + accountJwt
                        + " }\n";
        try (TestNats nats = TestNats.configured(configuration);
                WireClient client = new WireClient(nats.address());
                WireClient cheat = new WireClient(nats.address())) {
            String info = client.line();
            assertThat(info).contains("\"auth_required\":true");
            client.send(
                    "CONNECT {\"verbose\":false,\"protocol\":1,\"jwt\":\""
                            + userJwt
                            + "\",\"sig\":\""
                            + user.sign(nonce(info))
                            + "\"}\r\nPUB no.x 0\r\n\r\n");
            assertThat(client.untilPong())
                    .isEqualTo("-ERR 'Permissions Violation for Publish to \"no.x\"'\r\n");
            assertThat(client.line()).contains("\"remote_account\":\"" + account.publicKey() + '"');
            cheat.send(
                    "CONNECT {\"jwt\":\""
                            + stranger
                            + "\",\"sig\":\""
                            + user.sign(nonce(cheat.line()))
                            + "\"}\r\n");
            assertThat(cheat.untilClosed()).isEqualTo(REFUSED);
        }
    }

    @Test
    void aUserWhoseTimeIsOverIsToldSo() throws Exception {
        TestKeys operator = TestKeys.of('O');
        TestKeys account = TestKeys.of('A');
        TestKeys user = TestKeys.user();
        String accountJwt =
                operator.jwt(account.publicKey(), "{\"type\":\"account\",\"version\":2}");
        String userJwt =
                account.jwt(
                        user.publicKey(),
                        "{\"type\":\"user\",\"version\":2,\"bearer_token\":true}",
                        System.currentTimeMillis() / 1000 + 2);
        String configuration =
                "operator: "
                        + operator.jwt(operator.publicKey(), "{\"type\":\"operator\"}")
                        + "\nresolver: MEMORY\nresolver_preload: { "
                        + account.publicKey()
                        + ": "
                        + accountJwt
                        + " }\n";
        try (TestNats nats = TestNats.configured(configuration);
                WireClient client = new WireClient(nats.address())) {
            client.line();
            client.send("CONNECT {\"verbose\":false,\"jwt\":\"" + userJwt + "\"}\r\n");
            assertThat(client.untilPong()).isEmpty();
            assertThat(client.untilClosed()).isEqualTo("-ERR 'User Authentication Expired'\r\n");
        }
    }
}
