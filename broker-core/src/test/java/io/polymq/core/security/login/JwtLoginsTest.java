package io.polymq.core.security.login;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import io.polymq.config.JwtConfig;
import io.polymq.config.schema.Defaults;
import io.polymq.core.security.Credentials;
import io.polymq.core.security.Principal;
import io.polymq.core.security.Security.Reason;
import io.polymq.core.security.login.Authenticator.Verdict;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.Key;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PublicKey;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import javax.crypto.spec.SecretKeySpec;
import org.jose4j.jwk.JsonWebKey;
import org.jose4j.jwk.JsonWebKeySet;
import org.jose4j.jwk.PublicJsonWebKey;
import org.jose4j.jws.JsonWebSignature;
import org.jose4j.lang.JoseException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class JwtLoginsTest {

    private static final String SECRET =
            "a secret of at least thirty-two bytes, or even sixty-four bytes.";
    private static final long NOW = 1_800_000_000;

    @TempDir Path directory;

    private final AtomicReference<Instant> now = new AtomicReference<>(Instant.ofEpochSecond(NOW));
    private final InstantSource clock = now::get;

    private static Credentials.Peer peer() {
        return new Credentials.Peer("mqtt", new InetSocketAddress("127.0.0.1", 1), "c", null);
    }

    private static Verdict judged(JwtLogins logins, String token) {
        return logins.check(new Credentials.Token(peer(), token))
                .toCompletableFuture()
                .orTimeout(20, TimeUnit.SECONDS)
                .join();
    }

    private static Principal accepted(Verdict verdict) {
        assertThat(verdict).isInstanceOf(Verdict.Accept.class);
        return ((Verdict.Accept) verdict).principal();
    }

    private static Reason refused(Verdict verdict) {
        assertThat(verdict).isInstanceOf(Verdict.Refuse.class);
        return ((Verdict.Refuse) verdict).reason();
    }

    private static String signed(String algorithm, Key key, String keyId, String claims) {
        try {
            JsonWebSignature token = new JsonWebSignature();
            token.setPayload(claims);
            token.setKey(key);
            token.setAlgorithmHeaderValue(algorithm);
            token.setKeyIdHeaderValue(keyId);
            token.setDoKeyValidation(false);
            return token.getCompactSerialization();
        } catch (JoseException e) {
            throw new AssertionError(e);
        }
    }

    private static Key secret() {
        return new SecretKeySpec(SECRET.getBytes(StandardCharsets.UTF_8), "HMAC");
    }

    private static KeyPair pair(String type, int size) throws Exception {
        KeyPairGenerator generator = KeyPairGenerator.getInstance(type);
        if (size > 0) {
            generator.initialize(size);
        }
        return generator.generateKeyPair();
    }

    private JwtLogins shared(String... settings) {
        List<String> all = new ArrayList<>(List.of("secret=" + SECRET, "algorithms=HS256,HS512"));
        all.addAll(List.of(settings));
        return new JwtLogins(Defaults.with(JwtConfig.class, all.toArray(String[]::new)), clock);
    }

    private Path pem(PublicKey key) throws IOException {
        Path file = directory.resolve("key.pem");
        return Files.writeString(
                file,
                "-----BEGIN PUBLIC KEY-----\n"
                        + Base64.getMimeEncoder().encodeToString(key.getEncoded())
                        + "\n-----END PUBLIC KEY-----\n");
    }

    @Test
    void whoTheClientIsStandsInTheToken() {
        try (JwtLogins logins = shared("admin_group=ops", "tenant=base")) {
            Principal principal =
                    accepted(
                            judged(
                                    logins,
                                    signed(
                                            "HS256",
                                            secret(),
                                            null,
                                            "{\"sub\":\"alice\",\"groups\":[\"dev\",\"ops\"],\"exp\":"
                                                    + (NOW + 60)
                                                    + ",\"iss\":\"me\"}")));
            assertThat(principal.user()).isEqualTo("alice");
            assertThat(principal.groups()).containsExactlyInAnyOrder("dev", "ops");
            assertThat(principal.tenant()).isEqualTo("base");
            assertThat(principal.admin()).isTrue();
            assertThat(principal.attributes())
                    .containsEntry("exp", "" + (NOW + 60))
                    .containsEntry("iss", "me");
        }
    }

    @Test
    void claimsAreFoundUnderTheNamesConfigured() {
        try (JwtLogins logins =
                shared("user_claim=preferred", "groups_claim=scope", "tenant_claim=org")) {
            String claims = "{\"preferred\":\"bob\",\"scope\":\"a b\",\"org\":\"t1\"}";
            Principal principal = accepted(judged(logins, signed("HS512", secret(), null, claims)));
            assertThat(principal.user()).isEqualTo("bob");
            assertThat(principal.groups()).containsExactlyInAnyOrder("a", "b");
            assertThat(principal.tenant()).isEqualTo("t1");
            assertThat(refused(judged(logins, signed("HS512", secret(), null, "{\"sub\":\"x\"}"))))
                    .isEqualTo(Reason.BAD_CREDENTIALS);
        }
    }

    @Test
    void aTokenMayComeInPlaceOfAPassword() {
        try (JwtLogins logins = shared()) {
            byte[] token =
                    signed("HS256", secret(), null, "{\"sub\":\"alice\"}")
                            .getBytes(StandardCharsets.UTF_8);
            Verdict verdict =
                    logins.check(new Credentials.Password(peer(), "whoever", token))
                            .toCompletableFuture()
                            .join();
            assertThat(accepted(verdict).user()).isEqualTo("alice");
            assertThat(
                            logins.check(new Credentials.Password(peer(), "u", "plain".getBytes()))
                                    .toCompletableFuture()
                                    .join())
                    .isEqualTo(Verdict.ABSTAIN);
            assertThat(judged(logins, "opaque-token")).isEqualTo(Verdict.ABSTAIN);
        }
    }

    @Test
    void timesAreCheckedWithinTheSkew() {
        try (JwtLogins logins = shared("skew=30s")) {
            String expired = "{\"sub\":\"a\",\"exp\":" + (NOW - 40) + "}";
            String lately = "{\"sub\":\"a\",\"exp\":" + (NOW - 20) + "}";
            String early = "{\"sub\":\"a\",\"nbf\":" + (NOW + 40) + "}";
            String soon = "{\"sub\":\"a\",\"nbf\":" + (NOW + 20) + "}";
            assertThat(refused(judged(logins, signed("HS256", secret(), null, expired))))
                    .isEqualTo(Reason.EXPIRED);
            accepted(judged(logins, signed("HS256", secret(), null, lately)));
            assertThat(refused(judged(logins, signed("HS256", secret(), null, early))))
                    .isEqualTo(Reason.BAD_CREDENTIALS);
            accepted(judged(logins, signed("HS256", secret(), null, soon)));
        }
    }

    @Test
    void issuerAudienceAndClaimsAreRequiredWhereConfigured() {
        JwtConfig strict =
                new JwtConfig(
                        List.of("HS256"),
                        new io.polymq.config.schema.Secret(SECRET),
                        null,
                        null,
                        null,
                        java.time.Duration.ofMinutes(1),
                        java.time.Duration.ofSeconds(1),
                        "me",
                        List.of("mq", "other"),
                        java.time.Duration.ZERO,
                        "sub",
                        "groups",
                        "tenant",
                        "default",
                        "",
                        java.util.Map.of("kind", "device"));
        try (JwtLogins logins = new JwtLogins(strict, clock)) {
            String good =
                    "{\"sub\":\"a\",\"iss\":\"me\",\"aud\":[\"mq\"],\"kind\":[\"x\",\"device\"]}";
            accepted(judged(logins, signed("HS256", secret(), null, good)));
            for (String bad :
                    List.of(
                            good.replace("me", "you"),
                            good.replace("\"iss\":\"me\",", ""),
                            good.replace("\"mq\"", "\"web\""),
                            good.replace(",\"aud\":[\"mq\"]", ""),
                            good.replace("device", "person"),
                            good.replace(",\"kind\":[\"x\",\"device\"]", ""))) {
                assertThat(refused(judged(logins, signed("HS256", secret(), null, bad))))
                        .as(bad)
                        .isEqualTo(Reason.BAD_CREDENTIALS);
            }
        }
    }

    @ParameterizedTest
    @CsvSource({
        "RS256,RSA,2048",
        "PS384,RSA,2048",
        "ES256,EC,256",
        "ES512,EC,521",
        "EdDSA,Ed25519,0"
    })
    void everyKindOfPublicKeyWorks(String algorithm, String type, int size) throws Exception {
        KeyPair pair = pair(type, size);
        JwtConfig config =
                Defaults.with(
                        JwtConfig.class,
                        "public_key=" + pem(pair.getPublic()),
                        "algorithms=" + algorithm);
        try (JwtLogins logins = new JwtLogins(config, clock)) {
            String token = signed(algorithm, pair.getPrivate(), null, "{\"sub\":\"a\"}");
            assertThat(accepted(judged(logins, token)).user()).isEqualTo("a");
            String forged =
                    signed(algorithm, pair(type, size).getPrivate(), null, "{\"sub\":\"a\"}");
            assertThat(refused(judged(logins, forged))).isEqualTo(Reason.BAD_CREDENTIALS);
            String cut = token.substring(0, token.lastIndexOf('.') + 1);
            assertThat(refused(judged(logins, cut))).isEqualTo(Reason.BAD_CREDENTIALS);
        }
    }

    @Test
    void noTokenChoosesHowItIsChecked() throws Exception {
        KeyPair pair = pair("RSA", 2_048);
        JwtConfig config =
                Defaults.with(
                        JwtConfig.class, "public_key=" + pem(pair.getPublic()), "algorithms=RS256");
        try (JwtLogins logins = new JwtLogins(config, clock)) {
            Key publicAsSecret = new SecretKeySpec(pair.getPublic().getEncoded(), "HMAC");
            assertThat(
                            refused(
                                    judged(
                                            logins,
                                            signed(
                                                    "HS256",
                                                    publicAsSecret,
                                                    null,
                                                    "{\"sub\":\"a\"}"))))
                    .isEqualTo(Reason.BAD_CREDENTIALS);
            assertThat(
                            refused(
                                    judged(
                                            logins,
                                            signed(
                                                    "RS512",
                                                    pair.getPrivate(),
                                                    null,
                                                    "{\"sub\":\"a\"}"))))
                    .isEqualTo(Reason.BAD_CREDENTIALS);
            Base64.Encoder base64 = Base64.getUrlEncoder().withoutPadding();
            String unsigned =
                    base64.encodeToString("{\"alg\":\"none\"}".getBytes())
                            + "."
                            + base64.encodeToString("{\"sub\":\"a\"}".getBytes())
                            + ".";
            assertThat(refused(judged(logins, unsigned))).isEqualTo(Reason.BAD_CREDENTIALS);
            assertThat(refused(judged(logins, "eyJ.x.y"))).isEqualTo(Reason.BAD_CREDENTIALS);
        }
    }

    @Test
    void aSecretAndPublicKeysAreNotMixed() {
        assertThatThrownBy(() -> Defaults.with(JwtConfig.class, "secret=x", "algorithms=RS256"))
                .hasMessageContaining("HS256");
        assertThatThrownBy(() -> Defaults.with(JwtConfig.class, "public_key=x", "algorithms=HS256"))
                .hasMessageContaining("no public key");
        assertThatThrownBy(() -> Defaults.with(JwtConfig.class))
                .hasMessageContaining("needs one of secret");
        assertThatThrownBy(
                        () ->
                                new JwtLogins(
                                        Defaults.with(
                                                JwtConfig.class, "jwks_file=/nowhere/keys.json"),
                                        clock))
                .hasMessageContaining("/nowhere/keys.json");
    }

    private static String set(KeyPair pair, String id) throws JoseException {
        PublicJsonWebKey key = PublicJsonWebKey.Factory.newPublicJwk(pair.getPublic());
        key.setKeyId(id);
        return new JsonWebKeySet(key).toJson(JsonWebKey.OutputControlLevel.PUBLIC_ONLY);
    }

    @Test
    void aKeySetsFileIsReadAgainWhenItChanges() throws Exception {
        KeyPair one = pair("EC", 256);
        KeyPair two = pair("Ed25519", 0);
        Path file = directory.resolve("jwks.json");
        Files.writeString(file, set(one, "1"));
        try (JwtLogins logins =
                new JwtLogins(Defaults.with(JwtConfig.class, "jwks_file=" + file), clock)) {
            String first = signed("ES256", one.getPrivate(), "1", "{\"sub\":\"a\"}");
            String second = signed("EdDSA", two.getPrivate(), "2", "{\"sub\":\"b\"}");
            accepted(judged(logins, first));
            assertThat(refused(judged(logins, second))).isEqualTo(Reason.BAD_CREDENTIALS);
            Files.writeString(file, set(two, "2"));
            Files.setLastModifiedTime(file, java.nio.file.attribute.FileTime.fromMillis(1_000_000));
            accepted(judged(logins, second));
            assertThat(refused(judged(logins, first))).isEqualTo(Reason.BAD_CREDENTIALS);
        }
    }

    @Test
    void aKeySetsAddressIsAskedWhenNeededAndNotForEveryForgery() throws Exception {
        KeyPair one = pair("EC", 256);
        KeyPair two = pair("EC", 256);
        AtomicReference<String> served = new AtomicReference<>(set(one, "1"));
        AtomicInteger status = new AtomicInteger(500);
        AtomicInteger asked = new AtomicInteger();
        HttpServer server =
                HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext(
                "/jwks",
                exchange -> {
                    asked.incrementAndGet();
                    byte[] body = served.get().getBytes(StandardCharsets.UTF_8);
                    exchange.sendResponseHeaders(status.get(), body.length);
                    exchange.getResponseBody().write(body);
                    exchange.close();
                });
        server.start();
        String url = "http://127.0.0.1:" + server.getAddress().getPort() + "/jwks";
        try (JwtLogins logins =
                new JwtLogins(Defaults.with(JwtConfig.class, "jwks_url=" + url), clock)) {
            String first = signed("ES256", one.getPrivate(), "1", "{\"sub\":\"a\"}");
            String second = signed("ES256", two.getPrivate(), "2", "{\"sub\":\"b\"}");
            assertThat(refused(judged(logins, first))).isEqualTo(Reason.UNAVAILABLE);
            status.set(200);
            now.updateAndGet(t -> t.plusSeconds(2));
            accepted(judged(logins, first));
            assertThat(asked).hasValue(2);
            for (int i = 0; i < 20; i++) {
                assertThat(refused(judged(logins, second))).isEqualTo(Reason.BAD_CREDENTIALS);
            }
            assertThat(asked).hasValue(2);
            served.set(set(two, "2"));
            now.updateAndGet(t -> t.plusSeconds(11));
            accepted(judged(logins, second));
            assertThat(asked).hasValue(3);
            status.set(503);
            now.updateAndGet(t -> t.plusSeconds(3_600));
            accepted(judged(logins, second));
            assertThat(asked).hasValue(4);
        } finally {
            server.stop(0);
        }
    }
}
