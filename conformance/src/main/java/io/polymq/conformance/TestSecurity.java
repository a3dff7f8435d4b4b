package io.polymq.conformance;

import io.polymq.core.security.Credentials;
import io.polymq.core.security.Principal;
import io.polymq.core.security.Security;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.BiPredicate;

/** A door for tests: given users and a rule, or open to all. */
public final class TestSecurity implements Security {

    private final Map<String, String> users;
    private final BiPredicate<Action, String> rule;

    public TestSecurity(Map<String, String> users, BiPredicate<Action, String> rule) {
        this.users = users;
        this.rule = rule;
    }

    public static TestSecurity open() {
        return new TestSecurity(Map.of(), (action, subject) -> true);
    }

    @Override
    public CompletionStage<AuthResult> authenticate(Credentials credentials) {
        if (users.isEmpty()) {
            return CompletableFuture.completedFuture(new AuthResult.Accepted(Principal.ANONYMOUS));
        }
        if (credentials instanceof Credentials.Password given
                && new String(given.password(), StandardCharsets.UTF_8)
                        .equals(users.get(given.user()))) {
            Principal principal =
                    new Principal(
                            given.user(), Principal.DEFAULT_TENANT, Set.of(), Map.of(), false);
            return CompletableFuture.supplyAsync(() -> new AuthResult.Accepted(principal));
        }
        return CompletableFuture.completedFuture(
                new AuthResult.Refused(Reason.BAD_CREDENTIALS, "unknown user or wrong password"));
    }

    @Override
    public boolean loginRequired() {
        return !users.isEmpty();
    }

    @Override
    public ScramExchange scram(ScramMechanism mechanism, Credentials.Peer peer) {
        throw new IllegalStateException("these users have no SCRAM");
    }

    @Override
    public boolean allows(
            Principal principal, Credentials.Peer peer, Action action, Resource resource) {
        return rule.test(action, resource.name());
    }

    @Override
    public Decision why(
            Principal principal, Credentials.Peer peer, Action action, Resource resource) {
        return new Decision(allows(principal, peer, action, resource), "the test's rule");
    }
}
