package io.polymq.mqtt;

import io.polymq.codec.mqtt.MqttCodecException;
import io.polymq.codec.mqtt.MqttEncoder;
import io.polymq.codec.mqtt.MqttPacket;
import io.polymq.codec.mqtt.MqttVersion;
import io.polymq.codec.mqtt.Properties;
import io.polymq.codec.mqtt.Property;
import io.polymq.codec.mqtt.ReasonCode;
import io.polymq.core.security.Credentials;
import io.polymq.core.security.Principal;
import io.polymq.core.security.Security.AuthResult;
import io.polymq.network.CloseReason;
import io.polymq.network.Login;
import io.polymq.network.PeerCertificate;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * CONNECT, AUTH and what a client may say in DISCONNECT (3.1, 3.15, 3.14): finds out who it is,
 * gets it its session, answers. Connection zone.
 */
final class ConnectHandler {

    /** What the lengths of the protocol allow; it need not be told as a limit. */
    private static final int LARGEST_PACKET = 268_435_455;

    /** The detail of a refusal whose code says all that a stranger should know. */
    private static final String NOTHING_MORE = "";

    private static final long NANOS_PER_SECOND = TimeUnit.SECONDS.toNanos(1);

    private final MqttShared shared;
    private final MqttConnection connection;
    private @Nullable Login login;
    private MqttPacket.@Nullable Connect packet;
    private @Nullable EnhancedAuthentication exchange;
    private boolean assignedId;
    private long announcedExpiry;

    ConnectHandler(MqttShared shared, MqttConnection connection) {
        this.shared = shared;
        this.connection = connection;
    }

    /** The first packet, which {@link MqttConnection} has seen to be a CONNECT. */
    void onFirst(int first, byte[] bytes, int from, int to) throws MqttCodecException {
        try {
            MqttPacket decoded =
                    connection.zone().decoder().decode(first, bytes, from, to, MqttVersion.V3_1_1);
            onConnect((MqttPacket.Connect) decoded);
        } catch (MqttCodecException e) {
            refuseUndecoded(e, MqttVersion.levelOf(bytes, from, to));
        }
    }

    /** A CONNECT that could not be read is answered as far as its version is known. */
    private void refuseUndecoded(MqttCodecException e, int level) throws MqttCodecException {
        if (!e.answered()) {
            throw e;
        }
        boolean badVersion = e.reason() == ReasonCode.UNSUPPORTED_PROTOCOL_VERSION;
        boolean three = level == 3 || level == 4;
        if (three && !badVersion) {
            throw MqttCodecException.silent(e.reason(), String.valueOf(e.getMessage()));
        }
        MqttVersion version = three ? MqttVersion.V3_1_1 : MqttVersion.V5;
        connection.authenticating(limits(version, Properties.NONE, 0, false, ""));
        refuse(e.reason(), String.valueOf(e.getMessage()));
    }

    private void onConnect(MqttPacket.Connect connect) throws MqttCodecException {
        packet = connect;
        connection.authenticating(
                limits(
                        connect.version(),
                        connect.properties(),
                        keepAlive(connect.keepAlive()),
                        connect.bridge(),
                        connect.clientId()));
        if (shared.trace().isOn()) {
            shared.trace().packet(connection, "received", connect);
        }
        boolean mayHaveNone = shared.settings().assignClientIds() && isIdOptional(connect);
        if (connect.clientId().isEmpty() && !mayHaveNone) {
            refuse(ReasonCode.CLIENT_IDENTIFIER_NOT_VALID, "a client identifier is needed");
            return;
        }
        MqttPacket.Will will = connect.will();
        if (will != null && !isWillAllowed(will)) {
            refuse(ReasonCode.NOT_AUTHORIZED, "this will is not allowed");
            return;
        }
        if (will != null && will.payload().length > shared.settings().maxPayload()) {
            refuse(ReasonCode.PACKET_TOO_LARGE, NOTHING_MORE);
            return;
        }
        ReasonCode missing = will == null ? null : notOffered(will);
        if (missing != null) {
            refuse(missing, "this will is not offered");
            return;
        }
        String method = connect.properties().text(Property.AUTHENTICATION_METHOD);
        if (method != null) {
            beginExchange(method, connect.properties());
            return;
        }
        authenticate(credentials(connect));
    }

