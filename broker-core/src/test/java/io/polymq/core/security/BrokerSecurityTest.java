package io.polymq.core.security;

import static io.polymq.core.security.Door.HERE;
import static io.polymq.core.security.Door.done;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.polymq.core.security.Security.Action;
import io.polymq.core.security.Security.AuthResult;
import io.polymq.core.security.Security.Reason;
import io.polymq.core.security.Security.Resource;
import io.polymq.core.security.Security.Resource.Kind;
import io.polymq.core.security.login.Ban;
import io.polymq.core.security.rules.NamePattern;
import io.polymq.core.security.rules.Rule;
import io.polymq.core.security.rules.Who;
import io.polymq.core.security.users.User;
import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class BrokerSecurityTest {

    private static final String ALICE =
            """
            [[auth.users]]
            name = "alice"
            password = "wonder"
            groups = ["readers"]
            """;

    private static Principal accepted(AuthResult result) {
        assertThat(result).isInstanceOf(AuthResult.Accepted.class);
        return ((AuthResult.Accepted) result).principal();
    }

    private static Reason refused(AuthResult result) {
        assertThat(result).isInstanceOf(AuthResult.Refused.class);
        return ((AuthResult.Refused) result).reason();
    }

    @Test
    void withoutUsersAndOnLoopbackEveryLoginIsTheAnonymousOne() {
        try (Door door = new Door(true)) {
            assertThat(door.security.isOpen()).isTrue();
            assertThat(door.security.loginRequired()).isFalse();
            assertThat(accepted(door.nobody())).isEqualTo(Principal.ANONYMOUS);
            assertThat(accepted(door.password("guest", "guest"))).isEqualTo(Principal.ANONYMOUS);
            assertThat(accepted(done(door.security.authenticate(new Credentials.Token(HERE, "x")))))
                    .isEqualTo(Principal.ANONYMOUS);
            assertThat(door.may("anonymous", Action.WRITE, "a.b")).isTrue();
            assertThat(door.may("anonymous", Action.CREATE, Kind.TOPIC, "t")).isTrue();
            assertThat(door.may("anonymous", Action.READ, Kind.TENANT, "other")).isTrue();
            assertThat(door.may("anonymous", Action.ADMIN, Kind.CLUSTER, "")).isFalse();
        }
    }

    @Test
    void whereNamesAreBelievedRulesTellThemApartButNobodyIsTheAdministrator() {
        try (Door door = new Door(true, "believe_names = true")) {
            assertThat(door.password("carol", "whatever"))
                    .isEqualTo(new AuthResult.Accepted(Principal.believed("carol")));
            assertThat(Principal.believed("carol").isProven()).isFalse();
            assertThat(door.nobody()).isEqualTo(new AuthResult.Accepted(Principal.ANONYMOUS));
            assertThat(door.password("admin", "guess"))
                    .isEqualTo(new AuthResult.Accepted(Principal.ANONYMOUS));
        }
        try (Door door = new Door(true, "believe_names = true", ALICE)) {
            assertThat(door.password("carol", "whatever")).isInstanceOf(AuthResult.Refused.class);
        }
    }

    @Test
    void theFirstAdministratorIsMadeUpOnceAndGetsInThroughTheOpenDoor() {
        try (Door door = new Door(true)) {
            String password = door.security.generatedPassword().orElseThrow();
            assertThat(password).hasSize(24);
            Principal admin = accepted(door.password("admin", password));
            assertThat(admin.admin()).isTrue();
            assertThat(
                            door.security.allows(
                                    admin, HERE, Action.ADMIN, new Resource(Kind.CLUSTER, "")))
                    .isTrue();
            assertThat(accepted(door.password("admin", "guess"))).isEqualTo(Principal.ANONYMOUS);
            Credentials.Peer http = Door.peer("admin", "127.0.0.1", "");
            assertThat(refused(door.password(http, "admin", "guess")))
                    .isEqualTo(Reason.BAD_CREDENTIALS);
            assertThat(refused(door.password(http, "guest", "guest")))
                    .isEqualTo(Reason.BAD_CREDENTIALS);
            SecurityBuilder again =
                    new SecurityBuilder(
                            Door.config(),
                            door.cache,
                            true,
                            door.clock,
                            new java.security.SecureRandom(),
                            new io.prometheus.metrics.model.registry.PrometheusRegistry());
            try (BrokerSecurity second = again.build()) {
                assertThat(second.generatedPassword()).isEmpty();
            }
        }
    }

    @Test
    void aConfiguredAdministratorIsNotMadeUp() {
        try (Door door = new Door(true, "[auth.admin]", "user = \"root\"", "password = \"toor\"")) {
            assertThat(door.security.generatedPassword()).isEmpty();
            assertThat(accepted(door.password("root", "toor")).admin()).isTrue();
            assertThat(door.security.isOpen()).isTrue();
        }
    }

    @Test
    void reachableFromElsewhereNobodyGetsInAnonymously() {
        try (Door door = new Door(false)) {
            assertThat(door.security.loginRequired()).isTrue();
            assertThat(refused(door.nobody())).isEqualTo(Reason.BAD_CREDENTIALS);
            assertThat(refused(door.password("guest", "guest"))).isEqualTo(Reason.BAD_CREDENTIALS);
        }
        try (Door door = new Door(false, "allow_anonymous = true")) {
            assertThat(accepted(door.nobody())).isEqualTo(Principal.ANONYMOUS);
            assertThat(accepted(door.password("guest", "guest"))).isEqualTo(Principal.ANONYMOUS);
        }
        try (Door door = new Door(true, "allow_anonymous = false")) {
            assertThat(door.security.loginRequired()).isTrue();
            assertThat(refused(door.nobody())).isEqualTo(Reason.BAD_CREDENTIALS);
        }
    }

    @Test
    void theFirstUserClosesTheDoor() {
        try (Door door = new Door(true)) {
            User bob =
                    door.security
                            .passwords()
                            .set(User.named("bob"), "builder".getBytes(StandardCharsets.UTF_8));
            assertThat(done(door.security.users().add(bob))).isTrue();
            assertThat(door.security.isOpen()).isFalse();
            assertThat(door.security.loginRequired()).isTrue();
            assertThat(refused(door.nobody())).isEqualTo(Reason.BAD_CREDENTIALS);
            assertThat(refused(door.password("guest", "guest"))).isEqualTo(Reason.BAD_CREDENTIALS);
            assertThat(refused(door.password("bob", "guest"))).isEqualTo(Reason.BAD_CREDENTIALS);
            assertThat(accepted(door.password("bob", "builder")).user()).isEqualTo("bob");
            assertThat(done(door.security.users().delete("bob"))).isTrue();
            assertThat(door.security.isOpen()).isTrue();
        }
    }

    @Test
    void anonymousAndUsersStandSideBySideWhenWrittenOut() {
        try (Door door = new Door(false, "allow_anonymous = true", ALICE)) {
            assertThat(accepted(door.nobody())).isEqualTo(Principal.ANONYMOUS);
            assertThat(refused(door.password("alice", "wrong"))).isEqualTo(Reason.BAD_CREDENTIALS);
            assertThat(refused(door.password("guest", "guest"))).isEqualTo(Reason.BAD_CREDENTIALS);
            assertThat(accepted(door.password("alice", "wonder")).groups())
                    .containsExactly("readers");
        }
    }

    @Test
    void aChangedPasswordHoldsAtOnceThoughTheOldOneWasRemembered() {
        try (Door door = new Door(true)) {
            var users = door.security.users();
            User bob = User.named("bob");
            done(users.put(door.security.passwords().set(bob, "one".getBytes())));
            accepted(door.password("bob", "one"));
            accepted(door.password("bob", "one"));
            done(users.put(door.security.passwords().set(bob, "two".getBytes())));
            assertThat(refused(door.password("bob", "one"))).isEqualTo(Reason.BAD_CREDENTIALS);
            accepted(door.password("bob", "two"));
            done(users.change("bob", user -> user.enabled(false)));
            assertThat(refused(door.password("bob", "two"))).isEqualTo(Reason.BANNED);
            assertThat(refused(door.password("bob", "one"))).isEqualTo(Reason.BAD_CREDENTIALS);
        }
    }

    @Test
    void usersAndRulesOfTheConfigurationAreTakenOnAsTheyAreReadAgain() {
        String reads =
                "[[auth.rules]]\nmatch = \"mqtt\"\nnames = [\"a/#\"]\nactions = [\"read\"]\n";
        try (Door door = new Door(false, ALICE, reads)) {
            assertThat(door.may("alice", Action.READ, "a.b")).isTrue();
            assertThat(door.may("alice", Action.WRITE, "a.b")).isFalse();
            long before = door.security.generation();
            door.security.reload(Door.config(ALICE, reads));
            assertThat(door.security.generation()).as("nothing has changed").isEqualTo(before);
            door.security.reload(
                    Door.config(ALICE.replace("alice", "bob"), reads.replace("read", "write")));
            assertThat(door.security.generation()).isGreaterThan(before);
            assertThat(door.may("alice", Action.READ, "a.b")).isFalse();
            assertThat(door.may("alice", Action.WRITE, "a.b")).isTrue();
            assertThat(door.security.users().find("alice")).isNull();
            assertThat(door.security.users().find("bob")).isNotNull();
            String nonsense = reads.replace("a/#", "a/#/b");
            assertThatThrownBy(() -> door.security.reload(Door.config(nonsense)))
                    .isInstanceOf(IllegalArgumentException.class);
            assertThat(door.security.users().find("bob")).as("all or nothing").isNotNull();
        }
    }

    @Test
    void whoGuessesHasToWaitAndOthersDoNot() {
        try (Door door = new Door(false, "[auth.backoff]", "after = 3", ALICE)) {
            for (int i = 0; i < 3; i++) {
                assertThat(refused(door.password("alice", "guess" + i)))
                        .isEqualTo(Reason.BAD_CREDENTIALS);
            }
            assertThat(refused(door.password("alice", "wonder")))
                    .isEqualTo(Reason.TOO_MANY_FAILURES);
            accepted(door.password(Door.peer("127.0.0.2", "c"), "alice", "wonder"));
            door.later(Duration.ofMillis(1_001));
            accepted(door.password("alice", "wonder"));
            assertThat(refused(door.password("alice", "guess"))).isEqualTo(Reason.BAD_CREDENTIALS);
        }
    }

    @Test
    void theBannedStayOutWhateverTheyKnow() {
        try (Door door = new Door(false, ALICE)) {
            var bans = door.security.bans();
            done(bans.put(new Ban(Ban.Kind.USER, "alice", null, "rude")));
            assertThat(refused(door.password("alice", "wonder"))).isEqualTo(Reason.BANNED);
            assertThat(done(bans.delete(Ban.Kind.USER, "alice"))).isTrue();
            accepted(door.password("alice", "wonder"));
            done(bans.put(new Ban(Ban.Kind.CLIENT_ID, "c*", null, "")));
            assertThat(refused(door.password("alice", "wonder"))).isEqualTo(Reason.BANNED);
            done(bans.delete(Ban.Kind.CLIENT_ID, "c*"));
            done(
                    bans.put(
                            new Ban(
                                    Ban.Kind.ADDRESS,
                                    "127.0.0.0/8",
                                    door.clock.instant().plusSeconds(60),
                                    "")));
            assertThat(refused(door.password("alice", "wonder"))).isEqualTo(Reason.BANNED);
            door.later(Duration.ofSeconds(61));
            accepted(door.password("alice", "wonder"));
            assertThat(bans.all()).isEmpty();
        }
    }

    @Test
    void theFirstRuleEndsThatSilenceAllows() {
        try (Door door = new Door(false, ALICE)) {
            assertThat(door.may("alice", Action.WRITE, "orders.eu")).isTrue();
            long before = door.security.generation();
            Rule rule =
                    Rule.allow(
                            "r1",
                            Who.user("alice"),
                            Set.of(Action.READ),
                            Set.of(Kind.SUBJECT),
                            NamePattern.of("filter", "orders.>"));
            done(door.security.rules().put(List.of(rule)));
            assertThat(door.security.generation()).isGreaterThan(before);
            assertThat(door.may("alice", Action.READ, "orders.eu")).isTrue();
            assertThat(door.may("alice", Action.WRITE, "orders.eu")).isFalse();
            assertThat(door.may("bob", Action.READ, "orders.eu")).isFalse();
            assertThat(done(door.security.rules().delete(r -> true))).containsExactly(rule);
            assertThat(door.may("bob", Action.READ, "orders.eu")).isTrue();
        }
        try (Door door = new Door(false, "without_rule = \"deny\"", ALICE)) {
            assertThat(door.may("alice", Action.WRITE, "orders.eu")).isFalse();
        }
    }

    @Test
    void tenantsAreApartUnlessARuleSaysOtherwise() {
        try (Door door = new Door(false, ALICE)) {
            assertThat(door.may("alice", Action.READ, Kind.TENANT, "default")).isTrue();
            assertThat(door.may("alice", Action.READ, Kind.TENANT, "other")).isFalse();
            done(
                    door.security
                            .rules()
                            .put(
                                    List.of(
                                            Rule.allow(
                                                    "r",
                                                    Who.user("alice"),
                                                    Set.of(),
                                                    Set.of(Kind.TENANT),
                                                    NamePattern.of("exact", "other")))));
            assertThat(door.may("alice", Action.READ, Kind.TENANT, "other")).isTrue();
            assertThat(door.may("alice", Action.READ, Kind.TENANT, "third")).isFalse();
        }
    }

    @Test
    void everyDecisionSaysWhy() {
        try (Door door =
                new Door(
                        false,
                        ALICE,
                        """
                        [[auth.rules]]
                        users = ["alice"]
                        actions = ["read"]
                        kinds = ["subject"]
                        match = "mqtt"
                        names = ["orders/#"]
                        note = "sales"
                        [[auth.rules]]
                        effect = "deny"
                        groups = ["readers"]
                        match = "exact"
                        names = ["orders.secret"]
                        """)) {
            Principal alice = accepted(door.password("alice", "wonder"));
            Security.Decision yes =
                    door.security.why(
                            alice, HERE, Action.READ, new Resource(Kind.SUBJECT, "orders.eu"));
            assertThat(yes.allowed()).isTrue();
            assertThat(yes.rule())
                    .isEqualTo(
                            "rule config-1: allow user alice to read on subject mqtt 'orders/#' (sales)");
            Security.Decision no =
                    door.security.why(
                            alice, HERE, Action.READ, new Resource(Kind.SUBJECT, "orders.secret"));
            assertThat(no.allowed()).isFalse();
            assertThat(no.rule()).contains("config-2").contains("deny group readers");
            assertThat(
                            door.security
                                    .why(alice, HERE, Action.WRITE, new Resource(Kind.QUEUE, "q"))
                                    .rule())
                    .isEqualTo("no rule allows it");
        }
    }

    @Test
    void anEmptyPasswordOpensNothingEvenWhereItIsTheRightOne() {
        try (Door door = new Door(false, "[[auth.users]]\nname = \"empty\"\npassword = \"\"")) {
            assertThat(door.password("empty", "")).isInstanceOf(AuthResult.Refused.class);
        }
    }

    @Test
    void loginsAreCounted() {
        try (Door door = new Door(false, ALICE)) {
            door.password("alice", "wonder");
            door.password("alice", "x");
            List<String> counts =
                    door.registry.scrape().stream()
                            .map(CounterSnapshot.class::cast)
                            .flatMap(counter -> counter.getDataPoints().stream())
                            .filter(point -> point.getValue() > 0)
                            .map(point -> point.getLabels().get("result") + point.getValue())
                            .toList();
            assertThat(counts).containsExactlyInAnyOrder("accepted1.0", "bad_credentials1.0");
        }
    }

    @Test
    void secretsAreNotPrinted() {
        try (Door door = new Door(false, ALICE)) {
            User alice = door.security.users().find("alice");
            assertThat(alice.toString()).doesNotContain("wonder");
            assertThat(Door.login(HERE, "alice", "wonder").toString()).doesNotContain("wonder");
            assertThat(new Credentials.Token(HERE, "wonder").toString()).doesNotContain("wonder");
            assertThat(Door.config(ALICE).toString()).doesNotContain("wonder");
        }
    }
}
