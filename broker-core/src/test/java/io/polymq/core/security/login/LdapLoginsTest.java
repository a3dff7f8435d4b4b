package io.polymq.core.security.login;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.unboundid.ldap.listener.InMemoryDirectoryServer;
import com.unboundid.ldap.listener.InMemoryDirectoryServerConfig;
import com.unboundid.ldap.listener.InMemoryListenerConfig;
import io.polymq.config.LdapConfig;
import io.polymq.config.schema.Defaults;
import io.polymq.core.security.Credentials;
import io.polymq.core.security.Principal;
import io.polymq.core.security.Security.Reason;
import io.polymq.core.security.login.Authenticator.Verdict;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LdapLoginsTest {

    private static final String PEOPLE = "ou=people,dc=example,dc=org";
    private InMemoryDirectoryServer directory;

    @BeforeEach
    void start() throws Exception {
        InMemoryDirectoryServerConfig config =
                new InMemoryDirectoryServerConfig("dc=example,dc=org");
        config.setListenerConfigs(
                InMemoryListenerConfig.createLDAPConfig(
                        "test", InetAddress.getLoopbackAddress(), 0, null));
        config.setSchema(null);
        config.addAdditionalBindCredentials("cn=broker,dc=example,dc=org", "reader");
        directory = new InMemoryDirectoryServer(config);
        directory.add("dn: dc=example,dc=org", "objectClass: domain", "dc: example");
        directory.add("dn: " + PEOPLE, "objectClass: organizationalUnit", "ou: people");
        directory.add(
                "dn: uid=alice," + PEOPLE,
                "objectClass: inetOrgPerson",
                "uid: alice",
                "userPassword: wonder",
                "memberOf: cn=ops,ou=groups,dc=example,dc=org",
                "memberOf: plain");
        directory.add(
                "dn: uid=bob," + PEOPLE,
                "objectClass: inetOrgPerson",
                "uid: bob",
                "userPassword: builder");
        directory.startListening();
    }

    @AfterEach
    void stop() {
        directory.shutDown(true);
    }

    private LdapLogins logins(String... settings) {
        List<String> all =
                new ArrayList<>(List.of("url=ldap://127.0.0.1:" + directory.getListenPort()));
        all.addAll(List.of(settings));
        return new LdapLogins(
                Defaults.with(LdapConfig.class, all.toArray(String[]::new)),
                () -> Instant.EPOCH,
                new SecureRandom());
    }

    private LdapLogins byName(String... settings) {
        List<String> all = new ArrayList<>(List.of("user_dn=uid=%u," + PEOPLE));
        all.addAll(List.of(settings));
        return logins(all.toArray(String[]::new));
    }

    private LdapLogins bySearch() {
        return logins(
                "search_base=" + PEOPLE,
                "bind_dn=cn=broker,dc=example,dc=org",
                "bind_password=reader");
    }

    private static Verdict login(LdapLogins logins, String user, String password) {
        Credentials.Peer peer =
                new Credentials.Peer("amqp", new InetSocketAddress("127.0.0.1", 1), "", null);
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
    void whoCanBindIsInWithItsGroups() {
        try (LdapLogins logins = byName("admin_group=ops", "tenant=corp")) {
            Principal alice = ((Verdict.Accept) login(logins, "alice", "wonder")).principal();
            assertThat(alice.user()).isEqualTo("alice");
            assertThat(alice.tenant()).isEqualTo("corp");
            assertThat(alice.groups()).containsExactlyInAnyOrder("ops", "plain");
            assertThat(alice.admin()).isTrue();
            assertThat(((Verdict.Accept) login(logins, "bob", "builder")).principal().admin())
                    .isFalse();
            assertThat(refused(login(logins, "alice", "builder")))
                    .isEqualTo(Reason.BAD_CREDENTIALS);
            assertThat(refused(login(logins, "carol", "x"))).isEqualTo(Reason.BAD_CREDENTIALS);
        }
    }

    @Test
    void usersCanBeSearchedFor() {
        try (LdapLogins logins = bySearch()) {
            assertThat(login(logins, "alice", "wonder")).isInstanceOf(Verdict.Accept.class);
            assertThat(refused(login(logins, "alice", "x"))).isEqualTo(Reason.BAD_CREDENTIALS);
            assertThat(login(logins, "carol", "x")).isEqualTo(Verdict.ABSTAIN);
        }
    }

    @Test
    void anEmptyPasswordIsNoLoginThoughDirectoriesTakeItForOne() {
        try (LdapLogins logins = byName()) {
            assertThat(refused(login(logins, "alice", ""))).isEqualTo(Reason.BAD_CREDENTIALS);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "*",
                "alice)(uid=*",
                "*)(|(uid=*",
                "alice,ou=people",
                "ali*",
                "\\61lice",
                "al\0ice"
            })
    void noNameReachesAnotherEntry(String name) {
        try (LdapLogins search = bySearch();
                LdapLogins template = byName()) {
            assertThat(login(search, name, "wonder")).isNotInstanceOf(Verdict.Accept.class);
            assertThat(login(template, name, "wonder")).isNotInstanceOf(Verdict.Accept.class);
        }
    }

    @Test
    void whatWentWellIsRemembered() {
        try (LdapLogins logins = byName()) {
            login(logins, "alice", "wonder");
            directory.shutDown(true);
            assertThat(login(logins, "alice", "wonder")).isInstanceOf(Verdict.Accept.class);
            assertThat(refused(login(logins, "alice", "x"))).isEqualTo(Reason.UNAVAILABLE);
        }
    }

    @Test
    void aDirectoryThatHangsCostsOnlyTheTimeThatIsSet() throws Exception {
        try (ServerSocket silent = new ServerSocket(0, 10, InetAddress.getLoopbackAddress());
                LdapLogins logins =
                        new LdapLogins(
                                Defaults.with(
                                        LdapConfig.class,
                                        "url=ldap://127.0.0.1:" + silent.getLocalPort(),
                                        "user_dn=uid=%u," + PEOPLE,
                                        "timeout=200ms"),
                                () -> Instant.EPOCH,
                                new SecureRandom())) {
            assertThat(refused(login(logins, "alice", "wonder"))).isEqualTo(Reason.UNAVAILABLE);
        }
    }

    @Test
    void whatMakesNoSenseIsRefused() {
        assertThatThrownBy(() -> logins()).hasMessageContaining("either user_dn or search_base");
        assertThatThrownBy(() -> logins("user_dn=uid=x")).hasMessageContaining("%u");
        assertThatThrownBy(() -> logins("search_base=x", "search_filter=(uid=x)"))
                .hasMessageContaining("{0}");
    }
}
