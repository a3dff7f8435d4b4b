package io.polymq.core.security.login;

import static org.assertj.core.api.Assertions.assertThat;

import io.polymq.config.CertificateLoginConfig;
import io.polymq.config.schema.Defaults;
import io.polymq.core.security.Credentials;
import io.polymq.core.security.Security.Reason;
import io.polymq.core.security.login.Authenticator.Verdict;
import io.polymq.core.security.users.User;
import io.polymq.core.security.users.UserStore;
import io.polymq.meta.NodeCache;
import io.polymq.meta.embedded.MemoryMetadata;
import java.io.ByteArrayInputStream;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CertificateLoginsTest {

    /** CN=device-7, O=Acme, C=DE; DNS d7.example, e-mail d7@example.org, URI urn:dev:7. */
    private static final String PEM =
            """
            -----BEGIN CERTIFICATE-----
            MIIB6DCCAY+gAwIBAgIUeQgual8lwW/8gSxoyElSY39zzUIwCgYIKoZIzj0EAwIw
            LzELMAkGA1UEBhMCREUxDTALBgNVBAoMBEFjbWUxETAPBgNVBAMMCGRldmljZS03
            MCAXDTI2MTEyMTAxMzMwOVoYDzIxMjYxMDI4MDEzMzA5WjAvMQswCQYDVQQGEwJE
            RTENMAsGA1UECgwEQWNtZTERMA8GA1UEAwwIZGV2aWNlLTcwWTATBgcqhkjOPQIB
            BggqhkjOPQMBBwNCAAQmWe+n0I0PKdT2DqsHOKgnROldRs84FYM9yBI4tq6tXD+s
            TFZO/8XGKR8ghQCbS7PBlY7Kz9XE59BgYQAIkGJno4GGMIGDMB0GA1UdDgQWBBSy
            2+AbLOAmlbZoDpCRxRCkP2QrLTAfBgNVHSMEGDAWgBSy2+AbLOAmlbZoDpCRxRCk
            P2QrLTAPBgNVHRMBAf8EBTADAQH/MDAGA1UdEQQpMCeCCmQ3LmV4YW1wbGWBDmQ3
            QGV4YW1wbGUub3Jnhgl1cm46ZGV2OjcwCgYIKoZIzj0EAwIDRwAwRAIgHDC1MRic
            oWb5nlbmKUBbCOEWgBM2T86+6vVnCqxTBrUCIGlw7hKnZi/u/EtjJcQRc6QlR5Vy
            aJJpOYIUxKn9d9D2
            -----END CERTIFICATE-----
            """;

    private final NodeCache cache = new NodeCache(new MemoryMetadata());
    private final UserStore users =
            new UserStore(
                    cache,
                    List.of(
                            User.named("d7.example").in("field").withGroups(Set.of("devices")),
                            User.named("urn:dev:7").enabled(false)));

    private static X509Certificate certificate() throws CertificateException {
        return (X509Certificate)
                CertificateFactory.getInstance("X.509")
                        .generateCertificate(
                                new ByteArrayInputStream(PEM.getBytes(StandardCharsets.UTF_8)));
    }

    private static Credentials.Peer peer() throws CertificateException {
        return new Credentials.Peer(
                "mqtt", new InetSocketAddress("127.0.0.1", 1), "c", certificate());
    }

    private Verdict judged(String... settings) throws CertificateException {
        CertificateLoginConfig config = Defaults.with(CertificateLoginConfig.class, settings);
        return new CertificateLogins(config, users)
                .check(new Credentials.None(peer()))
                .toCompletableFuture()
                .join();
    }

    @ParameterizedTest
    @CsvSource({
        "cn,device-7",
        "dn,'CN=device-7,O=Acme,C=DE'",
        "dns,d7.example",
        "email,d7@example.org"
    })
    void theNameIsTakenFromWhereTheConfigurationSays(String from, String expected)
            throws CertificateException {
        Verdict verdict = judged("name=" + from);
        assertThat(verdict).isInstanceOf(Verdict.Accept.class);
        assertThat(((Verdict.Accept) verdict).principal().user()).isEqualTo(expected);
    }

    @Test
    void aKnownUserIsWhatWeKnowOfIt() throws CertificateException {
        Verdict.Accept accept = (Verdict.Accept) judged("name=dns", "tenant=x");
        assertThat(accept.principal().tenant()).isEqualTo("field");
        assertThat(accept.principal().groups()).containsExactly("devices");
        Verdict.Refuse disabled = (Verdict.Refuse) judged("name=uri");
        assertThat(disabled.reason()).isEqualTo(Reason.BANNED);
    }

    @Test
    void anUnknownOneIsLetInOrNotAsConfigured() throws CertificateException {
        Verdict.Accept accept = (Verdict.Accept) judged("tenant=x", "groups=a,b");
        assertThat(accept.principal().tenant()).isEqualTo("x");
        assertThat(accept.principal().groups()).containsExactlyInAnyOrder("a", "b");
        assertThat(accept.principal().admin()).isFalse();
        assertThat(judged("known_users_only=true")).isInstanceOf(Verdict.Refuse.class);
    }

    @Test
    void itSpeaksOnlyForThoseWhoBringNothingElse() throws CertificateException {
        CertificateLogins logins =
                new CertificateLogins(Defaults.with(CertificateLoginConfig.class), users);
        Credentials password = new Credentials.Password(peer(), "u", new byte[1]);
        assertThat(logins.check(password).toCompletableFuture().join()).isEqualTo(Verdict.ABSTAIN);
        Credentials bare =
                new Credentials.None(
                        new Credentials.Peer(
                                "mqtt", new InetSocketAddress("127.0.0.1", 1), "c", null));
        assertThat(logins.check(bare).toCompletableFuture().join()).isEqualTo(Verdict.ABSTAIN);
    }
}
