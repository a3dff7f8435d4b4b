package io.polymq.kafka;

import io.polymq.core.security.Credentials;
import io.polymq.core.security.Principal;
import io.polymq.core.security.Security;
import io.polymq.core.security.Security.AuthResult;
import io.polymq.core.security.Security.Reason;
import io.polymq.kafka.Client.By;
import io.polymq.kafka.security.SaslDialog;
import io.polymq.kafka.security.SaslDialog.Step;
import io.polymq.kafka.security.SaslDialogs;
import io.polymq.network.CloseReason;
import io.polymq.network.CloseReason.Kind;
import io.polymq.network.Connection;
import io.polymq.network.Login;
import io.polymq.network.TransportKind;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.apache.kafka.common.message.SaslAuthenticateRequestData;
import org.apache.kafka.common.message.SaslAuthenticateResponseData;
import org.apache.kafka.common.message.SaslHandshakeRequestData;
import org.apache.kafka.common.message.SaslHandshakeResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.jspecify.annotations.Nullable;

/**
 * Who one connection's client is. Connection zone.
 *
 * <pre>
 *   ASKING --may be anybody, or has a certificate--> KNOWN --SaslHandshake, as the first thing-+
 *      |                                              ^  ^                                     |
 *      | a login is required                          |  +--SaslHandshake again (KIP-368)--+   |
 *      v                                              | accepted                         |   v
 *   WANTED -------------- SaslHandshake ------------> TALKING <---------------------------+---+
 *                                                     | refused
 *                                                     v
 *                                                   (closed)
 * </pre>
 *
 * So clients with and without SASL meet on one port where both are let in. Until it is known who
 * the client is, and while it logs in anew, anything but the dialog ends the connection.
 */
final class Authentication {

    /** The keys that are its own. */
    static final Set<ApiKeys> KEYS = Set.of(ApiKeys.SASL_HANDSHAKE, ApiKeys.SASL_AUTHENTICATE);

    private static final long SHORTEST_PAUSE_NANOS = 1_000_000_000L;

    /** What is to be done with a request. */
    enum Admission {
        SERVE,
        HANDSHAKE,
        AUTHENTICATE,
        CLOSE
    }

    private sealed interface State {
        record Asking() implements State {}

        record Wanted() implements State {}

        /**
         * @param mechanism of its login; null when it came without one
         * @param endsAtNanos when it has to log in again, where {@code ends}
         */
        record Known(
                Client client,
                @Nullable String mechanism,
                long loggedInNanos,
                boolean ends,
                long endsAtNanos)
                implements State {}

        /**
         * @param raw whether tokens come without Kafka's headers (after SaslHandshake v0)
         * @param before who it was until now; null for nobody
         */
        record Talking(SaslDialog dialog, String mechanism, boolean raw, @Nullable Known before)
                implements State {}
    }

    private final Connection connection;
    private final Security security;
    private final SaslDialogs dialogs;
    private final long reauthenticateMillis;
    private final InstantSource clock;
    private final Credentials.Peer peer;
    private final Client nobody;
    private State state = new State.Asking();
    private boolean used;
    private boolean busy;

    Authentication(
            Connection connection,
            Security security,
            SaslDialogs dialogs,
            Duration reauthenticateAfter,
            InstantSource clock,
            Credentials.Peer peer) {
        this.connection = connection;
        this.security = security;
        this.dialogs = dialogs;
        this.reauthenticateMillis = reauthenticateAfter.toMillis();
        this.clock = clock;
        this.peer = peer;
        this.nobody = client(Principal.ANONYMOUS, By.ANYBODY);
    }

    private Client client(Principal principal, By by) {
        TransportKind transport = connection.transport();
        return new Client(
                connection.id(),
                principal,
                by,
                peer,
                new Decisions(security),
                connection.listener(),
                inet(connection.local()),
                inet(connection.remote()),
                transport == TransportKind.TLS
                        || transport == TransportKind.WEBSOCKET_TLS
                        || transport == TransportKind.QUIC,
                connection.loop());
    }

    private static InetSocketAddress inet(SocketAddress address) {
        return address instanceof InetSocketAddress inet
                ? inet
                : new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
    }

    /** Asks whether the client may be here without a login; nothing is read meanwhile. */
    void begin() {
        await(
                security.authenticate(new Credentials.None(peer)).toCompletableFuture(),
                this::asked,
                () -> connection.close(CloseReason.of(Kind.INTERNAL_ERROR)));
    }

