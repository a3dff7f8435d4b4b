package io.polymq.kafka;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Base64;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.apache.kafka.common.message.ApiVersionsRequestData;
import org.apache.kafka.common.message.ApiVersionsResponseData;
import org.apache.kafka.common.message.MetadataRequestData;
import org.apache.kafka.common.message.MetadataResponseData;
import org.apache.kafka.common.message.SaslAuthenticateRequestData;
import org.apache.kafka.common.message.SaslAuthenticateResponseData;
import org.apache.kafka.common.message.SaslHandshakeRequestData;
import org.apache.kafka.common.message.SaslHandshakeResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The frames of SASL, in and out of order. */
class SaslTest {

    private static final String SECRET = "a-secret-of-at-least-32-bytes-for-hs256";
    private static final String USERS =
            """
            password_iterations = 1000
            scram_iterations = 4096
            users = [
              {name = "alice", password = "alice-secret"},
              {name = "bob", password = "bob-secret"},
            ]
            [auth.backoff]
            after = 0
            """;
    private static TestServer closed;
    private static TestServer both;

    @BeforeAll
    static void start() {
        closed =
                TestServer.configured(
                        "[auth]\nallow_anonymous = false\n" + USERS,
                        "[kafka_runtime.security]\nreauthenticate_after = \"90s\"");
        both =
                TestServer.configured(
                        "[auth]\nallow_anonymous = true\n" + USERS,
                        "[auth.jwt]\nalgorithms = [\"HS256\"]\nsecret = \"" + SECRET + "\"");
    }

    @AfterAll
    static void stop() {
        closed.close();
        both.close();
    }

    private static short handshake(RawClient client, String mechanism) throws IOException {
        return client.ask(
                        ApiKeys.SASL_HANDSHAKE,
                        1,
                        new SaslHandshakeRequestData().setMechanism(mechanism),
                        SaslHandshakeResponseData.class)
                .errorCode();
    }

    private static SaslAuthenticateResponseData plain(RawClient client, String user)
            throws IOException {
        return client.ask(
                ApiKeys.SASL_AUTHENTICATE,
                2,
                new SaslAuthenticateRequestData()
                        .setAuthBytes(("\0" + user + "\0" + user + "-secret").getBytes(UTF_8)),
                SaslAuthenticateResponseData.class);
    }

    private static MetadataResponseData metadata(RawClient client) throws IOException {
        return client.ask(
                ApiKeys.METADATA, 12, new MetadataRequestData(), MetadataResponseData.class);
    }

    @Test
    void anythingButVersionsAndALoginEndsTheConnection() throws IOException {
        try (RawClient client = new RawClient(closed.port())) {
            assertThat(
                            client.ask(
                                            ApiKeys.API_VERSIONS,
                                            3,
                                            new ApiVersionsRequestData()
                                                    .setClientSoftwareName("test")
                                                    .setClientSoftwareVersion("1"),
                                            ApiVersionsResponseData.class)
                                    .errorCode())
                    .isZero();
            assertThatThrownBy(() -> metadata(client)).isInstanceOf(IOException.class);
        }
        try (RawClient client = new RawClient(closed.port())) {
            assertThatThrownBy(() -> plain(client, "alice")).isInstanceOf(IOException.class);
        }
    }

    @Test
    void afterTheHandshakeOnlyTokensAreTaken() throws IOException {
        try (RawClient client = new RawClient(closed.port())) {
            assertThat(handshake(client, "PLAIN")).isZero();
            assertThatThrownBy(() -> metadata(client)).isInstanceOf(IOException.class);
        }
    }

