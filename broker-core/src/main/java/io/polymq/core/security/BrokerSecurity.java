package io.polymq.core.security;

import io.polymq.config.AuthConfig;
import io.polymq.core.security.login.Authenticator.Verdict;
import io.polymq.core.security.login.Backoff;
import io.polymq.core.security.login.Ban;
import io.polymq.core.security.login.Bans;
import io.polymq.core.security.login.Chain;
import io.polymq.core.security.rules.Asker;
import io.polymq.core.security.rules.AskerRules;
import io.polymq.core.security.rules.Rule;
import io.polymq.core.security.rules.RuleSet;
import io.polymq.core.security.rules.RuleStore;
import io.polymq.core.security.rules.WrittenFilters;
import io.polymq.core.security.users.Passwords;
import io.polymq.core.security.users.User;
import io.polymq.core.security.users.UserStore;
import io.polymq.core.subject.Filter;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * The door, with the users and rules of the metadata and of the configuration. Shared.
 *
 * <p>As long as nobody but the first administrator is known, no other way of logging in is
 * configured, and clients without a login are let in, the door stands <em>open</em>: whatever login
 * a client brings, it is the anonymous user, unless it is the administrator's, or names are
 * believed.
 */
public final class BrokerSecurity implements Security, AutoCloseable {

    private static final String ADMIN_PROTOCOL = "admin";

    private final AuthConfig config;
    private final boolean loopbackOnly;
    private final boolean otherLogins;
    private final UserStore users;
    private final RuleStore rules;
    private final Bans bans;
    private final Backoff backoff;
    private final Chain chain;
    private final Passwords passwords;
    private final ScramLogins scram;
    private final LoginMetrics metrics;
    private final AutoCloseable resources;
    private final AtomicLong generation = new AtomicLong();
    private final @Nullable String generatedPassword;
    private volatile RuleSet ruleSet;
    private AuthConfig standing;

    BrokerSecurity(SecurityParts parts) {
        this.config = parts.config();
        this.loopbackOnly = parts.loopbackOnly();
        this.otherLogins = parts.otherLogins();
        this.users = parts.users();
        this.rules = parts.rules();
        this.bans = parts.bans();
        this.backoff = parts.backoff();
        this.chain = parts.chain();
        this.passwords = parts.passwords();
        this.metrics = parts.metrics();
        this.resources = parts.resources();
        this.generatedPassword = parts.generatedPassword();
        this.scram =
                new ScramLogins(
                        users, backoff, this::refusedBeforehand, metrics, parts.passwords());
        this.ruleSet = currentRules();
        this.standing = config;
        rules.onChange(this::lookAgain);
        users.onChange(name -> generation.incrementAndGet());
    }

    /**
     * Takes on the users and rules that stand in the configuration by now; what else it says of who
     * gets in holds from the next start on. Takes a moment: passwords are hashed.
     *
     * @throws IllegalArgumentException when one of them makes no sense; then all stay as they were
     */
    public synchronized void reload(AuthConfig now) {
        if (now.users().equals(standing.users())
                && now.rules().equals(standing.rules())
                && now.admin().equals(standing.admin())) {
            return;
        }
        List<User> configuredUsers = AuthConfiguration.users(now, passwords);
        List<Rule> configuredRules = AuthConfiguration.rules(now);
        users.configured(configuredUsers);
        rules.configured(configuredRules);
        standing = now;
        lookAgain();
    }

    /** One at a time, so that the last one to look has seen all. */
    private synchronized void lookAgain() {
        ruleSet = currentRules();
        generation.incrementAndGet();
    }

    private RuleSet currentRules() {
        var all = rules.all();
        String without = config.withoutRule();
        return new RuleSet(all, without == null ? all.isEmpty() : without.equals("allow"));
    }

    /** For the admin interface and for protocols that manage users. */
    public UserStore users() {
        return users;
    }

    public RuleStore rules() {
        return rules;
    }

    public Bans bans() {
        return bans;
    }

    public Passwords passwords() {
        return passwords;
    }

    /** Who hears of logins that were refused from now on. */
    public void listen(LoginFailures listener) {
        metrics.listen(listener);
    }

    /** The first administrator's password, when this start made it up: to be shown once. */
    public Optional<String> generatedPassword() {
        return Optional.ofNullable(generatedPassword);
    }

    /** Whether every login is taken as the anonymous user. */
    public boolean isOpen() {
        return !otherLogins && anonymousAllowed() && !users.anyBesides(config.admin().user());
    }

    private boolean anonymousAllowed() {
        Boolean written = config.allowAnonymous();
        return written != null
                ? written
                : loopbackOnly && !otherLogins && !users.anyBesides(config.admin().user());
    }

    @Override
    public boolean loginRequired() {
        return !anonymousAllowed();
    }

