package io.polymq.config;

import io.polymq.config.schema.Default;
import io.polymq.config.schema.Defaults;
import io.polymq.config.schema.Doc;
import io.polymq.config.schema.OneOf;
import io.polymq.config.schema.Secret;
import io.polymq.config.schema.Within;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** {@code [auth]}: who gets in, and what they may do. */
@Doc("Who gets in, and what they may do.")
public record AuthConfig(
        @Doc(
                        value =
                                "Whether clients without a login get in. Not written: as long as there is no"
                                        + " user but the first administrator and everything binds loopback.",
                        example = "false")
                @Nullable Boolean allowAnonymous,
        @Doc(
                        "Whether clients are called what they say where nobody's login is checked, so that"
                                + " rules tell them apart. Anyone may say so.")
                @Default("false")
                boolean believeNames,
        @Doc("Who is asked, in this order, until one knows; those without a section are left out.")
                @OneOf({"certificate", "users", "jwt", "ldap", "http"})
                @Default("certificate, users, jwt, ldap, http")
                List<String> chain,
        @Doc(
                        value =
                                "What holds where no rule speaks. Not written: allow as long as there is"
                                        + " no rule at all, deny from the first one on.",
                        example = "\"deny\"")
                @OneOf({"allow", "deny"})
                @Nullable String withoutRule,
        @Doc("Rounds of PBKDF2 for the passwords of users that are added from now on.")
                @Within(min = 1_000, max = 5_000_000)
                @Default("210000")
                int passwordIterations,
        @Doc(
                        "Rounds for their SCRAM credentials; 0 keeps none, and no such login is possible"
                                + " for them.")
                @Within(min = 0, max = 1_000_000)
                @Default("16384")
                int scramIterations,
        @Doc("How long a password that was right need not be checked anew; 0s is always.")
                @Default("10m")
                Duration remember,
        Backoff backoff,
        Admin admin,
        List<UserConfig> users,
        List<RuleConfig> rules,
        @Nullable CertificateLoginConfig certificate,
        @Nullable JwtConfig jwt,
        @Nullable LdapConfig ldap,
        @Nullable HttpLoginConfig http) {

    public static final AuthConfig DEFAULT = Defaults.of(AuthConfig.class);

    public AuthConfig {
        chain = List.copyOf(chain);
        users = List.copyOf(users);
        rules = List.copyOf(rules);
        Set<String> names = new HashSet<>();
        for (UserConfig user : users) {
            if (!names.add(user.name())) {
                throw new IllegalArgumentException("has two users called " + user.name());
            }
        }
        if (scramIterations > 0 && scramIterations < 4_096) {
            throw new IllegalArgumentException(
                    "has scram_iterations = " + scramIterations + "; it is 0, or 4096 and more");
        }
    }

    /** {@code [auth.admin]}: the first administrator. */
    @Doc("The first administrator, created at the first start.")
    public record Admin(
            @Doc("Its name.") @Default("admin") String user,
            @Doc(
                            value =
                                    "Its password. Not written: one is generated and printed once, at the"
                                            + " first start.",
                            example = "\"...\"")
                    @Nullable Secret password) {}

    /** {@code [auth.backoff]}: who fails to log in too often has to wait. */
    @Doc("Who fails to log in too often from one address has to wait.")
    public record Backoff(
            @Doc("Failures in a row that nobody waits for; 0: nobody ever does.")
                    @Within(min = 0)
                    @Default("10")
                    int after,
            @Doc("The first wait; it doubles with every further failure.") @Default("1s")
                    Duration firstPause,
            @Doc("The longest wait.") @Default("1m") Duration longestPause) {}
}