    private static boolean isIdOptional(MqttPacket.Connect connect) {
        return switch (connect.version()) {
            case V3_1 -> false;
            case V3_1_1 -> connect.cleanStart();
            case V5 -> true;
        };
    }

    private boolean isWillAllowed(MqttPacket.Will will) {
        return !will.topic().startsWith("$SYS") && !will.topic().startsWith("$share/");
    }

    private @Nullable ReasonCode notOffered(MqttPacket.Will will) {
        MqttSettings.Offered offered = shared.settings().offered();
        if (will.retain() && !offered.retain()) {
            return ReasonCode.RETAIN_NOT_SUPPORTED;
        }
        return will.qos() > offered.qos() ? ReasonCode.QOS_NOT_SUPPORTED : null;
    }

    private int keepAlive(int asked) {
        int limit = shared.settings().serverKeepAlive();
        return limit > 0 && (asked == 0 || asked > limit) ? limit : asked;
    }

    private ClientLimits limits(
            MqttVersion version,
            Properties properties,
            int keepAlive,
            boolean bridge,
            String clientId) {
        long receive = properties.number(Property.RECEIVE_MAXIMUM, 65_535);
        long packet = properties.number(Property.MAXIMUM_PACKET_SIZE, Integer.MAX_VALUE);
        return new ClientLimits(
                version,
                (int) Math.min(receive, shared.settings().maxInflight()),
                (int) Math.min(packet, Integer.MAX_VALUE),
                keepAlive * NANOS_PER_SECOND * 3 / 2,
                properties.number(Property.REQUEST_PROBLEM_INFORMATION, 1) == 1,
                bridge,
                clientId);
    }

    // Who it is.

    private Credentials.Peer peer(MqttPacket.Connect connect) {
        PeerCertificate certificate = connection.connection().peerCertificate();
        return new Credentials.Peer(
                "mqtt",
                connection.connection().remote(),
                connect.clientId(),
                certificate == null ? null : certificate.certificate());
    }

    private Credentials credentials(MqttPacket.Connect connect) {
        Credentials.Peer peer = peer(connect);
        String user = connect.username();
        byte[] password = connect.password();
        if (user == null && password == null) {
            return new Credentials.None(peer);
        }
        return new Credentials.Password(
                peer, user == null ? "" : user, password == null ? new byte[0] : password);
    }

    private void authenticate(Credentials credentials) {
        connection.pause();
        shared.access()
                .security()
                .authenticate(credentials)
                .whenComplete(
                        (result, failure) -> {
                            if (connection.isHere()) {
                                onAuthenticated(result, failure);
                            } else {
                                connection.run(() -> onAuthenticated(result, failure));
                            }
                        });
    }

    private void onAuthenticated(@Nullable AuthResult result, @Nullable Throwable failure) {
        if (connection.phase() != MqttConnection.Phase.AUTHENTICATING) {
            return;
        }
        if (failure != null || result == null) {
            refuse(ReasonCode.SERVER_UNAVAILABLE, "authentication is not available");
            return;
        }
        switch (result) {
            case AuthResult.Accepted accepted -> accepted(accepted.principal());
            case AuthResult.Refused refused -> {
                MqttPacket.Connect asked = connect();
                boolean named = asked.username() != null || asked.password() != null;
                refuse(MqttErrors.toReason(refused.reason(), named), NOTHING_MORE);
            }
        }
    }

    // Enhanced authentication (4.12).

