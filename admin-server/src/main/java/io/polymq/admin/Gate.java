package io.polymq.admin;

import io.polymq.core.admin.AdminPages.Access;
import io.polymq.core.security.Credentials;
import io.polymq.core.security.Principal;
import io.polymq.core.security.Security;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.Locale;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/** Lets people in: the same users and tokens as everywhere else. Virtual threads only. */
final class Gate {
    private static final int SECONDS_TO_DECIDE = 10;

    private final Security security;

    Gate(Security security) {
        this.security = security;
    }

    /** What became of a request at the gate. */
    sealed interface Entry {
        record Admitted(Principal who) implements Entry {}

        /** No login, or a wrong one. */
        record Unknown() implements Entry {}

        /** A user, but no administrator. */
        record Forbidden() implements Entry {}
    }

    Entry admit(Access access, @Nullable String authorization, Credentials.Peer peer) {
        if (access == Access.ANYONE) {
            return new Entry.Admitted(Principal.ANONYMOUS);
        }
        Credentials credentials = credentials(authorization, peer);
        if (credentials instanceof Credentials.None
                && (access == Access.ADMINISTRATOR || security.loginRequired())) {
            return new Entry.Unknown();
        }
        try {
            Security.AuthResult result =
                    security.authenticate(credentials)
                            .toCompletableFuture()
                            .get(SECONDS_TO_DECIDE, TimeUnit.SECONDS);
            return switch (result) {
                case Security.AuthResult.Accepted(Principal who) ->
                        who.admin() || access == Access.USER
                                ? new Entry.Admitted(who)
                                : new Entry.Forbidden();
                case Security.AuthResult.Refused refused -> new Entry.Unknown();
            };
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            return new Entry.Unknown();
        } catch (ExecutionException | TimeoutException undecided) {
            throw new IllegalStateException("the login could not be checked", undecided);
        }
    }

    private static Credentials credentials(@Nullable String authorization, Credentials.Peer peer) {
        int space = authorization == null ? -1 : authorization.indexOf(' ');
        if (authorization == null || space < 0) {
            return new Credentials.None(peer);
        }
        String scheme = authorization.substring(0, space).toLowerCase(Locale.ROOT);
        String rest = authorization.substring(space + 1).strip();
        return switch (scheme) {
            case "bearer" -> new Credentials.Token(peer, rest);
            case "basic" -> basic(rest, peer);
            default -> new Credentials.None(peer);
        };
    }

    private static Credentials basic(String encoded, Credentials.Peer peer) {
        byte[] pair;
        try {
            pair = Base64.getDecoder().decode(encoded);
        } catch (IllegalArgumentException notBase64) {
            return new Credentials.None(peer);
        }
        for (int i = 0; i < pair.length; i++) {
            if (pair[i] == ':') {
                return new Credentials.Password(
                        peer,
                        new String(pair, 0, i, StandardCharsets.UTF_8),
                        Arrays.copyOfRange(pair, i + 1, pair.length));
            }
        }
        return new Credentials.None(peer);
    }
}
