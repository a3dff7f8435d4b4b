package io.polymq.nats;

import io.netty.buffer.ByteBuf;
import io.polymq.codec.nats.NatsCommands;
import io.polymq.codec.nats.NatsParser;
import io.polymq.codec.nats.NatsProtocolException;
import io.polymq.codec.nats.NatsWriter;
import io.polymq.core.message.Message;
import io.polymq.core.router.Router;
import io.polymq.core.security.Credentials;
import io.polymq.core.security.Principal;
import io.polymq.core.security.Security.AuthResult;
import io.polymq.core.service.SubjectService;
import io.polymq.core.subject.Dialect;
import io.polymq.core.subject.InvalidSubjectException;
import io.polymq.core.subject.Subject;
import io.polymq.network.CloseReason;
import io.polymq.network.Connection;
import io.polymq.network.Login;
import io.polymq.network.Outbox;
import io.polymq.network.PeerCertificate;
import io.polymq.network.ProtocolHandler;
import io.polymq.network.TransportKind;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One client. Connection zone; publishers on other loops reach it only through its subscriptions'
 * sinks.
 *
 * <pre>
 *            no login needed
 *   open ---------------------------> READY <-- accepted -- LOGGING_IN
 *     |                                 |  \--- CONNECT -------^  |
 *     '--> AWAITING_CONNECT -- CONNECT -|----------------------'  | refused
 *                 | anything else       v                         v
 *                 '-----------------> ENDED <---------------------'
 * </pre>
 */
final class NatsConnection implements ProtocolHandler, NatsCommands {

    private static final Logger LOG = LoggerFactory.getLogger(NatsConnection.class);
    private static final int TLS_HANDSHAKE = 0x16;
    private static final byte[] NO_RESPONDERS =
            "NATS/1.0 503\r\n\r\n".getBytes(StandardCharsets.US_ASCII);

    private enum State {
        AWAITING_CONNECT,
        LOGGING_IN,
        READY,
        ENDED
    }

    private final NatsBroker broker;
    private final Connection connection;
    private final NatsLoop loop;
    private final Outbox outbox;
    private final NatsParser parser;
    private final NatsSubscriptions subscriptions;
    private final NatsPinger pinger;
    private State state;
    private volatile ConnectOptions options = ConnectOptions.DEFAULT;
    private SubjectRights rights;
    private Router.Space space;
    private Subject lastSubject = Subject.EMPTY;
    private boolean lastRoutable;
    private @Nullable SubjectService lastService;
    private long received;
    private long receivedBytes;
    private long counted;
    private long reported;
    private long delivered;
    private long deliveredBytes;

    NatsConnection(NatsBroker broker, Connection connection, NatsLoop loop) {
        this.broker = broker;
        this.connection = connection;
        this.loop = loop;
        this.outbox = connection.outbox();
        NatsSettings settings = broker.settings();
        this.parser = new NatsParser(settings.maxControlLine(), settings.maxPayload());
        this.pinger = new NatsPinger(settings, System.nanoTime());
        this.rights =
                new SubjectRights(
                        broker.security(), Principal.ANONYMOUS, peer(ConnectOptions.DEFAULT));
        this.space = broker.router().space(Principal.DEFAULT_TENANT);
        this.subscriptions = new NatsSubscriptions(this, settings.maxSubscriptions());
        boolean loginRequired = broker.security().loginRequired();
        this.state = loginRequired ? State.AWAITING_CONNECT : State.READY;
        connection.packetLimit(settings.maxPayload() + settings.maxControlLine() + 4);
        loop.add(this);
        byte[] info = broker.info().line(connection, false);
        outbox.append(info, 0, info.length);
        outbox.flush();
        if (!loginRequired) {
            accept(Principal.ANONYMOUS, ConnectOptions.DEFAULT);
        }
    }

    long id() {
        return connection.id();
    }

    Outbox outbox() {
        return outbox;
    }

    Router.Space space() {
        return space;
    }

    SubjectRights rights() {
        return rights;
    }

    /** Any thread. */
    boolean echoes() {
        return options.echo();
    }

    /** Any thread. */
    boolean takesHeaders() {
        return options.headers();
    }

    /** Under the outbox's lock. */
    void countOut(int bytes) {
        delivered++;
        deliveredBytes += bytes;
    }

    /** Any thread. */
    void forgetLater(NatsSubscription subscription) {
        if (connection.loop().inEventLoop()) {
            subscriptions.forget(subscription);
        } else {
            connection.loop().execute(() -> subscriptions.forget(subscription));
        }
    }

