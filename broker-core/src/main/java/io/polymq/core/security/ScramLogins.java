package io.polymq.core.security;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.polymq.core.security.Security.AuthResult;
import io.polymq.core.security.Security.Reason;
import io.polymq.core.security.Security.ScramExchange;
import io.polymq.core.security.Security.ScramMechanism;
import io.polymq.core.security.login.Backoff;
import io.polymq.core.security.users.Passwords;
import io.polymq.core.security.users.ScramCredential;
import io.polymq.core.security.users.ScramServer;
import io.polymq.core.security.users.User;
import io.polymq.core.security.users.UserStore;
import java.util.Optional;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/** SCRAM on the shared users. Shared; each exchange is one thread's at a time. */
final class ScramLogins {

    private final UserStore users;
    private final Backoff backoff;
    private final BiFunction<String, Credentials.Peer, Optional<AuthResult>> beforehand;
    private final LoginMetrics metrics;
    private final Passwords passwords;
    private final byte[] decoyKey = new byte[32];

    ScramLogins(
            UserStore users,
            Backoff backoff,
            BiFunction<String, Credentials.Peer, Optional<AuthResult>> beforehand,
            LoginMetrics metrics,
            Passwords passwords) {
        this.users = users;
        this.backoff = backoff;
        this.beforehand = beforehand;
        this.metrics = metrics;
        this.passwords = passwords;
        passwords.random().nextBytes(decoyKey);
    }

    ScramExchange begin(ScramMechanism mechanism, Credentials.Peer peer) {
        return new ScramServer(
                mechanism,
                new SharedRealm(mechanism, peer),
                user ->
                        beforehand
                                .apply(user, peer)
                                .map(result -> metrics.counted(result, peer, user)),
                passwords.random());
    }

    private final class SharedRealm implements ScramServer.Realm {
        private final ScramMechanism mechanism;
        private final Credentials.Peer peer;

        SharedRealm(ScramMechanism mechanism, Credentials.Peer peer) {
            this.mechanism = mechanism;
            this.peer = peer;
        }

        @Override
        public @Nullable ScramCredential credential(String name) {
            User user = users.find(name);
            return user == null ? null : user.scram().get(mechanism);
        }

        @Override
        public ScramCredential decoy(String name) {
            return ScramCredential.decoy(
                    mechanism,
                    decoyKey,
                    name.getBytes(UTF_8),
                    Math.max(ScramCredential.MIN_ITERATIONS, passwords.scramIterations()));
        }

        @Override
        public AuthResult accepted(String name) {
            User user = users.find(name);
            if (user == null || !user.enabled()) {
                return metrics.counted(
                        new AuthResult.Refused(Reason.BANNED, "the user is disabled"), peer, name);
            }
            backoff.succeeded(peer.address());
            return metrics.counted(new AuthResult.Accepted(user.principal()), peer, name);
        }

        @Override
        public AuthResult refused(String name, Reason reason, String detail) {
            backoff.failed(peer.address());
            return metrics.counted(new AuthResult.Refused(reason, detail), peer, name);
        }
    }
}
