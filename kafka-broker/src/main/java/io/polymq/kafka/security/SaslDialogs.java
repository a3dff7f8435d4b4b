package io.polymq.kafka.security;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.polymq.core.security.Credentials;
import io.polymq.core.security.Principal;
import io.polymq.core.security.Security;
import io.polymq.core.security.Security.AuthResult;
import io.polymq.core.security.Security.ScramException;
import io.polymq.core.security.Security.ScramExchange;
import io.polymq.core.security.Security.ScramMechanism;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Begins the dialog of each mechanism, on the shared users. Shared. */
public final class SaslDialogs {

    private static final long NEVER = -1;
    private static final byte[] NOTHING = new byte[0];
    private static final byte[] ABORT = {1};
    private static final int LONGEST_PLAIN = 4_096;
    private static final Pattern BEARER =
            Pattern.compile(
                    "n,(?:a=(?<authzid>[^,]*))?,\\x01auth=Bearer +(?<token>[-_.~+/a-zA-Z0-9=]+)"
                            + "\\x01(?<extensions>.*)\\x01",
                    Pattern.DOTALL | Pattern.CASE_INSENSITIVE);

    private final Security security;
    private final DelegationTokens tokens;
    private final List<String> mechanisms;

    public SaslDialogs(Security security, DelegationTokens tokens, List<String> mechanisms) {
        this.security = security;
        this.tokens = tokens;
        this.mechanisms = mechanisms;
    }

    /** The mechanisms that are offered. */
    public List<String> mechanisms() {
        return mechanisms;
    }

    /** Null when it is not offered. */
    public @Nullable SaslDialog begin(String mechanism, Credentials.Peer peer) {
        if (!mechanisms.contains(mechanism)) {
            return null;
        }
        return switch (mechanism) {
            case "PLAIN" -> token -> plain(token, peer);
            case "SCRAM-SHA-256" -> new ScramDialog(mechanism, ScramMechanism.SHA_256, peer);
            case "SCRAM-SHA-512" -> new ScramDialog(mechanism, ScramMechanism.SHA_512, peer);
            case "OAUTHBEARER" -> new BearerDialog(peer);
            default -> null;
        };
    }

    private static CompletionStage<SaslDialog.Step> now(SaslDialog.Step step) {
        return CompletableFuture.completedFuture(step);
    }

    /** In Kafka's words, which do not tell what was wrong. */
    private static SaslDialog.Step refused(String mechanism) {
        return new SaslDialog.Step.Refused(
                "Authentication failed during authentication due to invalid credentials with SASL"
                        + " mechanism "
                        + mechanism);
    }

    /** RFC 4616: {@code [authzid] NUL authcid NUL passwd}. */
    private CompletionStage<SaslDialog.Step> plain(byte[] token, Credentials.Peer peer) {
        int first = indexOfNul(token, 0);
        int second = first < 0 ? -1 : indexOfNul(token, first + 1);
        if (second < 0 || indexOfNul(token, second + 1) >= 0 || token.length > LONGEST_PLAIN) {
            return now(refused("PLAIN"));
        }
        String authzid = new String(token, 0, first, UTF_8);
        String user = new String(token, first + 1, second - first - 1, UTF_8);
        byte[] password = Arrays.copyOfRange(token, second + 1, token.length);
        if (user.isEmpty()) {
            return now(
                    new SaslDialog.Step.Refused("Authentication failed: username not specified"));
        }
        if (password.length == 0) {
            return now(
                    new SaslDialog.Step.Refused("Authentication failed: password not specified"));
        }
        if (!authzid.isEmpty() && !authzid.equals(user)) {
            return now(
                    new SaslDialog.Step.Refused(
                            "Authentication failed: Client requested an authorization id that is"
                                    + " different from username"));
        }
        return security.authenticate(new Credentials.Password(peer, user, password))
                .thenApply(
                        result ->
                                result instanceof AuthResult.Accepted(Principal principal)
                                        ? new SaslDialog.Step.Accepted(
                                                NOTHING, principal, endOf(principal), false)
                                        : new SaslDialog.Step.Refused(
                                                "Authentication failed: Invalid username or"
                                                        + " password"));
    }

