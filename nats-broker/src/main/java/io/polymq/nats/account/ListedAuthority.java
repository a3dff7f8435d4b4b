package io.polymq.nats.account;

import io.polymq.nats.options.CalloutOptions;
import io.polymq.nats.options.OptionsException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The service that a configuration names: it places users into any account. Immutable. */
record ListedAuthority(Account account, CalloutOptions options, Accounts accounts, JwtUsers users)
        implements Authority {

    static ListedAuthority of(CalloutOptions options, Accounts accounts, JwtUsers users)
            throws OptionsException {
        if (!Nkey.isPublic(options.issuer(), 'A')) {
            throw new OptionsException(
                    "expected callout issuer to be a valid public account nkey, got "
                            + options.issuer());
        }
        String xkey = options.xkey();
        if (xkey != null && Nkey.raw(xkey, XKey.KIND) == null) {
            throw new OptionsException(
                    "expected callout xkey to be a valid public xkey, got " + xkey);
        }
        Account account = accounts.get(options.account());
        if (account == null) {
            throw new OptionsException(
                    "authorization callout account \"" + options.account() + "\" not valid");
        }
        return new ListedAuthority(account, options, accounts, users);
    }

    @Override
    public String subject() {
        return options.issuer();
    }

    @Override
    public boolean isTrusted(String login) {
        return options.users().contains(login);
    }

    @Override
    public @Nullable String xkey() {
        return options.xkey();
    }

    /** Whether it is asked about a client whom the configuration lets in, or does not. */
    boolean decidesAbout(Admission admission) {
        List<String> only = options.accounts();
        return only.isEmpty()
                || !(admission instanceof Admission.Admitted admitted)
                || only.contains(admitted.user().account().name());
    }

    @Override
    public NatsUser judge(LoginRequest request, Claims response, Claims user, String token) {
        JwtUsers.require(
                Claims.text(user.nats(), "issuer_account") == null,
                "attempted to use issuer_account outside operator mode");
        JwtUsers.require(
                user.issuer().equals(options.issuer()),
                "wrong issuer for auth callout response: " + user.issuer());
        Account target = accounts.get(user.audience());
        JwtUsers.require(
                target != null, "no valid account \"" + user.audience() + "\" for auth callout");
        JwtUsers.requireType(request, user.nats());
        return users.user(
                user,
                user.nats(),
                java.util.Objects.requireNonNull(target),
                target.options().defaultPermissions(),
                0,
                token);
    }
}
