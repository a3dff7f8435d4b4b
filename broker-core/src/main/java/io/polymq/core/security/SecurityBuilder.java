package io.polymq.core.security;

import io.polymq.config.AuthConfig;
import io.polymq.core.security.login.Authenticator;
import io.polymq.core.security.login.Backoff;
import io.polymq.core.security.login.Bans;
import io.polymq.core.security.login.CertificateLogins;
import io.polymq.core.security.login.Chain;
import io.polymq.core.security.login.HttpLogins;
import io.polymq.core.security.login.JwtLogins;
import io.polymq.core.security.login.LdapLogins;
import io.polymq.core.security.login.RememberedLogins;
import io.polymq.core.security.login.SlowChecks;
import io.polymq.core.security.login.UserLogins;
import io.polymq.core.security.rules.RuleStore;
import io.polymq.core.security.users.PasswordHash;
import io.polymq.core.security.users.Passwords;
import io.polymq.core.security.users.User;
import io.polymq.core.security.users.UserStore;
import io.polymq.meta.NodeCache;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Puts the door together. Blocks until users and rules are there, so it belongs into the start.
 *
 * @param loopbackOnly whether no listener can be reached from another machine
 */
public record SecurityBuilder(
        AuthConfig config,
        NodeCache cache,
        boolean loopbackOnly,
        InstantSource clock,
        SecureRandom random,
        PrometheusRegistry registry) {

    private static final int PASSWORD_CHECKS_WAITING = 10_000;
    private static final Duration PASSWORD_CHECK_WITHIN = Duration.ofSeconds(20);
    private static final int REMEMBERED = 100_000;

    /** Fails with one sentence when the configuration makes no sense. */
    public BrokerSecurity build() {
        Passwords passwords =
                new Passwords(config.passwordIterations(), config.scramIterations(), random);
        UserStore users = new UserStore(cache, AuthConfiguration.users(config, passwords));
        RuleStore rules = new RuleStore(cache, AuthConfiguration.rules(config), random);
        Bans bans = new Bans(cache, clock);
        CompletableFuture.allOf(users.ready(), rules.ready(), bans.ready()).join();
        String generated = firstAdministrator(users, passwords);

        List<AutoCloseable> resources = new ArrayList<>();
        List<Authenticator> links = new ArrayList<>();
        for (String link : config.chain()) {
            Authenticator authenticator = link(link, users, passwords, resources);
            if (authenticator != null) {
                links.add(authenticator);
            }
        }
        boolean others = links.stream().anyMatch(link -> !(link instanceof UserLogins));
        return new BrokerSecurity(
                new SecurityParts(
                        config,
                        loopbackOnly,
                        others,
                        users,
                        rules,
                        bans,
                        new Backoff(
                                config.backoff().after(),
                                config.backoff().firstPause(),
                                config.backoff().longestPause(),
                                clock),
                        new Chain(links),
                        passwords,
                        new LoginMetrics(registry),
                        () -> closeAll(resources),
                        generated));
    }

    private static void closeAll(List<AutoCloseable> resources) throws Exception {
        for (AutoCloseable resource : resources) {
            resource.close();
        }
    }

    /** The password made up for the first administrator; null when there is one already. */
    private @Nullable String firstAdministrator(UserStore users, Passwords passwords) {
        if (users.all().stream().anyMatch(User::admin)) {
            return null;
        }
        String password = passwords.generate();
        User admin =
                passwords.setGenerated(
                        User.named(config.admin().user()).asAdmin(true),
                        password.getBytes(java.nio.charset.StandardCharsets.UTF_8));
        return users.add(admin).join() ? password : null;
    }

    private @Nullable Authenticator link(
            String name, UserStore users, Passwords passwords, List<AutoCloseable> resources) {
        return switch (name) {
            case "users" -> {
                SlowChecks checks =
                        new SlowChecks(
                                name,
                                Runtime.getRuntime().availableProcessors(),
                                PASSWORD_CHECKS_WAITING,
                                PASSWORD_CHECK_WITHIN);
                resources.add(checks);
                yield new UserLogins(
                        users,
                        checks,
                        new RememberedLogins<>(REMEMBERED, config.remember(), clock, random),
                        PasswordHash.decoy(config.passwordIterations(), random));
            }
            case "certificate" ->
                    config.certificate() == null
                            ? null
                            : new CertificateLogins(config.certificate(), users);
            case "jwt" ->
                    config.jwt() == null
                            ? null
                            : kept(new JwtLogins(config.jwt(), clock), resources);
            case "ldap" ->
                    config.ldap() == null
                            ? null
                            : kept(new LdapLogins(config.ldap(), clock, random), resources);
            case "http" ->
                    config.http() == null
                            ? null
                            : kept(new HttpLogins(config.http(), clock, random), resources);
            default -> throw new IllegalArgumentException("auth.chain: nobody is called " + name);
        };
    }

    private static <A extends Authenticator & AutoCloseable> A kept(
            A authenticator, List<AutoCloseable> resources) {
        resources.add(authenticator);
        return authenticator;
    }
}