    private static int indexOfNul(byte[] bytes, int from) {
        for (int i = from; i < bytes.length; i++) {
            if (bytes[i] == 0) {
                return i;
            }
        }
        return -1;
    }

    /** When the principal's token expires, as its claim says. */
    private static long endOf(Principal principal) {
        String seconds = principal.attributes().get("exp");
        if (seconds == null) {
            return NEVER;
        }
        try {
            return (long) (Double.parseDouble(seconds) * 1000);
        } catch (NumberFormatException e) {
            return NEVER;
        }
    }

    /** A SCRAM exchange; a client-first with {@code tokenauth=true} is one on a token (KIP-48). */
    private final class ScramDialog implements SaslDialog {

        private final String name;
        private final ScramMechanism mechanism;
        private final Credentials.Peer peer;
        private @Nullable ScramExchange exchange;
        private boolean byToken;

        ScramDialog(String name, ScramMechanism mechanism, Credentials.Peer peer) {
            this.name = name;
            this.mechanism = mechanism;
            this.peer = peer;
        }

        @Override
        public CompletionStage<Step> next(byte[] token) {
            ScramExchange with = exchange;
            if (with == null) {
                byToken = isOnToken(token);
                with = byToken ? tokens.scram(mechanism, peer) : security.scram(mechanism, peer);
                exchange = with;
            }
            try {
                byte[] answer = with.step(token);
                return now(
                        switch (with.result().orElse(null)) {
                            case null -> new Step.More(answer);
                            case AuthResult.Accepted(Principal principal) ->
                                    new Step.Accepted(
                                            answer,
                                            principal,
                                            byToken ? tokens.endOf(principal) : NEVER,
                                            byToken);
                            case AuthResult.Refused _ -> refused(name);
                        });
            } catch (ScramException e) {
                return now(refused(name));
            }
        }

        private static boolean isOnToken(byte[] clientFirst) {
            for (String attribute : new String(clientFirst, UTF_8).split(",")) {
                if (attribute.equals("tokenauth=true")) {
                    return true;
                }
            }
            return false;
        }
    }

    /** RFC 7628 with Kafka's extensions: a token, or its error and the client's farewell. */
    private final class BearerDialog implements SaslDialog {

        private static final String INVALID = "{\"status\":\"invalid_token\"}";

        private final Credentials.Peer peer;
        private boolean failed;

        BearerDialog(Credentials.Peer peer) {
            this.peer = peer;
        }

        @Override
        public CompletionStage<Step> next(byte[] token) {
            if (failed) {
                return now(
                        Arrays.equals(token, ABORT)
                                ? new Step.Refused(INVALID)
                                : refused("OAUTHBEARER"));
            }
            Matcher parts = BEARER.matcher(new String(token, UTF_8));
            if (!parts.matches()) {
                return now(refused("OAUTHBEARER"));
            }
            String authzid = parts.group("authzid");
            return security.authenticate(new Credentials.Token(peer, parts.group("token")))
                    .thenApply(result -> judge(result, authzid));
        }

        private Step judge(AuthResult result, @Nullable String authzid) {
            if (!(result instanceof AuthResult.Accepted(Principal principal))) {
                failed = true;
                return new Step.More(INVALID.getBytes(UTF_8));
            }
            if (authzid != null && !authzid.isEmpty() && !authzid.equals(principal.user())) {
                return new Step.Refused(
                        "Authentication failed: Client requested an authorization id ("
                                + authzid
                                + ") that is different from the token's principal name ("
                                + principal.user()
                                + ")");
            }
            return new Step.Accepted(NOTHING, principal, endOf(principal), false);
        }
    }
}