    @Test
    void aMechanismThatIsNotOfferedIsNamedAndEndsTheConnection() throws IOException {
        try (RawClient client = new RawClient(closed.port())) {
            SaslHandshakeResponseData answer =
                    client.ask(
                            ApiKeys.SASL_HANDSHAKE,
                            1,
                            new SaslHandshakeRequestData().setMechanism("GSSAPI"),
                            SaslHandshakeResponseData.class);
            assertThat(answer.errorCode()).isEqualTo(Errors.UNSUPPORTED_SASL_MECHANISM.code());
            assertThat(answer.mechanisms())
                    .containsExactly("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", "OAUTHBEARER");
            assertThatThrownBy(() -> handshake(client, "PLAIN")).isInstanceOf(IOException.class);
        }
    }

    @Test
    void aRefusedLoginIsToldAndEndsTheConnection() throws IOException {
        try (RawClient client = new RawClient(closed.port())) {
            assertThat(handshake(client, "PLAIN")).isZero();
            SaslAuthenticateResponseData answer = plain(client, "mallory");
            assertThat(answer.errorCode()).isEqualTo(Errors.SASL_AUTHENTICATION_FAILED.code());
            assertThat(answer.errorMessage())
                    .isEqualTo("Authentication failed: Invalid username or password");
            assertThatThrownBy(() -> plain(client, "alice")).isInstanceOf(IOException.class);
        }
    }

    @Test
    void aLoginLastsAsLongAsConfigured() throws IOException {
        try (RawClient client = new RawClient(closed.port())) {
            assertThat(handshake(client, "PLAIN")).isZero();
            assertThat(plain(client, "alice").sessionLifetimeMs()).isEqualTo(90_000);
            assertThat(metadata(client).brokers()).hasSize(1);
            assertThat(plain(client, "alice").errorCode())
                    .isEqualTo(Errors.ILLEGAL_SASL_STATE.code());
            assertThat(handshake(client, "PLAIN"))
                    .as("again within a second")
                    .isEqualTo(Errors.ILLEGAL_SASL_STATE.code());
        }
    }

    @Test
    void whoLogsInAgainHasToBeTheSame() throws IOException {
        try (RawClient client = new RawClient(closed.port())) {
            assertThat(handshake(client, "PLAIN")).isZero();
            assertThat(plain(client, "alice").errorCode()).isZero();
            againOnceItMay(client);
            SaslAuthenticateResponseData answer = plain(client, "bob");
            assertThat(answer.errorCode()).isEqualTo(Errors.SASL_AUTHENTICATION_FAILED.code());
            assertThat(answer.errorMessage()).contains("Cannot change principals");
            assertThatThrownBy(() -> metadata(client)).isInstanceOf(IOException.class);
        }
        try (RawClient client = new RawClient(closed.port())) {
            assertThat(handshake(client, "PLAIN")).isZero();
            assertThat(plain(client, "alice").errorCode()).isZero();
            againOnceItMay(client);
            assertThat(plain(client, "alice").errorCode()).isZero();
            assertThat(metadata(client).brokers()).hasSize(1);
        }
    }

    private static void againOnceItMay(RawClient client) throws IOException {
        while (handshake(client, "PLAIN") != 0) {
            Thread.onSpinWait();
        }
    }

    @Test
    void clientsWithAndWithoutALoginMeetOnOnePort() throws IOException {
        try (RawClient client = new RawClient(both.port())) {
            assertThat(metadata(client).brokers()).hasSize(1);
            assertThat(handshake(client, "PLAIN"))
                    .as("too late for a login")
                    .isEqualTo(Errors.ILLEGAL_SASL_STATE.code());
        }
        try (RawClient client = new RawClient(both.port())) {
            assertThat(handshake(client, "PLAIN")).isZero();
            assertThat(plain(client, "alice").errorCode()).isZero();
            assertThat(metadata(client).brokers()).hasSize(1);
        }
        try (RawClient client = new RawClient(both.port())) {
            assertThat(handshake(client, "PLAIN")).isZero();
            assertThat(plain(client, "mallory").errorCode())
                    .isEqualTo(Errors.SASL_AUTHENTICATION_FAILED.code());
        }
    }

