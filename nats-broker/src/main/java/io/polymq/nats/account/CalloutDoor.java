package io.polymq.nats.account;

import io.polymq.nats.options.PermissionOptions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A door at which a service among the clients has the last word, except about those whom it trusts,
 * such as itself. Who works in the service's account may not ask it. Shared, immutable.
 */
final class CalloutDoor implements Door {

    /** A login as the door behind sees it. */
    record Seen(LoginRequest request, Admission admission) {}

    private final Door behind;
    private final AuthCallout callout;
    private final Duration patience;
    private final Function<Seen, @Nullable Authority> authorities;

    /**
     * @param authorities who decides about a login; null when the door behind does
     */
    CalloutDoor(
            Door behind,
            AuthCallout callout,
            Duration patience,
            Function<Seen, @Nullable Authority> authorities) {
        this.behind = behind;
        this.callout = callout;
        this.patience = patience;
        this.authorities = authorities;
    }

    /** The service of a configuration. */
    static CalloutDoor listed(
            Door behind, AuthCallout callout, Duration patience, ListedAuthority authority) {
        callout.listen(authority.account());
        return new CalloutDoor(
                behind,
                callout,
                patience,
                seen -> authority.decidesAbout(seen.admission()) ? authority : null);
    }

    /** The services of accounts in operator mode, which are asked about their own users. */
    static CalloutDoor delegated(OperatorDoor behind, AuthCallout callout, Duration patience) {
        return new CalloutDoor(
                behind,
                callout,
                patience,
                seen -> {
                    Authority authority =
                            seen.admission() instanceof Admission.Admitted admitted
                                    ? behind.authority(admitted.user().account())
                                    : null;
                    if (authority != null) {
                        callout.listen(authority.account());
                    }
                    return authority;
                });
    }

    @Override
    public boolean loginRequired() {
        return true;
    }

    @Override
    public boolean asksForSignature() {
        return behind.asksForSignature();
    }

    @Override
    public @Nullable NatsUser anonymous() {
        return null;
    }

    @Override
    public CompletionStage<Admission> admit(LoginRequest request) {
        return behind.admit(request).thenCompose(admission -> decided(request, admission));
    }

    private CompletionStage<Admission> decided(LoginRequest request, Admission admission) {
        Authority authority = authorities.apply(new Seen(request, admission));
        if (authority == null) {
            return CompletableFuture.completedFuture(admission);
        }
        String login =
                request.jwt() != null && admission instanceof Admission.Admitted admitted
                        ? admitted.user().name()
                        : request.login();
        CompletionStage<Admission> last =
                authority.isTrusted(login)
                        ? CompletableFuture.completedFuture(admission)
                        : callout.ask(authority, request, patience);
        return last.thenApply(decided -> withoutAsking(authority, decided));
    }

    private static Admission withoutAsking(Authority authority, Admission decided) {
        if (!(decided instanceof Admission.Admitted admitted)
                || !admitted.user().account().equals(authority.account())) {
            return decided;
        }
        NatsUser user = admitted.user();
        SubjectPermissions now = user.permissions();
        PermissionOptions written = (now == null ? SubjectPermissions.ALL : now).written();
        List<String> deny = new ArrayList<>(written.publishDeny());
        deny.add(AuthCallout.SUBJECT);
        return new Admission.Admitted(
                user.with(
                        SubjectPermissions.of(
                                new PermissionOptions(
                                        written.publishAllow(),
                                        deny,
                                        written.subscribeAllow(),
                                        written.subscribeDeny(),
                                        written.responses()))));
    }
}
