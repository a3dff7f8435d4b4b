package io.polymq.amqp.v1;

import io.polymq.amqp.AmqpBroker;
import io.polymq.amqp.v1.frame.Condition;
import io.polymq.amqp.v1.frame.FrameException;
import io.polymq.amqp.v1.frame.SaslFrame;
import io.polymq.core.security.Credentials;
import io.polymq.core.security.Principal;
import io.polymq.core.security.Security;
import io.polymq.core.security.Security.AuthResult;
import io.polymq.core.security.Security.Reason;
import io.polymq.core.security.Security.ScramExchange;
import io.polymq.core.security.Security.ScramMechanism;
import io.polymq.network.CloseReason;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The server's side of the security layer: offers mechanisms, hears one exchange, says how it
 * ended. Connection zone.
 */
final class Sasl {

    private static final String PLAIN = "PLAIN";
    private static final String ANONYMOUS = "ANONYMOUS";
    private static final String EXTERNAL = "EXTERNAL";
    private static final String SCRAM_256 = "SCRAM-SHA-256";
    private static final String SCRAM_512 = "SCRAM-SHA-512";

    private final V1Connection connection;
    private final AmqpBroker broker;
    private @Nullable ScramExchange scram;
    private String mechanism = "";
    private boolean begun;
    private boolean plainExpected;

    Sasl(V1Connection connection, AmqpBroker broker) {
        this.connection = connection;
        this.broker = broker;
    }

    /** What the client has chosen; empty when it came without the layer. */
    String mechanism() {
        return mechanism;
    }

    /** The client has asked for the layer. */
    void begin() {
        connection.send(new SaslFrame.Mechanisms(mechanisms()));
    }

    private List<String> mechanisms() {
        List<String> offered = new ArrayList<>();
        if (connection.network().peerCertificate() != null) {
            offered.add(EXTERNAL);
        }
        Security security = broker.security();
        if (broker.settings().scram() && security.loginRequired()) {
            offered.add(SCRAM_512);
            offered.add(SCRAM_256);
        }
        offered.add(PLAIN);
        if (!security.loginRequired()) {
            offered.add(ANONYMOUS);
        }
        return offered;
    }

    void received(SaslFrame frame) {
        switch (frame) {
            case SaslFrame.Init init when !begun -> {
                begun = true;
                init(init);
            }
            case SaslFrame.Response response when scram != null -> step(scram, response.bytes());
            case SaslFrame.Response response when plainExpected -> {
                plainExpected = false;
                plain(response.bytes());
            }
            default ->
                    throw FrameException.connection(
                            Condition.ILLEGAL_STATE, "a SASL frame that is not expected now");
        }
    }

    private void init(SaslFrame.Init init) {
        if (!mechanisms().contains(init.mechanism())) {
            refuse("the mechanism " + init.mechanism() + " is not offered");
            return;
        }
        mechanism = init.mechanism();
        byte[] response = init.response();
        switch (init.mechanism()) {
            case PLAIN -> {
                if (response == null) {
                    plainExpected = true;
                    connection.send(new SaslFrame.Challenge(new byte[0]));
                } else {
                    plain(response);
                }
            }
            case SCRAM_256 -> scram(ScramMechanism.SHA_256, response);
            case SCRAM_512 -> scram(ScramMechanism.SHA_512, response);
            default -> ask(new Credentials.None(connection.peer()), "");
        }
    }

    private void plain(byte[] response) {
        String[] parts = new String(response, StandardCharsets.UTF_8).split("\0", -1);
        if (parts.length != 3) {
            refuse("the response cannot be read");
            return;
        }
        ask(
                new Credentials.Password(
                        connection.peer(), parts[1], parts[2].getBytes(StandardCharsets.UTF_8)),
                parts[1]);
    }

    private void ask(Credentials credentials, String user) {
        connection.await(
                broker.security().authenticate(credentials).toCompletableFuture(),
                (result, failure) -> {
                    if (result instanceof AuthResult.Accepted accepted) {
                        accept(accepted.principal(), user, null);
                    } else {
                        refuse(result, failure);
                    }
                });
    }

    private void scram(ScramMechanism mechanism, byte @Nullable [] response) {
        ScramExchange exchange = broker.security().scram(mechanism, connection.peer());
        scram = exchange;
        if (response == null) {
            connection.send(new SaslFrame.Challenge(new byte[0]));
        } else {
            step(exchange, response);
        }
    }

    private void step(ScramExchange exchange, byte[] message) {
        byte[] answer;
        try {
            answer = exchange.step(message);
        } catch (Security.ScramException broken) {
            refuse(String.valueOf(broken.getMessage()));
            return;
        }
        Optional<AuthResult> result = exchange.result();
        if (result.isEmpty()) {
            connection.send(new SaslFrame.Challenge(answer));
        } else if (result.get() instanceof AuthResult.Accepted accepted) {
            accept(accepted.principal(), accepted.principal().user(), answer);
        } else {
            refuse(result.get(), null);
        }
    }

    private void accept(Principal principal, String user, byte @Nullable [] additional) {
        connection.send(new SaslFrame.Outcome(SaslFrame.OK, additional));
        connection.authenticated(principal, user.isEmpty() ? principal.user() : user);
    }

    private void refuse(@Nullable AuthResult result, @Nullable Throwable failure) {
        boolean unavailable =
                failure != null
                        || result instanceof AuthResult.Refused refused
                                && refused.reason() == Reason.UNAVAILABLE;
        end(
                unavailable ? SaslFrame.SYS_TEMP : SaslFrame.AUTH,
                result instanceof AuthResult.Refused refused
                        ? refused.detail()
                        : String.valueOf(failure));
    }

    private void refuse(String detail) {
        end(SaslFrame.AUTH, detail);
    }

    private void end(int code, String detail) {
        connection.send(new SaslFrame.Outcome(code, null));
        connection.end(new CloseReason(CloseReason.Kind.NOT_AUTHENTICATED, detail));
    }
}