    // What the network layer brings.

    @Override
    public void read(ByteBuf in) {
        pinger.heard(System.nanoTime());
        int length = in.readableBytes();
        if (length < parser.needed() || state == State.LOGGING_IN || state == State.ENDED) {
            if (state == State.ENDED) {
                in.skipBytes(length);
            }
            return;
        }
        if (in.getByte(in.readerIndex()) == TLS_HANDSHAKE && beginTls()) {
            return;
        }
        byte[] bytes = loop.copy(in, length);
        try {
            in.skipBytes(parser.parse(bytes, 0, length, this));
        } catch (NatsProtocolException e) {
            in.skipBytes(length);
            broken(e);
        }
        connection.countMessages((int) (received - counted));
        counted = received;
        waitForCongested();
    }

    private boolean beginTls() {
        return broker.settings().tlsAvailable()
                && connection.transport() == TransportKind.TCP
                && connection.startTls();
    }

    private void waitForCongested() {
        Outbox receiver = loop.wire().takeCongested();
        if (receiver != null && receiver != outbox) {
            connection.pauseReading();
            Stall.until(receiver, connection);
        }
    }

    @Override
    public void readComplete() {
        if (received != reported) {
            broker.metrics().received(received - reported);
            reported = received;
        }
    }

    @Override
    public void ending(CloseReason reason) {
        NatsError error =
                switch (reason.kind()) {
                    case IDLE -> NatsError.STALE_CONNECTION;
                    case SLOW_CONSUMER -> NatsError.SLOW_CONSUMER;
                    case LOGIN_TIMEOUT -> NatsError.AUTHENTICATION_TIMEOUT;
                    case NOT_AUTHENTICATED, KICKED, BANNED -> NatsError.AUTHORIZATION_VIOLATION;
                    case LIMIT_EXCEEDED -> NatsError.MAX_CONNECTIONS;
                    case TOO_LARGE -> NatsError.MAX_PAYLOAD;
                    case SHUTDOWN, TAKEN_OVER, INTERNAL_ERROR -> NatsError.SHUTDOWN;
                    case PEER_CLOSED, PEER_LOST, CLIENT_REQUEST, PROTOCOL_ERROR -> null;
                };
        if (reason.kind() == CloseReason.Kind.SLOW_CONSUMER) {
            broker.metrics().slowConsumer();
        }
        if (error != null) {
            error(error);
        }
        end(reason);
    }

    @Override
    public void closed(CloseReason reason) {
        state = State.ENDED;
        loop.remove(this);
        subscriptions.close();
        broker.metrics().delivered(delivered);
        LOG.atDebug()
                .addKeyValue("client", connection.id())
                .addKeyValue("name", options.name())
                .addKeyValue("in", receivedBytes)
                .addKeyValue("out", deliveredBytes)
                .log("closed: {} {}", reason.kind(), reason.detail());
    }

    /** Once in a while, from the loop's clock. */
    void tick(long now) {
        rights.forget();
        switch (pinger.due(now, state == State.AWAITING_CONNECT)) {
            case NOTHING -> {}
            case PING -> {
                NatsWriter.ping(outbox.begin(8));
                outbox.end();
            }
            case STALE -> {
                error(NatsError.STALE_CONNECTION);
                end(new CloseReason(CloseReason.Kind.IDLE, "pings were not answered"));
            }
            case LOGIN_TIMEOUT -> {
                error(NatsError.AUTHENTICATION_TIMEOUT);
                end(new CloseReason(CloseReason.Kind.LOGIN_TIMEOUT, "no CONNECT came"));
            }
        }
    }

    // What the client says.

    @Override
    public void connect(byte[] bytes, int json, int jsonLength) {
        ConnectOptions asked;
        try {
            asked = ConnectOptions.parse(broker.json(), bytes, json, jsonLength);
        } catch (IOException e) {
            fail(
                    CloseReason.Kind.PROTOCOL_ERROR,
                    null,
                    "CONNECT cannot be read: " + e.getMessage());
            return;
        }
        if (asked.protocol() < 0 || asked.protocol() > 1) {
            fail(
                    CloseReason.Kind.PROTOCOL_ERROR,
                    NatsError.INVALID_CLIENT_PROTOCOL,
                    "protocol " + asked.protocol());
        } else if (asked.noResponders() && !asked.headers()) {
            fail(
                    CloseReason.Kind.PROTOCOL_ERROR,
                    NatsError.NO_RESPONDERS_NEEDS_HEADERS,
                    "no_responders alone");
        } else if (broker.settings().tlsRequired() && connection.transport() == TransportKind.TCP) {
            fail(
                    CloseReason.Kind.PROTOCOL_ERROR,
                    NatsError.TLS_REQUIRED,
                    "CONNECT came without TLS");
        } else {
            logIn(asked);
        }
    }

