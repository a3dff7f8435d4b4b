package io.polymq.conformance;

import io.polymq.core.security.Credentials;
import io.polymq.core.security.Principal;
import io.polymq.core.security.Security;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** A door for tests that lets everyone in and do everything; a user is who it says it is. */
public class AllowAll implements Security {

    @Override
    public CompletionStage<AuthResult> authenticate(Credentials credentials) {
        Principal principal =
                credentials instanceof Credentials.Password p
                        ? new Principal(
                                p.user(), Principal.DEFAULT_TENANT, Set.of(), Map.of(), false)
                        : Principal.ANONYMOUS;
        return CompletableFuture.completedFuture(new AuthResult.Accepted(principal));
    }

    @Override
    public boolean loginRequired() {
        return false;
    }

    @Override
    public ScramExchange scram(ScramMechanism mechanism, Credentials.Peer peer) {
        throw new IllegalStateException("no users");
    }

    @Override
    public boolean allows(
            Principal principal, Credentials.Peer peer, Action action, Resource resource) {
        return true;
    }

    @Override
    public Decision why(
            Principal principal, Credentials.Peer peer, Action action, Resource resource) {
        return new Decision(true, "everything is allowed");
    }
}