    private void beginExchange(String method, Properties properties) throws MqttCodecException {
        MqttPacket.Connect connect = connect();
        EnhancedAuthentication begun =
                EnhancedAuthentication.of(method, shared.access().security(), peer(connect));
        if (begun == null) {
            refuse(ReasonCode.BAD_AUTHENTICATION_METHOD, "authentication method not known");
            return;
        }
        exchange = begun;
        onStep(begun.step(properties.data(Property.AUTHENTICATION_DATA)), false);
    }

    void onAuthenticating(MqttPacket received) throws MqttCodecException {
        EnhancedAuthentication running = exchange;
        if (!(received instanceof MqttPacket.Auth auth)
                || running == null
                || auth.reason() != ReasonCode.CONTINUE_AUTHENTICATION) {
            refuse(ReasonCode.PROTOCOL_ERROR, "only AUTH may follow before CONNACK");
            return;
        }
        if (!running.method().equals(auth.properties().text(Property.AUTHENTICATION_METHOD))) {
            refuse(ReasonCode.BAD_AUTHENTICATION_METHOD, "the authentication method changed");
            return;
        }
        onStep(running.step(auth.properties().data(Property.AUTHENTICATION_DATA)), false);
    }

    /** AUTH on a running connection: the same method proves the same user again. */
    void onReauthenticate(MqttPacket.Auth auth) throws MqttCodecException {
        EnhancedAuthentication known = exchange;
        String method = auth.properties().text(Property.AUTHENTICATION_METHOD);
        if (known == null || method == null) {
            throw MqttCodecException.protocol("AUTH without an authentication method");
        }
        if (!known.method().equals(method)) {
            throw MqttCodecException.of(
                    ReasonCode.BAD_AUTHENTICATION_METHOD, "the authentication method changed");
        }
        if (auth.reason() == ReasonCode.RE_AUTHENTICATE) {
            known = EnhancedAuthentication.of(method, shared.access().security(), peer(connect()));
            exchange = known;
        } else if (auth.reason() != ReasonCode.CONTINUE_AUTHENTICATION) {
            throw MqttCodecException.protocol("AUTH with success from a client");
        }
        if (known != null) {
            onStep(known.step(auth.properties().data(Property.AUTHENTICATION_DATA)), true);
        }
    }

    private void onStep(EnhancedAuthentication.Step step, boolean again) {
        EnhancedAuthentication running = exchange;
        if (running == null) {
            return;
        }
        switch (step) {
            case EnhancedAuthentication.Continue next ->
                    connection.send(
                            new MqttPacket.Auth(
                                    ReasonCode.CONTINUE_AUTHENTICATION,
                                    running.properties(next.data())));
            case EnhancedAuthentication.Failed failed -> {
                if (again) {
                    connection.disconnect(
                            ReasonCode.NOT_AUTHORIZED,
                            new CloseReason(
                                    CloseReason.Kind.NOT_AUTHENTICATED, "re-authentication"));
                } else {
                    refuse(failed.reason(), NOTHING_MORE);
                }
            }
            case EnhancedAuthentication.Done done -> {
                if (!again) {
                    accepted(done.principal());
                } else if (done.principal()
                        .user()
                        .equals(connection.session().principal().user())) {
                    connection.send(
                            new MqttPacket.Auth(
                                    ReasonCode.SUCCESS, running.properties(done.data())));
                } else {
                    connection.disconnect(
                            ReasonCode.NOT_AUTHORIZED,
                            new CloseReason(
                                    CloseReason.Kind.NOT_AUTHENTICATED, "the user changed"));
                }
            }
        }
    }

    // The session.