    private void logIn(ConnectOptions asked) {
        state = State.LOGGING_IN;
        CompletableFuture<AuthResult> login =
                broker.security().authenticate(credentials(asked)).toCompletableFuture();
        if (login.isDone()) {
            login.whenComplete((result, failure) -> loggedIn(asked, result, failure));
            return;
        }
        parser.stop();
        connection.pauseReading();
        login.whenComplete(
                (result, failure) ->
                        connection
                                .loop()
                                .execute(
                                        () -> {
                                            loggedIn(asked, result, failure);
                                            connection.resumeReading();
                                        }));
    }

    private void loggedIn(
            ConnectOptions asked, @Nullable AuthResult result, @Nullable Throwable failure) {
        if (state == State.ENDED) {
            return;
        }
        if (result instanceof AuthResult.Accepted accepted) {
            state = State.READY;
            if (accept(accepted.principal(), asked)) {
                acknowledge();
            }
            return;
        }
        String why =
                result instanceof AuthResult.Refused refused
                        ? refused.detail()
                        : String.valueOf(failure);
        fail(CloseReason.Kind.NOT_AUTHENTICATED, NatsError.AUTHORIZATION_VIOLATION, why);
    }

    private boolean accept(Principal principal, ConnectOptions asked) {
        Login login = new Login(principal.tenant(), principal.user(), asked.name());
        if (!login.equals(connection.login()) && !connection.loggedIn(login)) {
            fail(
                    CloseReason.Kind.LIMIT_EXCEEDED,
                    NatsError.MAX_CONNECTIONS,
                    "too many connections of " + login);
            return false;
        }
        options = asked;
        rights = new SubjectRights(broker.security(), principal, peer(asked));
        Router.Space own = broker.router().space(principal.tenant());
        if (own != space) {
            space = own;
            subscriptions.close();
        }
        return true;
    }

    private Credentials credentials(ConnectOptions asked) {
        Credentials.Peer peer = peer(asked);
        String password = asked.password();
        if (asked.user() != null) {
            byte[] secret = (password == null ? "" : password).getBytes(StandardCharsets.UTF_8);
            return new Credentials.Password(peer, asked.user(), secret);
        }
        return asked.token() != null
                ? new Credentials.Token(peer, asked.token())
                : new Credentials.None(peer);
    }

    private Credentials.Peer peer(ConnectOptions asked) {
        PeerCertificate certificate = connection.peerCertificate();
        return new Credentials.Peer(
                NatsBinding.NAME,
                connection.remote(),
                asked.name(),
                certificate == null ? null : certificate.certificate());
    }

    @Override
    public void publish(
            byte[] bytes,
            int subject,
            int subjectLength,
            int reply,
            int replyLength,
            int body,
            int headerLength,
            int totalLength,
            int tail) {
        if (!isReady()) {
            return;
        }
        int header = Math.max(0, headerLength);
        if (headerLength >= 0 && !options.headers()) {
            fail(CloseReason.Kind.PROTOCOL_ERROR, null, "HPUB without header support");
            return;
        }
        received++;
        receivedBytes += totalLength;
        Subject to = lastSubject;
        if (!to.isDotted(bytes, subject, subjectLength)) {
            to = loop.subjects().dotted(bytes, subject, subjectLength);
            lastSubject = to;
            lastRoutable = hasNoEmptyLevel(to.dotted());
            lastService = broker.service(to);
        }
        if (options.pedantic() && !isLiteral(to)) {
            error(NatsError.INVALID_PUBLISH_SUBJECT);
        }
        if (!rights.mayPublish(to)) {
            error("Permissions Violation for Publish to \"" + to + '"');
            return;
        }
        Message message = loop.message();
        message.begin(to, bytes, body + header, totalLength - header)
                .publisher(connection.id())
                .header(NatsHeaderCodec.INSTANCE, bytes, body, header, 0);
        if (replyLength > 0) {
            message.replyTo(bytes, reply, replyLength);
        }
        if (tail >= 0) {
            loop.wire().point(message, bytes, tail, body + totalLength + 2 - tail, header > 0);
        }
        if (lastService != null) {
            ask(lastService, message);
            return;
        }
        int takers = lastRoutable ? space.publish(loop.routes(), message) : 0;
        if (takers == 0
                && replyLength > 0
                && options.noResponders()
                && broker.settings().noResponders()) {
            noResponders(Subject.ofDotted(bytes, reply, replyLength));
        }
        acknowledge();
    }