    private void asked(AuthResult result) {
        switch (result) {
            case AuthResult.Accepted(Principal principal) -> {
                By by =
                        peer.certificate() != null && !principal.equals(Principal.ANONYMOUS)
                                ? By.CERTIFICATE
                                : By.ANYBODY;
                if (loggedIn(principal)) {
                    state =
                            new State.Known(
                                    client(principal, by), null, System.nanoTime(), false, 0);
                }
            }
            case AuthResult.Refused refused -> {
                boolean unheard =
                        refused.reason() == Reason.BANNED
                                || refused.reason() == Reason.TOO_MANY_FAILURES;
                if (unheard || dialogs.mechanisms().isEmpty()) {
                    connection.close(CloseReason.of(Kind.NOT_AUTHENTICATED));
                } else {
                    state = new State.Wanted();
                }
            }
        }
    }

    private boolean loggedIn(Principal principal) {
        if (connection.loggedIn(new Login(principal.tenant(), principal.user(), ""))) {
            return true;
        }
        connection.close(CloseReason.of(Kind.LIMIT_EXCEEDED));
        return false;
    }

    /** Whether nothing may be read until an answer has come. */
    boolean isBusy() {
        return busy;
    }

    /** Whether what comes next is a token without Kafka's headers. */
    boolean takesRawTokens() {
        return state instanceof State.Talking talking && talking.raw();
    }

    /** Who sends the next request. */
    Client client() {
        return switch (state) {
            case State.Known known -> known.client();
            case State.Talking talking when talking.before() != null -> talking.before().client();
            default -> nobody;
        };
    }

    Admission admit(ApiKeys key) {
        return switch (state) {
            case State.Asking _ -> Admission.CLOSE;
            case State.Wanted _ ->
                    switch (key) {
                        case API_VERSIONS -> Admission.SERVE;
                        case SASL_HANDSHAKE -> Admission.HANDSHAKE;
                        default -> Admission.CLOSE;
                    };
            case State.Talking _ ->
                    key == ApiKeys.SASL_AUTHENTICATE ? Admission.AUTHENTICATE : Admission.CLOSE;
            case State.Known known -> admit(key, known);
        };
    }

    private Admission admit(ApiKeys key, State.Known known) {
        if (key == ApiKeys.SASL_HANDSHAKE) {
            return Admission.HANDSHAKE;
        }
        if (known.ends() && System.nanoTime() - known.endsAtNanos() > 0) {
            return Admission.CLOSE;
        }
        if (key == ApiKeys.SASL_AUTHENTICATE) {
            return Admission.AUTHENTICATE;
        }
        used |= key != ApiKeys.API_VERSIONS;
        return Admission.SERVE;
    }

    private boolean mayShakeHands() {
        return switch (state) {
            case State.Wanted _ -> true;
            case State.Known known ->
                    known.mechanism() == null
                            ? !used
                            : System.nanoTime() - known.loggedInNanos() >= SHORTEST_PAUSE_NANOS;
            case State.Asking _, State.Talking _ -> false;
        };
    }

    /** Whether the connection goes on after the answer. */
    boolean handshake(Exchange exchange) {
        SaslHandshakeResponseData response =
                new SaslHandshakeResponseData().setMechanisms(dialogs.mechanisms());
        if (!mayShakeHands()) {
            exchange.respond(response.setErrorCode(Errors.ILLEGAL_SASL_STATE.code()));
            return true;
        }
        String mechanism = exchange.body(SaslHandshakeRequestData.class).mechanism();
        SaslDialog dialog = dialogs.begin(mechanism, peer);
        if (dialog == null) {
            exchange.respond(response.setErrorCode(Errors.UNSUPPORTED_SASL_MECHANISM.code()));
            return false;
        }
        State.Known before =
                state instanceof State.Known known && known.mechanism() != null ? known : null;
        String was = before == null ? null : before.mechanism();
        if (was != null && !was.equals(mechanism)) {
            dialog = _ -> CompletableFuture.completedFuture(otherMechanism(mechanism, was));
        }
        state = new State.Talking(dialog, mechanism, exchange.version() == 0, before);
        exchange.respond(response);
        return true;
    }

    private static Step otherMechanism(String asked, String was) {
        return new Step.Refused(
                "SASL mechanism '"
                        + asked
                        + "' requested by client is not supported for re-authentication of"
                        + " mechanism '"
                        + was
                        + "'");
    }