    private void accepted(Principal known) {
        MqttPacket.Connect connect = connect();
        Door door = connection.door();
        String refusal = door.refusal(known);
        if (refusal != null) {
            refuse(ReasonCode.NOT_AUTHORIZED, refusal);
            return;
        }
        Principal principal =
                shared.tenants()
                        .of(door.entered(known), connect, door, connection.connection().local());
        String clientId = connect.clientId();
        assignedId = clientId.isEmpty();
        if (assignedId) {
            clientId = "auto-" + UUID.randomUUID();
        }
        if (shared.flapping().isBanned(new SessionKey(principal.tenant(), clientId))) {
            refuse(ReasonCode.BANNED, "it came and went too often");
            return;
        }
        Login claimed = new Login(principal.tenant(), principal.user(), clientId);
        if (!connection.connection().loggedIn(claimed)) {
            refuse(ReasonCode.QUOTA_EXCEEDED, "too many connections");
            return;
        }
        login = claimed;
        int networks = connection.connection().packetLimit();
        connection.connection().packetLimit(Math.min(networks, shared.settings().maxPacketSize()));
        announcedExpiry = sessionExpiry(connect);
        Credentials.Peer peer = peer(connect);
        if (assignedId) {
            peer =
                    new Credentials.Peer(
                            peer.protocol(), peer.address(), clientId, peer.certificate());
        }
        connection.pause();
        shared.sessions()
                .claim(
                        new Sessions.Claim(
                                new SessionKey(principal.tenant(), clientId),
                                connection,
                                connection.zone(),
                                principal,
                                peer,
                                connect.cleanStart(),
                                announcedExpiry,
                                will(connect),
                                new Sessions.Claimant() {
                                    @Override
                                    public void claimed(Session session, boolean present) {
                                        onClaimed(session, present);
                                    }

                                    @Override
                                    public void refused() {
                                        refuse(ReasonCode.NOT_AUTHORIZED, "another user's session");
                                    }

                                    @Override
                                    public void full() {
                                        refuse(
                                                ReasonCode.QUOTA_EXCEEDED,
                                                "the tenant has its quota of sessions");
                                    }
                                }));
    }

    private Session.@Nullable Will will(MqttPacket.Connect connect) {
        MqttPacket.Will will = connect.will();
        if (will == null) {
            return null;
        }
        MqttPacket.Will meant = will;
        if (connection.door().mounts()) {
            meant =
                    new MqttPacket.Will(
                            will.properties(),
                            connection.door().mountTopic(will.topic()),
                            will.payload(),
                            will.qos(),
                            will.retain());
        }
        return new Session.Will(meant, will.properties().number(Property.WILL_DELAY_INTERVAL, 0));
    }

    private long sessionExpiry(MqttPacket.Connect connect) {
        long asked;
        if (connect.version() == MqttVersion.V5) {
            asked = connect.properties().number(Property.SESSION_EXPIRY_INTERVAL, 0);
        } else {
            asked = connect.cleanStart() ? 0 : Session.FOREVER;
        }
        return Math.min(asked, shared.settings().maxSessionExpiry().toSeconds());
    }

    private void onClaimed(Session session, boolean present) {
        if (connection.phase() != MqttConnection.Phase.AUTHENTICATING) {
            shared.sessions().detach(session, false);
            return;
        }
        MqttPacket.Connect connect = connect();
        int outbound =
                (int)
                        Math.min(
                                connect.properties().number(Property.TOPIC_ALIAS_MAXIMUM, 0),
                                shared.settings().outboundAliasMaximum());
        boolean v5 = connect.version() == MqttVersion.V5;
        TopicAliases aliases =
                new TopicAliases(v5 ? shared.settings().topicAliasMaximum() : 0, outbound);
        MqttPacket.ConnAck answer =
                new MqttPacket.ConnAck(
                        present && connect.version() != MqttVersion.V3_1,
                        0,
                        v5 ? accepted(connect, session) : Properties.NONE);
        if (!fits(answer)) {
            connection.active(session, aliases);
            connection.leave(
                    new CloseReason(CloseReason.Kind.PROTOCOL_ERROR, "CONNACK does not fit"));
            return;
        }
        connection.send(answer);
        connection.active(session, aliases);
        session.sender().pump();
        shared.events().connected(session, connect.version().name());
        connection.subscribes().autoSubscribe();
        connection.resume();
    }

