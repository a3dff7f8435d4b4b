package io.polymq.amqp;

import io.polymq.amqp.model.ModelException;
import io.polymq.amqp.model.VirtualHost;
import io.polymq.codec.amqp.AmqpException;
import io.polymq.codec.amqp.ConnectionMethod;
import io.polymq.codec.amqp.FieldTable;
import io.polymq.codec.amqp.ReplyCode;
import io.polymq.core.security.Credentials;
import io.polymq.core.security.Principal;
import io.polymq.core.security.Security.AuthResult;
import io.polymq.network.CloseReason;
import io.polymq.network.PeerCertificate;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The methods of class connection: logging in, agreeing on limits, opening a virtual host, a new
 * secret, the end. Connection zone.
 */
final class Handshake {

    private static final byte[] LOCALES = "en_US".getBytes(StandardCharsets.US_ASCII);
    private static final int FRAME_LEAST = 4096;

    /** The method that a client owes. */
    private enum Step {
        START_OK,
        LOGGING_IN,
        TUNE_OK,
        OPEN,
        DONE
    }

    private final AmqpConnection connection;
    private final AmqpBroker broker;
    private Step step = Step.START_OK;
    private boolean begun;
    private ClientAbilities client = ClientAbilities.NONE;
    private Principal principal = Principal.ANONYMOUS;
    private String user = "";
    private String mechanism = "";
    private int frameMax;
    private int channelMax;
    private int heartbeat;

    Handshake(AmqpConnection connection, AmqpBroker broker) {
        this.connection = connection;
        this.broker = broker;
    }

    boolean hasBegun() {
        return begun;
    }

    void begin() {
        begun = true;
        String mechanisms =
                connection.network().peerCertificate() == null
                        ? "AMQPLAIN PLAIN"
                        : "EXTERNAL AMQPLAIN PLAIN";
        connection.send(
                0,
                new ConnectionMethod.Start(
                        0,
                        9,
                        FieldTable.of(properties()),
                        mechanisms.getBytes(StandardCharsets.US_ASCII),
                        LOCALES),
                4096);
    }

    private Map<String, Object> properties() {
        Map<String, Object> can = new LinkedHashMap<>();
        can.put("publisher_confirms", true);
        can.put("exchange_exchange_bindings", true);
        can.put("basic.nack", true);
        can.put("consumer_cancel_notify", true);
        can.put("connection.blocked", true);
        can.put("consumer_priorities", true);
        can.put("authentication_failure_close", true);
        can.put("per_consumer_qos", true);
        can.put("direct_reply_to", true);
        Map<String, Object> properties = new LinkedHashMap<>();
        properties.put("capabilities", can);
        properties.put("cluster_name", broker.settings().clusterName());
        properties.put("copyright", "PolyMQ's authors");
        properties.put("information", "PolyMQ, licensed under the Apache License 2.0");
        properties.put("platform", "PolyMQ on Java " + Runtime.version().feature());
        properties.put("product", AmqpSettings.PRODUCT);
        properties.put("version", AmqpSettings.VERSION);
        return properties;
    }

    void received(ConnectionMethod method) {
        switch (method) {
            case ConnectionMethod.StartOk start -> {
                expect(Step.START_OK);
                start(start);
            }
            case ConnectionMethod.TuneOk tune -> {
                expect(Step.TUNE_OK);
                tune(tune);
            }
            case ConnectionMethod.Open open -> {
                expect(Step.OPEN);
                open(open.virtualHost());
            }
            case ConnectionMethod.UpdateSecret secret -> {
                expect(Step.DONE);
                updateSecret(secret);
            }
            case ConnectionMethod.Close close -> connection.closedByClient();
            case ConnectionMethod.CloseOk ok -> throw unexpected();
            case ConnectionMethod.SecureOk ok -> throw unexpected();
            case ConnectionMethod.Start start -> throw unexpected();
            case ConnectionMethod.Secure secure -> throw unexpected();
            case ConnectionMethod.Tune tune -> throw unexpected();
            case ConnectionMethod.OpenOk ok -> throw unexpected();
            case ConnectionMethod.Blocked blocked -> throw unexpected();
            case ConnectionMethod.Unblocked unblocked -> throw unexpected();
            case ConnectionMethod.UpdateSecretOk ok -> throw unexpected();
        }
    }

    private void expect(Step expected) {
        if (step != expected) {
            throw unexpected();
        }
    }

    private static AmqpException unexpected() {
        return new AmqpException(
                ReplyCode.CHANNEL_ERROR, "a connection method that is not expected now");
    }

    /** How the client has logged in. */
    String mechanism() {
        return mechanism;
    }

    // Logging in.

    private void start(ConnectionMethod.StartOk start) {
        client = ClientAbilities.of(start.clientProperties());
        mechanism = start.mechanism();
        Credentials credentials =
                switch (mechanism) {
                    case "PLAIN" -> plain(start.response());
                    case "AMQPLAIN" -> amqplain(start.response());
                    case "EXTERNAL" -> new Credentials.None(peer());
                    default ->
                            throw new AmqpException(
                                    ReplyCode.COMMAND_INVALID,
                                    "unknown authentication mechanism '" + mechanism + "'");
                };
        if (credentials == null) {
            refused("the response cannot be read");
            return;
        }
        step = Step.LOGGING_IN;
        connection.await(
                broker.security().authenticate(credentials).toCompletableFuture(), this::judged);
    }