    /**
     * @param refused runs when the connection has to end once this is answered
     */
    void authenticate(Exchange exchange, Runnable refused) {
        if (!(state instanceof State.Talking talking)) {
            exchange.respond(
                    new SaslAuthenticateResponseData()
                            .setErrorCode(Errors.ILLEGAL_SASL_STATE.code())
                            .setErrorMessage(
                                    "SaslAuthenticate request received after successful"
                                            + " authentication"));
            return;
        }
        byte[] token = exchange.body(SaslAuthenticateRequestData.class).authBytes();
        next(
                talking,
                token,
                (answer, lifetime) ->
                        exchange.respond(
                                new SaslAuthenticateResponseData()
                                        .setAuthBytes(answer)
                                        .setSessionLifetimeMs(lifetime)),
                message -> {
                    exchange.respond(
                            new SaslAuthenticateResponseData()
                                    .setErrorCode(Errors.SASL_AUTHENTICATION_FAILED.code())
                                    .setErrorMessage(message));
                    refused.run();
                });
    }

    /** A token of a client that shook hands in version 0. */
    void rawToken(byte[] token, Consumer<byte[]> answer) {
        if (state instanceof State.Talking talking) {
            next(
                    talking,
                    token,
                    (bytes, _) -> answer.accept(bytes),
                    _ -> connection.close(CloseReason.of(Kind.NOT_AUTHENTICATED)));
        }
    }

    private interface Answer {
        void give(byte[] bytes, long lifetimeMillis);
    }

    private void next(
            State.Talking talking, byte[] token, Answer answer, Consumer<String> refusal) {
        await(
                talking.dialog().next(token).toCompletableFuture(),
                step -> take(talking, step, answer, refusal),
                () -> refusal.accept(Errors.SASL_AUTHENTICATION_FAILED.message()));
    }

    private void take(State.Talking talking, Step step, Answer answer, Consumer<String> refusal) {
        switch (step) {
            case Step.More(byte[] challenge) -> answer.give(challenge, 0);
            case Step.Refused(String message) -> refusal.accept(message);
            case Step.Accepted accepted -> {
                String change = change(talking.before(), accepted.principal());
                if (change != null) {
                    refusal.accept(change);
                } else if (loggedIn(accepted.principal())) {
                    answer.give(accepted.last(), known(talking.mechanism(), accepted));
                }
            }
        }
    }

    /** Why someone who logs in again may not be this one; null when it is who it was. */
    private static @Nullable String change(State.@Nullable Known before, Principal now) {
        if (before == null) {
            return null;
        }
        Principal was = before.client().principal();
        return was.user().equals(now.user()) && was.tenant().equals(now.tenant())
                ? null
                : "Cannot change principals during re-authentication from User."
                        + was.user()
                        + ": User."
                        + now.user();
    }

    /** How long it is known so, in milliseconds; 0 for as long as it is here. */
    private long known(String mechanism, Step.Accepted accepted) {
        long now = System.nanoTime();
        boolean expires = accepted.endsAt() >= 0;
        boolean ends = expires || reauthenticateMillis > 0;
        long lifetime = reauthenticateMillis;
        if (expires) {
            long left = Math.max(0, accepted.endsAt() - clock.millis());
            lifetime = reauthenticateMillis > 0 ? Math.min(left, reauthenticateMillis) : left;
        }
        state =
                new State.Known(
                        client(accepted.principal(), accepted.byToken() ? By.TOKEN : By.SASL),
                        mechanism,
                        now,
                        ends,
                        now + Duration.ofMillis(lifetime).toNanos());
        return ends ? lifetime : 0;
    }

    /** Goes on with the result, on the loop; nothing is read until then. */
    private <T> void await(CompletableFuture<T> result, Consumer<T> then, Runnable otherwise) {
        if (result.isDone()) {
            end(result, then, otherwise);
            return;
        }
        busy = true;
        connection.pauseReading();
        result.whenComplete(
                (_, _) ->
                        connection
                                .loop()
                                .execute(
                                        () -> {
                                            busy = false;
                                            if (connection.isOpen()) {
                                                end(result, then, otherwise);
                                            }
                                            connection.resumeReading();
                                        }));
    }

    private static <T> void end(CompletableFuture<T> result, Consumer<T> then, Runnable otherwise) {
        if (result.isCompletedExceptionally()) {
            otherwise.run();
        } else {
            then.accept(result.join());
        }
    }
}
