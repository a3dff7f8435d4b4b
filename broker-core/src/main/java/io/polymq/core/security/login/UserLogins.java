package io.polymq.core.security.login;

import io.polymq.core.security.Credentials;
import io.polymq.core.security.Security.Reason;
import io.polymq.core.security.users.PasswordHash;
import io.polymq.core.security.users.User;
import io.polymq.core.security.users.UserStore;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * Passwords of our own users. A name that nobody has takes as long as a wrong password, and is left
 * to the next authenticator. Shared.
 */
public final class UserLogins implements Authenticator {

    private static final int LONGEST_PASSWORD = 4_096;

    private final UserStore users;
    private final SlowChecks checks;
    private final RememberedLogins<User> remembered;
    private final PasswordHash decoy;

    /**
     * @param decoy what passwords of unknown users are checked against
     */
    public UserLogins(
            UserStore users,
            SlowChecks checks,
            RememberedLogins<User> remembered,
            PasswordHash decoy) {
        this.users = users;
        this.checks = checks;
        this.remembered = remembered;
        this.decoy = decoy;
    }

    @Override
    public String name() {
        return "users";
    }

    @Override
    public CompletionStage<Verdict> check(Credentials credentials) {
        if (!(credentials instanceof Credentials.Password login)
                || login.password().length > LONGEST_PASSWORD) {
            return CompletableFuture.completedFuture(Verdict.ABSTAIN);
        }
        User user = users.find(login.user());
        if (user == null) {
            return checks.run(
                    () -> {
                        decoy.verify(login.password());
                        return Verdict.ABSTAIN;
                    });
        }
        String hash = remembered.hash(login.password(), login.user());
        User checked = remembered.find(hash);
        if (checked != null && checked == user) {
            return CompletableFuture.completedFuture(accepted(user));
        }
        return checks.run(
                () -> {
                    // looked at before it is refused, so that it takes as long as for other users
                    if (!user.verify(login.password()) || login.password().length == 0) {
                        return new Verdict.Refuse(Reason.BAD_CREDENTIALS, "wrong password");
                    }
                    remembered.remember(hash, user);
                    return accepted(user);
                });
    }

    /** A disabled user is told apart only once its password was right. */
    private static Verdict accepted(User user) {
        return user.enabled()
                ? new Verdict.Accept(user.principal())
                : new Verdict.Refuse(Reason.BANNED, "the user is disabled");
    }
}