    private void ask(SubjectService service, Message message) {
        String refusal = service.request(message, rights.principal(), rights.peer());
        if (refusal == null) {
            acknowledge();
        } else {
            error(refusal);
        }
    }

    /**
     * A subject with an empty level is taken from a client that is not pedantic, and reaches
     * nobody.
     */
    private static boolean hasNoEmptyLevel(byte[] subject) {
        boolean begun = false;
        for (byte b : subject) {
            if (b == '.' && !begun) {
                return false;
            }
            begun = b != '.';
        }
        return begun;
    }

    private static boolean isLiteral(Subject subject) {
        try {
            return Dialect.NATS.parse(subject.dotted(), 0, subject.length()).isExact();
        } catch (InvalidSubjectException e) {
            return false;
        }
    }

    /** Nobody got a request: its own subscription for the answer hears so. */
    private void noResponders(Subject reply) {
        NatsSubscription own = subscriptions.firstFor(reply);
        if (own != null) {
            Message message = loop.message();
            message.begin(reply, NO_RESPONDERS, 0, 0)
                    .header(NatsHeaderCodec.INSTANCE, NO_RESPONDERS, 0, NO_RESPONDERS.length, 0);
            own.deliver(message);
        }
    }

    @Override
    public void subscribe(
            byte[] bytes,
            int subject,
            int subjectLength,
            int queue,
            int queueLength,
            int sid,
            int sidLength) {
        if (isReady()
                && subscriptions.add(
                        bytes, subject, subjectLength, queue, queueLength, sid, sidLength)) {
            acknowledge();
        }
    }

    @Override
    public void unsubscribe(byte[] bytes, int sid, int sidLength, int max) {
        if (isReady()) {
            subscriptions.end(bytes, sid, sidLength, max);
            acknowledge();
        }
    }

    @Override
    public void ping() {
        if (isReady()) {
            NatsWriter.pong(outbox.begin(8));
            outbox.end();
        }
    }

    @Override
    public void pong() {
        pinger.answered();
    }

    @Override
    public void error() {
        fail(CloseReason.Kind.PROTOCOL_ERROR, null, "a client sent -ERR");
    }

    // Answers and endings.

    /** Whether commands are taken; a client that must log in first is refused. */
    private boolean isReady() {
        if (state == State.READY) {
            return true;
        }
        if (state == State.AWAITING_CONNECT) {
            fail(
                    CloseReason.Kind.NOT_AUTHENTICATED,
                    NatsError.AUTHORIZATION_VIOLATION,
                    "a command before CONNECT");
        }
        return false;
    }

    private void acknowledge() {
        if (options.verbose()) {
            NatsWriter.ok(outbox.begin(8));
            outbox.end();
        }
    }

    void error(NatsError error) {
        error(error.text());
    }

    void error(String text) {
        error(text.getBytes(StandardCharsets.UTF_8));
    }

    private void error(byte[] text) {
        NatsWriter.error(outbox.begin(NatsWriter.errorSize(text)), text);
        outbox.end();
    }

    private void broken(NatsProtocolException e) {
        NatsError error =
                switch (e.reason()) {
                    case UNKNOWN_OPERATION -> NatsError.UNKNOWN_OPERATION;
                    case CONTROL_LINE_TOO_LONG -> NatsError.CONTROL_LINE_TOO_LONG;
                    case PAYLOAD_TOO_LARGE -> NatsError.MAX_PAYLOAD;
                    case BAD_ARGUMENTS -> null;
                };
        fail(CloseReason.Kind.PROTOCOL_ERROR, error, String.valueOf(e.getMessage()));
    }

    private void fail(CloseReason.Kind kind, @Nullable NatsError error, String detail) {
        if (state == State.ENDED) {
            return;
        }
        if (error != null) {
            error(error);
        }
        LOG.atInfo()
                .addKeyValue("client", connection.id())
                .addKeyValue("address", connection.remote())
                .log("closing a NATS client: {}", detail);
        end(new CloseReason(kind, detail));
    }

    private void end(CloseReason reason) {
        state = State.ENDED;
        parser.stop();
        connection.close(reason);
    }
}