    @Override
    public CompletionStage<AuthResult> authenticate(Credentials credentials) {
        Credentials.Peer peer = credentials.peer();
        String claimed = credentials instanceof Credentials.Password p ? p.user() : "";
        boolean open = isOpen() && !peer.protocol().equals(ADMIN_PROTOCOL);
        Optional<AuthResult> refusal = refusedBeforehand(claimed, peer);
        if (refusal.isPresent()) {
            boolean deaf =
                    refusal.get() instanceof AuthResult.Refused refused
                            && refused.reason() == Reason.TOO_MANY_FAILURES;
            return told(open && deaf ? unchecked(claimed) : refusal.get(), peer, claimed);
        }
        if (open && !(credentials instanceof Credentials.Password && users.find(claimed) != null)) {
            return told(unchecked(claimed), peer, claimed);
        }
        return chain.check(credentials)
                .thenApply(verdict -> judge(verdict, credentials, open))
                .thenApply(result -> metrics.counted(result, peer, claimed));
    }

    private CompletionStage<AuthResult> told(
            AuthResult result, Credentials.Peer peer, String user) {
        return CompletableFuture.completedFuture(metrics.counted(result, peer, user));
    }

    /** Whoever it says it is, where that is believed and nobody of that name is known. */
    private AuthResult unchecked(String claimed) {
        if (!config.believeNames() || claimed.isEmpty() || users.find(claimed) != null) {
            return anonymous();
        }
        return new AuthResult.Accepted(Principal.believed(claimed));
    }

    private static AuthResult anonymous() {
        return new AuthResult.Accepted(Principal.ANONYMOUS);
    }

    private Optional<AuthResult> refusedBeforehand(String user, Credentials.Peer peer) {
        Ban ban = bans.find(user, peer);
        if (ban != null) {
            return Optional.of(new AuthResult.Refused(Reason.BANNED, "ban of " + ban.id()));
        }
        return backoff.pause(peer.address()).isZero()
                ? Optional.empty()
                : Optional.of(
                        new AuthResult.Refused(
                                Reason.TOO_MANY_FAILURES, "too many failures from there"));
    }

    private AuthResult judge(Verdict verdict, Credentials credentials, boolean open) {
        Credentials.Peer peer = credentials.peer();
        boolean offered = !(credentials instanceof Credentials.None);
        return switch (verdict) {
            case Verdict.Accept accept -> {
                if (offered) {
                    backoff.succeeded(peer.address());
                }
                Ban ban = bans.find(accept.principal().user(), peer);
                yield ban == null
                        ? new AuthResult.Accepted(accept.principal())
                        : new AuthResult.Refused(Reason.BANNED, "ban of " + ban.id());
            }
            case Verdict.Refuse refuse -> {
                if (refuse.reason() == Reason.BAD_CREDENTIALS) {
                    backoff.failed(peer.address());
                }
                yield open ? anonymous() : new AuthResult.Refused(refuse.reason(), refuse.detail());
            }
            case Verdict.Abstain abstain -> {
                if (!offered && anonymousAllowed()) {
                    yield anonymous();
                }
                if (offered) {
                    backoff.failed(peer.address());
                }
                yield new AuthResult.Refused(
                        Reason.BAD_CREDENTIALS,
                        offered ? "nobody knows this login" : "a login is required");
            }
        };
    }

    @Override
    public ScramExchange scram(ScramMechanism mechanism, Credentials.Peer peer) {
        return scram.begin(mechanism, peer);
    }

    @Override
    public boolean allows(
            Principal principal, Credentials.Peer peer, Action action, Resource resource) {
        return why(principal, peer, action, resource).allowed();
    }

    @Override
    public boolean allowsSome(
            Principal principal, Credentials.Peer peer, Action action, Resource.Kind kind) {
        return principal.admin() || ruleSet.of(Asker.of(principal, peer)).allowsSome(action, kind);
    }

    @Override
    public Decision why(
            Principal principal, Credentials.Peer peer, Action action, Resource resource) {
        if (principal.admin()) {
            return FixedDecisions.ADMINISTRATOR;
        }
        if (resource.kind() == Resource.Kind.TENANT
                && resource.name().equals(principal.tenant())
                && action != Action.ADMIN) {
            return FixedDecisions.OWN_TENANT;
        }
        AskerRules mine = ruleSet.of(Asker.of(principal, peer));
        if (action == Action.READ && resource.kind() == Resource.Kind.SUBJECT) {
            Filter filter = WrittenFilters.parse(resource.name());
            if (filter != null) {
                return mine.why(filter, resource.within());
            }
        }
        Decision decision = mine.decide(action, resource);
        if (resource.kind() == Resource.Kind.CLUSTER
                && action != Action.ADMIN
                && !decision.byRule()
                && isOpen()) {
            return FixedDecisions.NOBODY_ELSE;
        }
        return FixedDecisions.unlessImplied(decision, action, resource, isOpen());
    }

    @Override
    public Coverage coverage(
            Principal principal, Credentials.Peer peer, Filter filter, String group) {
        return principal.admin()
                ? Coverage.ALL
                : ruleSet.of(Asker.of(principal, peer)).coverage(filter, group);
    }

    @Override
    public long generation() {
        return generation.get();
    }

    @Override
    public void close() {
        try {
            resources.close();
        } catch (Exception e) {
            throw new IllegalStateException("closing the door's parts", e);
        } finally {
            users.close();
            rules.close();
            bans.close();
        }
    }

    /** Looks a user up, for protocols that need more than its principal. */
    public @Nullable User user(String name) {
        return users.find(name);
    }
}