    private Properties accepted(MqttPacket.Connect connect, Session session) {
        MqttSettings settings = shared.settings();
        Properties.Builder answer = Properties.builder();
        answer.number(Property.RECEIVE_MAXIMUM, settings.receiveMaximum());
        addOffered(settings.offered(), answer);
        if (settings.maxPacketSize() < LARGEST_PACKET) {
            answer.number(Property.MAXIMUM_PACKET_SIZE, settings.maxPacketSize());
        }
        answer.number(Property.TOPIC_ALIAS_MAXIMUM, settings.topicAliasMaximum());
        long asked = connect.properties().number(Property.SESSION_EXPIRY_INTERVAL, 0);
        if (asked != announcedExpiry) {
            answer.number(Property.SESSION_EXPIRY_INTERVAL, announcedExpiry);
        }
        int keepAlive = keepAlive(connect.keepAlive());
        if (keepAlive != connect.keepAlive()) {
            answer.number(Property.SERVER_KEEP_ALIVE, keepAlive);
        }
        if (assignedId) {
            answer.text(Property.ASSIGNED_CLIENT_IDENTIFIER, session.key().clientId());
        }
        if (connect.properties().number(Property.REQUEST_RESPONSE_INFORMATION, 0) == 1) {
            answer.text(
                    Property.RESPONSE_INFORMATION,
                    "response/" + Placeholders.safe(session.key().clientId()) + "/");
        }
        EnhancedAuthentication done = exchange;
        if (done != null) {
            done.addTo(answer);
        }
        return answer.build();
    }

    /** Only what is not there is told of. */
    private static void addOffered(MqttSettings.Offered offered, Properties.Builder answer) {
        if (!offered.retain()) {
            answer.number(Property.RETAIN_AVAILABLE, 0);
        }
        if (offered.qos() < 2) {
            answer.number(Property.MAXIMUM_QOS, offered.qos());
        }
        if (!offered.wildcards()) {
            answer.number(Property.WILDCARD_SUBSCRIPTION_AVAILABLE, 0);
        }
        if (!offered.shared()) {
            answer.number(Property.SHARED_SUBSCRIPTION_AVAILABLE, 0);
        }
    }

    private boolean fits(MqttPacket answer) {
        return MqttEncoder.encodedSize(answer, connection.limits().version())
                <= connection.limits().maxPacketSize();
    }

    private MqttPacket.Connect connect() {
        MqttPacket.Connect known = packet;
        if (known == null) {
            throw new IllegalStateException("no CONNECT yet");
        }
        return known;
    }

    /** Answers CONNACK with a reason and closes. */
    void refuse(ReasonCode reason, String detail) {
        ClientLimits limits = connection.limits();
        boolean v5 = limits.version() == MqttVersion.V5;
        Properties properties =
                v5 && limits.problemInformation() && !detail.isEmpty()
                        ? Properties.builder().text(Property.REASON_STRING, detail).build()
                        : Properties.NONE;
        int code = v5 ? reason.code() : MqttErrors.toReturnCode(reason);
        MqttPacket answer = new MqttPacket.ConnAck(false, code, properties);
        if (!fits(answer)) {
            answer = new MqttPacket.ConnAck(false, code, Properties.NONE);
        }
        if (fits(answer)) {
            connection.send(answer);
        }
        connection.leave(new CloseReason(MqttErrors.toKind(reason), detail));
    }

    // The end.

    /**
     * DISCONNECT may change the session's expiry, but not make a session out of none (3.14.2.2.2).
     */
    void checkExpiry(MqttPacket.Disconnect disconnect) throws MqttCodecException {
        long asked = disconnect.properties().number(Property.SESSION_EXPIRY_INTERVAL, -1);
        if (asked < 0) {
            return;
        }
        Session session = connection.session();
        if (asked > 0 && session.expirySeconds() == 0) {
            throw MqttCodecException.protocol("a session expiry where there was none");
        }
        session.expirySeconds(Math.min(asked, shared.settings().maxSessionExpiry().toSeconds()));
    }

    void onEnded() {
        packet = null;
        exchange = null;
    }

    /** Null before the client was let in. */
    @Nullable Login login() {
        return login;
    }
}
