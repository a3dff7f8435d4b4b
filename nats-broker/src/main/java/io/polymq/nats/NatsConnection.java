package io.polymq.nats;

import io.netty.buffer.ByteBuf;
import io.polymq.codec.nats.NatsCommands;
import io.polymq.codec.nats.NatsParser;
import io.polymq.codec.nats.NatsProtocolException;
import io.polymq.codec.nats.NatsWriter;
import io.polymq.core.router.Router;
import io.polymq.core.security.Credentials;
import io.polymq.core.security.Principal;
import io.polymq.nats.account.Account;
import io.polymq.nats.account.Admission;
import io.polymq.nats.account.Door;
import io.polymq.nats.account.LoginRequest;
import io.polymq.nats.account.NatsUser;
import io.polymq.nats.account.Traffic;
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
import java.util.concurrent.TimeUnit;
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
    private final NatsPublisher publisher;
    private final NatsPinger pinger;
    private final @Nullable Nonce nonce;
    private final long openedAt = System.currentTimeMillis();
    private State state = State.AWAITING_CONNECT;
    private volatile ConnectOptions options = ConnectOptions.DEFAULT;
    private volatile @Nullable NatsUser user;
    private volatile long heardAt = openedAt;
    private SubjectRights rights = new NoRights();
    private @Nullable Account entered;
    private int maxPayload;
    private boolean saidConnect;
    private boolean toldAccount;
    private boolean counted;
    private boolean infoSent;
    private boolean slow;
    private long countedMessages;
    private long reported;
    private final Delivered delivered = new Delivered();

    NatsConnection(NatsBroker broker, Connection connection, NatsLoop loop) {
        this.broker = broker;
        this.connection = connection;
        this.loop = loop;
        this.outbox = connection.outbox();
        NatsSettings settings = broker.settings();
        this.maxPayload = settings.maxPayload();
        this.parser = new NatsParser(settings.maxControlLine(), maxPayload);
        this.pinger = new NatsPinger(settings, broker.limits().times(), System.nanoTime());
        this.subscriptions = new NatsSubscriptions(this, settings.maxSubscriptions());
        this.publisher = new NatsPublisher(this, loop, settings.noResponders());
        this.nonce = broker.door().asksForSignature() ? Nonce.fresh() : null;
        connection.packetLimit(maxPayload + settings.maxControlLine() + 4);
        loop.add(this);
        begin();
    }

    private void begin() {
        counted = broker.enter();
        long wait = broker.tlsFirstNanos();
        if (connection.transport() != TransportKind.TCP || wait == 0) {
            sendInfo();
        } else if (wait > 0) {
            connection.loop().schedule(this::sendInfo, wait, TimeUnit.NANOSECONDS);
        }
        if (!counted) {
            tooMany();
            return;
        }
        NatsUser nobody = broker.door().anonymous();
        if (nobody != null) {
            state = State.READY;
            accept(nobody, ConnectOptions.DEFAULT);
        }
    }

    private void sendInfo() {
        if (!infoSent && connection.isOpen()) {
            infoSent = true;
            byte[] info = broker.info().first(connection, nonce == null ? null : nonce.text());
            outbox.append(info, 0, info.length);
            outbox.flush();
        }
    }

    long id() {
        return connection.id();
    }

    Connection connection() {
        return connection;
    }

    Outbox outbox() {
        return outbox;
    }

    NatsBroker broker() {
        return broker;
    }

    Router.Space space() {
        return account().space();
    }

    /** The account that the client works in; only asked when it is known. Any thread. */
    Account account() {
        NatsUser known = user;
        return known == null ? broker.accounts().global() : known.account();
    }

    /** Null until it is known. Any thread. */
    @Nullable NatsUser user() {
        return user;
    }

    SubjectRights rights() {
        return rights;
    }

    NatsSubscriptions subscriptions() {
        return subscriptions;
    }

    /** Any thread. */
    ConnectOptions options() {
        return options;
    }

    /** Any thread. */
    boolean echoes() {
        return options.echo();
    }

    /** Any thread. */
    boolean takesHeaders() {
        return options.headers();
    }

    /** Milliseconds since 1970; any thread. */
    long openedAt() {
        return openedAt;
    }

    /** Milliseconds since 1970; any thread. */
    long heardAt() {
        return heardAt;
    }

    /** What it has sent and received so far, from any thread: the newest may be missing. */
    Traffic.Sums traffic() {
        return new Traffic.Sums(
                publisher.received(),
                publisher.receivedBytes(),
                delivered.messages(),
                delivered.bytes(),
                slow ? 1 : 0);
    }

    Delivered delivered() {
        return delivered;
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
        if (!infoSent) {
            in.skipBytes(length);
            fail(CloseReason.Kind.PROTOCOL_ERROR, null, "spoke without the TLS that comes first");
            return;
        }
        byte[] bytes = loop.copy(in, length);
        try {
            in.skipBytes(parser.parse(bytes, 0, length, this));
        } catch (NatsProtocolException e) {
            in.skipBytes(length);
            broken(e);
        }
        connection.countMessages((int) (publisher.received() - countedMessages));
        countedMessages = publisher.received();
        waitForCongested();
    }

    private boolean beginTls() {
        boolean begun =
                broker.settings().tlsAvailable()
                        && connection.transport() == TransportKind.TCP
                        && connection.startTls();
        if (begun && !infoSent) {
            sendInfo();
        }
        return begun;
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
        heardAt = System.currentTimeMillis();
        long received = publisher.received();
        if (received != reported) {
            broker.metrics().received(received - reported);
            reported = received;
        }
    }

    @Override
    public void writable(boolean writable) {
        pinger.congested(!writable, System.nanoTime());
    }

    @Override
    public void ending(CloseReason reason) {
        NatsError error = NatsError.of(reason.kind());
        if (reason.kind() == CloseReason.Kind.SLOW_CONSUMER) {
            slow = true;
            broker.metrics().slowConsumer();
        }
        if (error != null) {
            error(error);
        } else if (reason.kind() == CloseReason.Kind.KICKED) {
            infoChanged(true); // an error would keep it from coming back
        }
        end(reason);
    }

    @Override
    public void closed(CloseReason reason) {
        state = State.ENDED;
        loop.remove(this);
        slow |= reason.kind() == CloseReason.Kind.SLOW_CONSUMER;
        broker.ended(this, reason);
        subscriptions.close();
        if (counted) {
            broker.leave();
        }
        leaveAccount();
        broker.metrics().delivered(delivered.messages());
        LOG.atDebug()
                .addKeyValue("client", connection.id())
                .addKeyValue("name", options.name())
                .addKeyValue("in", publisher.receivedBytes())
                .addKeyValue("out", delivered.bytes())
                .log("closed: {} {}", reason.kind(), reason.detail());
    }

    private void leaveAccount() {
        Account account = entered;
        if (account != null) {
            entered = null;
            account.left();
            account.past().add(traffic());
        }
    }

    /** Once in a while, from the loop's clock. */
    void tick(long now) {
        rights.forget();
        NatsUser known = user;
        if (known != null
                && known.expiresAt() != Long.MAX_VALUE
                && known.expiresAt() <= System.currentTimeMillis()) {
            fail(
                    CloseReason.Kind.NOT_AUTHENTICATED,
                    NatsError.AUTHENTICATION_EXPIRED,
                    "the user's JWT has expired");
            return;
        }
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
            case WRITE_TIMEOUT ->
                    ending(
                            new CloseReason(
                                    CloseReason.Kind.SLOW_CONSUMER,
                                    "did not read within the write deadline"));
        }
    }

    /** The server's INFO has changed: told to clients that take such news. */
    void infoChanged(boolean lameDuck) {
        if (state == State.READY && options.protocol() >= 1) {
            byte[] info = broker.info().changed(connection, maxPayload, lameDuck);
            outbox.append(info, 0, info.length);
        }
    }

    // What the client says.

    @Override
    public void connect(byte[] bytes, int json, int jsonLength) {
        ConnectOptions asked;
        try {
            asked = ConnectOptions.parse(broker.json(), bytes, json, jsonLength, options);
        } catch (IOException e) {
            fail(
                    CloseReason.Kind.PROTOCOL_ERROR,
                    null,
                    "CONNECT cannot be read: " + e.getMessage());
            return;
        }
        if (broker.settings().tlsRequired() && connection.transport() == TransportKind.TCP) {
            fail(
                    CloseReason.Kind.PROTOCOL_ERROR,
                    NatsError.TLS_REQUIRED,
                    "CONNECT came without TLS");
            return;
        }
        logIn(asked);
    }

    private void logIn(ConnectOptions asked) {
        state = State.LOGGING_IN;
        LoginRequest request = asked.request(id(), peer(asked), isWebSocket(), nonce);
        Door door = broker.door();
        CompletableFuture<Admission> login = door.admit(request).toCompletableFuture();
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
                                            if (door != broker.door()) {
                                                reconsider();
                                            }
                                            connection.resumeReading();
                                        }));
    }

    private void loggedIn(
            ConnectOptions asked, @Nullable Admission result, @Nullable Throwable failure) {
        if (state == State.ENDED) {
            return;
        }
        if (result instanceof Admission.Admitted admitted) {
            state = State.READY;
            saidConnect = true;
            if (accept(admitted.user(), asked) && isSound(asked)) {
                acknowledge();
                broker.connected(this);
            }
            return;
        }
        options = asked;
        refuse(result, failure);
    }

    void tooMany() {
        fail(CloseReason.Kind.LIMIT_EXCEEDED, NatsError.MAX_CONNECTIONS, "too many connections");
    }

    /** The configuration has changed: whether the client may stay, and what it may do. */
    void reconsider() {
        if (state != State.READY) {
            return;
        }
        broker.door()
                .admit(options.request(id(), peer(options), isWebSocket(), nonce))
                .whenComplete(
                        (result, failure) ->
                                connection.loop().execute(() -> reconsidered(result, failure)));
    }

    private void reconsidered(@Nullable Admission result, @Nullable Throwable failure) {
        if (state != State.READY) {
            return;
        }
        if (result instanceof Admission.Admitted admitted) {
            if (accept(admitted.user(), options)) {
                subscriptions.reconsider();
                infoChanged(false);
            }
            return;
        }
        refuse(result, failure);
    }

    private void refuse(@Nullable Admission result, @Nullable Throwable failure) {
        String why =
                result instanceof Admission.Refused refused
                        ? refused.detail()
                        : String.valueOf(failure);
        fail(CloseReason.Kind.NOT_AUTHENTICATED, NatsError.AUTHORIZATION_VIOLATION, why);
    }

    private boolean isSound(ConnectOptions asked) {
        NatsError fault = asked.fault();
        if (fault != null) {
            fail(
                    CloseReason.Kind.PROTOCOL_ERROR,
                    fault,
                    "CONNECT with protocol " + asked.protocol() + ", no_responders, headers");
        }
        return fault == null;
    }

    private boolean accept(NatsUser known, ConnectOptions asked) {
        Login login = new Login(known.account().tenant(), known.principal().user(), asked.name());
        if (!login.equals(connection.login()) && !connection.loggedIn(login)) {
            fail(
                    CloseReason.Kind.LIMIT_EXCEEDED,
                    NatsError.MAX_CONNECTIONS,
                    "too many connections of " + login);
            return false;
        }
        Account account = known.account();
        if (!account.equals(entered)) {
            subscriptions.close();
            leaveAccount();
        } else if (account.leftAsTooMany()) {
            entered = null;
        }
        if (entered == null && !account.entered()) {
            fail(
                    CloseReason.Kind.LIMIT_EXCEEDED,
                    NatsError.MAX_ACCOUNT_CONNECTIONS,
                    "too many connections of " + account);
            return false;
        }
        entered = account;
        options = asked;
        user = known;
        publisher.worksIn(account);
        rights =
                known.permissions() == null
                        ? new RuleRights(broker.security(), known.principal(), peer(asked))
                        : new ListedRights(known.permissions());
        maxPayload = least(broker.settings().maxPayload(), known.maxPayload());
        maxPayload = least(maxPayload, account.options().limits().maxPayload());
        parser.limits(broker.settings().maxControlLine(), maxPayload);
        subscriptions.limit(least(broker.settings().maxSubscriptions(), known.maxSubscriptions()));
        return true;
    }

    /** The lower of two limits, of which what is not positive is none. */
    private static int least(int limit, int other) {
        if (other <= 0) {
            return limit;
        }
        return limit <= 0 ? other : Math.min(limit, other);
    }

    private boolean isWebSocket() {
        return connection.transport() == TransportKind.WEBSOCKET
                || connection.transport() == TransportKind.WEBSOCKET_TLS;
    }

    private Credentials.Peer peer(ConnectOptions asked) {
        PeerCertificate certificate = connection.peerCertificate();
        return new Credentials.Peer(
                NatsBinding.NAME,
                connection.remote(),
                asked.name(),
                certificate == null ? null : certificate.certificate());
    }

    Principal principal() {
        NatsUser known = user;
        return known == null ? Principal.ANONYMOUS : known.principal();
    }

    Credentials.Peer peer() {
        return peer(options);
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
        if (headerLength >= 0 && !options.headers()) {
            fail(CloseReason.Kind.PROTOCOL_ERROR, null, "HPUB without header support");
            return;
        }
        publisher.publish(
                bytes,
                subject,
                subjectLength,
                reply,
                replyLength,
                body,
                Math.max(0, headerLength),
                totalLength,
                tail);
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
        if (!isReady()) {
            return;
        }
        NatsWriter.pong(outbox.begin(8));
        outbox.end();
        NatsUser known = user;
        if (saidConnect && !toldAccount && known != null) {
            toldAccount = true;
            if (options.protocol() >= 1) {
                boolean system = broker.accounts().isSystem(known.account());
                byte[] info = broker.info().known(connection, known, system, maxPayload);
                outbox.append(info, 0, info.length);
            }
        }
    }

    @Override
    public void pong() {
        pinger.answered(System.nanoTime());
    }

    /** The time of the last answered PING, 0 when none was. Any thread. */
    long roundTripNanos() {
        return pinger.roundTripNanos();
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

    void acknowledge() {
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
        NatsError error = NatsError.of(e.reason());
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
