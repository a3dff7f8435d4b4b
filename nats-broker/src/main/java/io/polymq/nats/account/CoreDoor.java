package io.polymq.nats.account;

import io.polymq.core.security.Credentials;
import io.polymq.core.security.Principal;
import io.polymq.core.security.Security;
import io.polymq.core.security.Security.AuthResult;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * The broker's own door: its users, its tenants, its rules. Holds where no nats-server
 * configuration says anything else. Shared.
 */
final class CoreDoor implements Door {

    private final Security security;
    private final Accounts accounts;

    CoreDoor(Security security, Accounts accounts) {
        this.security = security;
        this.accounts = accounts;
    }

    @Override
    public boolean loginRequired() {
        return security.loginRequired();
    }

    @Override
    public boolean asksForSignature() {
        return false;
    }

    @Override
    public @Nullable NatsUser anonymous() {
        return loginRequired() ? null : user(Principal.ANONYMOUS);
    }

    private NatsUser user(Principal principal) {
        return NatsUser.unbounded(
                principal.user(), accounts.ofTenant(principal.tenant()), principal, null);
    }

    @Override
    public CompletionStage<Admission> admit(LoginRequest request) {
        return security.authenticate(credentials(request))
                .thenApply(
                        result ->
                                switch (result) {
                                    case AuthResult.Accepted accepted ->
                                            new Admission.Admitted(user(accepted.principal()));
                                    case AuthResult.Refused refused ->
                                            new Admission.Refused(refused.detail());
                                });
    }

    private static Credentials credentials(LoginRequest request) {
        String password = request.password();
        String user = request.user();
        if (user != null && password == null && request.token() == null) {
            // nats://TOKEN@host puts the token where a user's name stands.
            return new Credentials.Token(request.peer(), user);
        }
        if (user != null) {
            byte[] secret = (password == null ? "" : password).getBytes(StandardCharsets.UTF_8);
            return new Credentials.Password(request.peer(), user, secret);
        }
        String token = request.token() == null ? request.jwt() : request.token();
        return token != null
                ? new Credentials.Token(request.peer(), token)
                : new Credentials.None(request.peer());
    }
}