    @Test
    void aBearerTokenIsALoginForAsLongAsItIsValid() throws Exception {
        try (RawClient client = new RawClient(both.port())) {
            assertThat(handshake(client, "OAUTHBEARER")).isZero();
            SaslAuthenticateResponseData answer = bearer(client, token("alice", SECRET));
            assertThat(answer.errorCode()).isZero();
            assertThat(answer.sessionLifetimeMs()).isBetween(500_000L, 600_000L);
            assertThat(metadata(client).brokers()).hasSize(1);
        }
        try (RawClient client = new RawClient(both.port())) {
            assertThat(handshake(client, "OAUTHBEARER")).isZero();
            SaslAuthenticateResponseData answer =
                    bearer(client, token("alice", SECRET.replace('a', 'b')));
            assertThat(answer.errorCode()).isZero();
            assertThat(new String(answer.authBytes(), UTF_8)).contains("invalid_token");
            SaslAuthenticateResponseData end =
                    client.ask(
                            ApiKeys.SASL_AUTHENTICATE,
                            2,
                            new SaslAuthenticateRequestData().setAuthBytes(new byte[] {1}),
                            SaslAuthenticateResponseData.class);
            assertThat(end.errorCode()).isEqualTo(Errors.SASL_AUTHENTICATION_FAILED.code());
            assertThat(client.isClosedByPeer()).isTrue();
        }
    }

    private static SaslAuthenticateResponseData bearer(RawClient client, String token)
            throws IOException {
        return client.ask(
                ApiKeys.SASL_AUTHENTICATE,
                2,
                new SaslAuthenticateRequestData()
                        .setAuthBytes(
                                ("n,,\u0001auth=Bearer " + token + "\u0001\u0001").getBytes(UTF_8)),
                SaslAuthenticateResponseData.class);
    }

    private static String token(String user, String secret) throws Exception {
        Base64.Encoder base64 = Base64.getUrlEncoder().withoutPadding();
        long expires = System.currentTimeMillis() / 1000 + 600;
        String signed =
                base64.encodeToString("{\"alg\":\"HS256\"}".getBytes(UTF_8))
                        + "."
                        + base64.encodeToString(
                                ("{\"sub\":\"" + user + "\",\"exp\":" + expires + "}")
                                        .getBytes(UTF_8));
        Mac mac = Mac.getInstance("HmacSHA256");
        mac.init(new SecretKeySpec(secret.getBytes(UTF_8), "HmacSHA256"));
        return signed + "." + base64.encodeToString(mac.doFinal(signed.getBytes(UTF_8)));
    }

    @Test
    void aLoginThatHasLastedItsTimeEndsTheConnection() throws IOException {
        try (TestServer brief =
                        TestServer.configured(
                                "[auth]\nallow_anonymous = false\n" + USERS,
                                "[kafka_runtime.security]\nreauthenticate_after = \"500ms\"");
                RawClient client = new RawClient(brief.port())) {
            assertThat(handshake(client, "PLAIN")).isZero();
            assertThat(plain(client, "alice").sessionLifetimeMs()).isEqualTo(500);
            assertThatThrownBy(
                            () -> {
                                while (metadata(client).brokers().size() == 1) {
                                    Thread.onSpinWait();
                                }
                            })
                    .isInstanceOf(IOException.class);
        }
    }

    @Test
    void tokensComeWithoutHeadersAfterTheOldestHandshake() throws IOException {
        try (RawClient client = new RawClient(closed.port())) {
            assertThat(
                            client.ask(
                                            ApiKeys.SASL_HANDSHAKE,
                                            0,
                                            new SaslHandshakeRequestData().setMechanism("PLAIN"),
                                            SaslHandshakeResponseData.class)
                                    .errorCode())
                    .isZero();
            byte[] token = "\0alice\0alice-secret".getBytes(UTF_8);
            client.send(
                    ByteBuffer.allocate(4 + token.length).putInt(token.length).put(token).array());
            assertThat(client.receive().remaining()).isZero();
            assertThat(metadata(client).brokers()).hasSize(1);
        }
    }
}