    private @Nullable Credentials plain(byte[] response) {
        String text = new String(response, StandardCharsets.UTF_8);
        String[] parts = text.split("\0", -1);
        if (parts.length != 3) {
            return null;
        }
        user = parts[1];
        return new Credentials.Password(peer(), user, parts[2].getBytes(StandardCharsets.UTF_8));
    }

    private @Nullable Credentials amqplain(byte[] response) {
        try {
            FieldTable table = FieldTable.ofBytes(response);
            if (table.get("LOGIN") instanceof String login
                    && table.get("PASSWORD") instanceof String password) {
                user = login;
                return new Credentials.Password(
                        peer(), login, password.getBytes(StandardCharsets.UTF_8));
            }
            return null;
        } catch (AmqpException unreadable) {
            return null;
        }
    }

    private Credentials.Peer peer() {
        PeerCertificate certificate = connection.network().peerCertificate();
        return new Credentials.Peer(
                AmqpBinding.NAME,
                connection.network().remote(),
                client.name(),
                certificate == null ? null : certificate.certificate());
    }

    private void judged(@Nullable AuthResult result, @Nullable Throwable failure) {
        if (result instanceof AuthResult.Accepted accepted) {
            principal = accepted.principal();
            if (user.isEmpty()) {
                user = principal.user();
            }
            step = Step.TUNE_OK;
            AmqpSettings settings = broker.settings();
            connection.send(
                    0,
                    new ConnectionMethod.Tune(
                            settings.channelMax(),
                            settings.frameMax(),
                            (int) settings.heartbeat().toSeconds()));
            return;
        }
        refused(
                result instanceof AuthResult.Refused refused
                        ? refused.detail()
                        : String.valueOf(failure));
    }

    private void refused(String detail) {
        if (client.authenticationFailureClose()) {
            connection.fail(
                    new AmqpErrors.Told(
                            ReplyCode.ACCESS_REFUSED,
                            "ACCESS_REFUSED - Login was refused using authentication mechanism "
                                    + mechanism
                                    + ". For details see the broker logfile.",
                            true),
                    0,
                    0);
        } else {
            connection.end(new CloseReason(CloseReason.Kind.NOT_AUTHENTICATED, detail));
        }
    }

    // Limits.

    private void tune(ConnectionMethod.TuneOk tune) {
        AmqpSettings settings = broker.settings();
        checkMost("channel_max", tune.channelMax(), settings.channelMax());
        checkMost("frame_max", tune.frameMax(), settings.frameMax());
        if (tune.frameMax() != 0 && tune.frameMax() < FRAME_LEAST) {
            throw new AmqpException(
                    ReplyCode.NOT_ALLOWED,
                    "negotiated frame_max = "
                            + tune.frameMax()
                            + " is lower than the minimum allowed value ("
                            + FRAME_LEAST
                            + ")");
        }
        frameMax = tune.frameMax() == 0 ? settings.frameMax() : (int) tune.frameMax();
        channelMax = tune.channelMax() == 0 ? settings.channelMax() : tune.channelMax();
        heartbeat = tune.heartbeat();
        connection.frameMax(frameMax);
        step = Step.OPEN;
    }

    private static void checkMost(String what, long wanted, long most) {
        if (most != 0 && wanted > most) {
            throw new AmqpException(
                    ReplyCode.NOT_ALLOWED,
                    "negotiated "
                            + what
                            + " = "
                            + wanted
                            + " is higher than the maximum allowed value ("
                            + most
                            + ")");
        }
    }

    // The virtual host.

    private void open(String name) {
        connection.await(
                broker.door().find(name, principal),
                (host, failure) -> {
                    try {
                        if (host == null) {
                            throw AmqpErrors.notAllowed("vhost " + name + " cannot be opened");
                        }
                        open(host, name);
                    } catch (ModelException refused) {
                        connection.refuse(0, null, failure == null ? refused : failure);
                    }
                });
    }

    private void open(VirtualHost host, String name) {
        Principal here = broker.door().enter(host, connection.network(), principal, peer(), user);
        step = Step.DONE;
        connection.opened(
                new Session(
                        host,
                        here,
                        user,
                        new AccessRights(broker.security(), here, peer(), name, user),
                        client,
                        frameMax,
                        channelMax,
                        heartbeat));
        connection.send(0, new ConnectionMethod.OpenOk(""));
    }

    /** A new token or password of the same user. */
    private void updateSecret(ConnectionMethod.UpdateSecret secret) {
        connection.await(
                broker.security()
                        .authenticate(new Credentials.Password(peer(), user, secret.newSecret()))
                        .toCompletableFuture(),
                (result, failure) -> {
                    if (result instanceof AuthResult.Accepted) {
                        connection.send(0, new ConnectionMethod.UpdateSecretOk());
                    } else {
                        connection.refuse(
                                0,
                                secret,
                                AmqpErrors.notAllowed(
                                        "New secret was refused by one of the" + " backends"));
                    }
                });
    }
}
