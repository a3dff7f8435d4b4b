package io.polymq.amqp.v1;

import io.netty.buffer.ByteBuf;
import io.netty.channel.EventLoop;
import io.netty.util.collection.IntObjectHashMap;
import io.polymq.amqp.AmqpBroker;
import io.polymq.amqp.AmqpLoop;
import io.polymq.amqp.Clients;
import io.polymq.amqp.management.ClientList;
import io.polymq.amqp.model.VirtualHost;
import io.polymq.amqp.v1.frame.Condition;
import io.polymq.amqp.v1.frame.ErrorInfo;
import io.polymq.amqp.v1.frame.FrameException;
import io.polymq.amqp.v1.frame.Frames;
import io.polymq.amqp.v1.frame.Performative;
import io.polymq.amqp.v1.frame.PerformativeReader;
import io.polymq.amqp.v1.frame.PerformativeWriter;
import io.polymq.amqp.v1.frame.SaslFrame;
import io.polymq.amqp.v1.frame.Transfer;
import io.polymq.amqp.v1.message.MessageCodec;
import io.polymq.core.queue.Queue;
import io.polymq.core.security.Credentials;
import io.polymq.core.security.Principal;
import io.polymq.core.security.Security.AuthResult;
import io.polymq.network.CloseReason;
import io.polymq.network.Connection;
import io.polymq.network.Outbox;
import io.polymq.network.PeerCertificate;
import io.polymq.network.ProtocolHandler;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One client of 1.0: headers and frames in, its sessions, its end. Opening is {@link Opening}'s.
 * Connection zone.
 *
 * <pre>
 *   HEADER -- SASL --> SASL -- ok --> HEADER_AGAIN
 *     |                                  |
 *     '------------ AMQP ----------------+--> TO_OPEN -- open --> OPEN -- close --> ENDED
 *                                                |                  |                 ^
 *                                                '------ fault -----+--> CLOSING -----'
 * </pre>
 *
 * A frame that waits for the store or a shard zone stops the reading of further frames until its
 * answer is there, so that answers keep their order.
 */
final class V1Connection implements ProtocolHandler, AmqpLoop.Ticking, Clients.Member {

    private static final Logger LOG = LoggerFactory.getLogger(V1Connection.class);
    private static final int ROOM = 512;

    /** Frames up to this size are taken before the peers have agreed on another. */
    private static final int FIRST_FRAMES = 8192;

    private static final long CLOSING_NANOS = 10_000_000_000L;

    /** Where in its life a connection is. */
    enum State {
        HEADER,
        SASL,
        HEADER_AGAIN,
        TO_OPEN,
        OPEN,
        CLOSING,
        ENDED
    }

    private final AmqpBroker broker;
    private final Connection connection;
    private final AmqpLoop loop;
    private final Outbox outbox;
    private final Opening opening;
    private final Sasl sasl;
    private final PerformativeReader performatives = new PerformativeReader();
    private final Transfer transfer = new Transfer();
    private final IntObjectHashMap<Session> sessions = new IntObjectHashMap<>();
    private final MessageCodec messages;
    private final List<Runnable> atReadEnd = new ArrayList<>();
    private State state = State.HEADER;
    private long closingSince;
    private long openedAt;
    private long keepAliveNanos;
    private long sentAt = System.nanoTime();
    private int frameMax = FIRST_FRAMES;
    private int waiting;
    private int published;
    private int accepted;
    private long partialBytes;
    private int links;
    private boolean inRead;

    V1Connection(AmqpBroker broker, Containers containers, Connection connection) {
        this.broker = broker;
        this.connection = connection;
        this.loop = broker.loop(connection.loop());
        this.outbox = connection.outbox();
        this.opening = new Opening(this, broker, containers);
        this.sasl = new Sasl(this, broker);
        this.messages = new MessageCodec(broker.v1Codec());
        loop.add(this);
    }

    // For its parts.

    AmqpBroker broker() {
        return broker;
    }

    Connection network() {
        return connection;
    }

    AmqpLoop loop() {
        return loop;
    }

    Outbox outbox() {
        return outbox;
    }

    long id() {
        return connection.id();
    }

    Opening opening() {
        return opening;
    }

    VirtualHost host() {
        return opening.host();
    }

    boolean isOpen() {
        return state == State.OPEN;
    }

    @Override
    public EventLoop eventLoop() {
        return connection.loop();
    }

    @Override
    public ClientList.@Nullable Client listed() {
        if (!isOpen()) {
            return null;
        }
        List<ClientList.Session> listed = new ArrayList<>();
        sessions.values().forEach(session -> listed.add(session.listed()));
        return new ClientList.Client(
                id(),
                "AMQP 1-0",
                opening.user(),
                host().name(),
                sasl.mechanism(),
                "running",
                frameMax,
                opening.channelMax(),
                (int) broker.settings().heartbeat().toSeconds(),
                openedAt,
                opening.properties(),
                List.of(),
                listed);
    }

    Credentials.Peer peer() {
        PeerCertificate certificate = connection.peerCertificate();
        return new Credentials.Peer(
                connection.protocol(),
                connection.remote(),
                opening.containerId(),
                certificate == null ? null : certificate.certificate());
    }

    /** Runs on the loop: at once when this is it. */
    void onLoop(Runnable action) {
        if (connection.loop().inEventLoop()) {
            action.run();
        } else {
            connection.loop().execute(action);
        }
    }

    /** Runs when what has come together is dealt with. */
    void atReadEnd(Runnable action) {
        atReadEnd.add(action);
        if (!inRead && atReadEnd.size() == 1) {
            connection.loop().execute(this::finishRead);
        }
    }

    private void finishRead() {
        for (int i = 0; i < atReadEnd.size(); i++) {
            atReadEnd.get(i).run();
        }
        atReadEnd.clear();
    }

    MessageCodec messages() {
        return messages;
    }

    void published() {
        published++;
    }

    void accepted(int more) {
        accepted += more;
    }

    /** Bytes of unfinished messages on all links; refuses what would be too much. */
    void partial(long more) {
        partialBytes += more;
        if (partialBytes > 4L * broker.settings().maxMessageSize()) {
            throw FrameException.connection(
                    Condition.RESOURCE_LIMIT_EXCEEDED,
                    "too many unfinished messages on this connection");
        }
    }

    /** Links that were attached or, less than zero, detached; refuses too many. */
    void links(int more) {
        links += more;
        if (links > Limits.LINKS) {
            links -= more;
            throw FrameException.session(
                    Condition.RESOURCE_LIMIT_EXCEEDED, "too many links on this connection");
        }
    }

    // Waiting.

    /**
     * Runs the action with the stage's result, on the loop; frames behind the current one wait for
     * it.
     */
    <T> void await(CompletableFuture<T> stage, BiConsumer<@Nullable T, @Nullable Throwable> then) {
        if (stage.isDone()) {
            T result = null;
            Throwable failure = null;
            try {
                result = stage.join();
            } catch (CompletionException | CancellationException e) {
                failure = e;
            }
            then.accept(result, failure);
            return;
        }
        hold();
        stage.whenComplete((result, failure) -> resume(() -> then.accept(result, failure)));
    }

    private void hold() {
        waiting++;
        connection.pauseReading();
    }

    /** Any thread. */
    private void resume(Runnable action) {
        connection
                .loop()
                .execute(
                        () -> {
                            waiting--;
                            try {
                                if (state != State.ENDED) {
                                    guarded(action);
                                }
                            } finally {
                                connection.resumeReading();
                            }
                        });
    }

    /** Runs what a frame or an answer to one asks for; a fault ends what it must. */
    private void guarded(Runnable action) {
        try {
            action.run();
        } catch (FrameException e) {
            if (state == State.CLOSING) {
                end(new CloseReason(CloseReason.Kind.PROTOCOL_ERROR, "closed with an error"));
            }
            fail(e.info());
        } catch (RuntimeException e) {
            LOG.atWarn().addKeyValue("client", id()).setCause(e).log("a frame failed");
            fail(Conditions.of(e));
        }
    }

    // What the network layer brings.

    @Override
    public void read(ByteBuf in) {
        boolean closing = state == State.CLOSING;
        inRead = true;
        guarded(() -> take(in));
        if (state == State.ENDED || state == State.CLOSING && !closing) {
            // Behind a fault nothing can be told apart for certain.
            in.skipBytes(in.readableBytes());
        }
        if (published > 0) {
            connection.countMessages(published);
            broker.metrics().published(published);
            published = 0;
        }
        Queue behind = loop.publisher().takeCongested();
        if (behind != null && state != State.ENDED) {
            hold();
            behind.whenRelaxed(() -> resume(() -> {}));
        }
    }

    private void take(ByteBuf in) {
        while (in.isReadable() && waiting == 0 && state != State.ENDED) {
            boolean took =
                    state == State.HEADER || state == State.HEADER_AGAIN ? header(in) : frame(in);
            if (!took) {
                return;
            }
        }
    }

    @Override
    public void readComplete() {
        inRead = false;
        finishRead();
        if (accepted > 0) {
            broker.metrics().confirmed(accepted);
            accepted = 0;
        }
    }

    @Override
    public void writable(boolean writable) {
        if (writable) {
            sessions.values().forEach(Session::pump);
        }
    }

    @Override
    public void ending(CloseReason reason) {
        switch (state) {
            case TO_OPEN -> {
                opening.answer(true);
                send(0, new Performative.Close(Conditions.of(reason)));
            }
            case OPEN -> send(0, new Performative.Close(Conditions.of(reason)));
            case HEADER, HEADER_AGAIN, SASL, CLOSING, ENDED -> {}
        }
        end(reason);
    }

    @Override
    public void closed(CloseReason reason) {
        state = State.ENDED;
        loop.remove(this);
        broker.clients().remove(this);
        endSessions();
        opening.left();
        LOG.atDebug()
                .addKeyValue("client", id())
                .log("closed: {} {}", reason.kind(), reason.detail());
    }

    private void endSessions() {
        List.copyOf(sessions.values()).forEach(Session::close);
        broker.metrics().channels(-sessions.size());
        sessions.clear();
    }

    @Override
    public void tick(long now) {
        if (state == State.CLOSING && now - closingSince > CLOSING_NANOS) {
            end(new CloseReason(CloseReason.Kind.PROTOCOL_ERROR, "close was not answered"));
            return;
        }
        if (state == State.OPEN) {
            if (keepAliveNanos > 0 && now - sentAt >= keepAliveNanos) {
                sentAt = now;
                byte[] empty = Frames.empty();
                outbox.append(empty, 0, empty.length);
                outbox.flush();
            }
            sessions.values().forEach(Session::tick);
        }
    }

    // Protocol headers.

    private boolean header(ByteBuf in) {
        if (in.readableBytes() < Frames.HEADER_BYTES) {
            return false;
        }
        byte[] bytes = new byte[Frames.HEADER_BYTES];
        in.readBytes(bytes);
        if (Arrays.equals(bytes, Frames.header(true)) && state == State.HEADER) {
            sendHeader(true);
            state = State.SASL;
            sasl.begin();
        } else if (!Arrays.equals(bytes, Frames.header(false))) {
            refuseHeader(state == State.HEADER);
        } else if (state == State.HEADER_AGAIN) {
            sendHeader(false);
            state = State.TO_OPEN;
        } else {
            withoutSasl();
        }
        return true;
    }

    private void sendHeader(boolean security) {
        outbox.append(Frames.header(security), 0, Frames.HEADER_BYTES);
    }

    /** Says what header would do. */
    private void refuseHeader(boolean security) {
        sendHeader(security);
        end(
                new CloseReason(
                        CloseReason.Kind.PROTOCOL_ERROR,
                        "a protocol header that is not served here"));
    }

    /** Without the security layer a client is what its connection says, if that is enough. */
    private void withoutSasl() {
        await(
                broker.security().authenticate(new Credentials.None(peer())).toCompletableFuture(),
                (result, failure) -> {
                    if (result instanceof AuthResult.Accepted known) {
                        opening.authenticated(known.principal(), known.principal().user());
                        sendHeader(false);
                        state = State.TO_OPEN;
                    } else {
                        refuseHeader(true);
                    }
                });
    }

    void authenticated(Principal principal, String user) {
        opening.authenticated(principal, user);
        state = State.HEADER_AGAIN;
    }

    // Frames.

    private boolean frame(ByteBuf in) {
        if (in.readableBytes() < 4) {
            return false;
        }
        long size = in.getUnsignedInt(in.readerIndex());
        if (size < Frames.HEADER_BYTES || size > frameMax) {
            throw FrameException.connection(
                    Condition.FRAMING_ERROR,
                    "a frame of " + size + " bytes, of which " + frameMax + " may be");
        }
        if (in.readableBytes() < size) {
            return false;
        }
        int length = (int) size;
        byte[] bytes = loop.body(length);
        in.readBytes(bytes, 0, length);
        int body = (bytes[4] & 0xFF) * 4;
        if (body < Frames.HEADER_BYTES || body > length) {
            throw FrameException.connection(
                    Condition.FRAMING_ERROR, "a frame whose body begins outside of it");
        }
        int type = bytes[5] & 0xFF;
        if (type == Frames.SASL && state == State.SASL) {
            sasl.received(performatives.readSasl(bytes, body, length - body));
        } else if (type == Frames.AMQP && state != State.SASL) {
            int channel = (bytes[6] & 0xFF) << 8 | bytes[7] & 0xFF;
            if (body < length) {
                received(channel, bytes, body, length - body);
            }
        } else {
            throw FrameException.connection(
                    Condition.FRAMING_ERROR, "a frame of a type that is not expected now");
        }
        return true;
    }

    private void received(int channel, byte[] bytes, int offset, int length) {
        if (Transfer.isNext(bytes, offset, length)) {
            if (state != State.CLOSING) {
                transfer.read(bytes, offset, length);
                session(channel)
                        .transfer(
                                transfer, bytes, transfer.end(), offset + length - transfer.end());
            }
            return;
        }
        Performative performative = performatives.read(bytes, offset, length);
        if (state == State.CLOSING) {
            if (performative instanceof Performative.Close) {
                end(new CloseReason(CloseReason.Kind.PROTOCOL_ERROR, "closed with an error"));
            }
            return;
        }
        switch (performative) {
            case Performative.Open open -> {
                if (state != State.TO_OPEN) {
                    throw FrameException.connection(
                            Condition.ILLEGAL_STATE, "a second open on a connection");
                }
                opening.open(open);
            }
            case Performative.Begin begin -> begin(channel, begin);
            case Performative.Attach attach -> session(channel).attach(attach);
            case Performative.Flow flow -> session(channel).flow(flow);
            case Performative.Disposition disposition -> session(channel).disposition(disposition);
            case Performative.Detach detach -> session(channel).detach(detach);
            case Performative.End end -> {
                session(channel).ended();
                sessions.remove(channel);
                broker.metrics().channels(-1);
            }
            case Performative.Close close -> closedByClient();
        }
    }

    private Session session(int channel) {
        Session session = state == State.OPEN ? sessions.get(channel) : null;
        if (session == null) {
            throw FrameException.connection(
                    state == State.OPEN ? Condition.NOT_ALLOWED : Condition.ILLEGAL_STATE,
                    state == State.OPEN
                            ? "no session is on channel " + channel
                            : "a frame before the connection was opened");
        }
        return session;
    }

    private void begin(int channel, Performative.Begin begin) {
        if (state != State.OPEN) {
            throw FrameException.connection(
                    Condition.ILLEGAL_STATE, "a session before the connection was opened");
        }
        if (channel > opening.channelMax()) {
            throw FrameException.connection(
                    Condition.FRAMING_ERROR,
                    "channel "
                            + channel
                            + " is above the highest that may be, "
                            + opening.channelMax());
        }
        if (sessions.containsKey(channel)) {
            throw FrameException.connection(
                    Condition.NOT_ALLOWED, "a second session on channel " + channel);
        }
        Session session = new Session(this, channel, begin);
        sessions.put(channel, session);
        broker.metrics().channels(1);
        session.begin();
    }

    // Writing.

    void send(int channel, Performative performative) {
        ByteBuf out = outbox.begin(ROOM);
        try {
            // What it takes is known afterwards only: a longer one is written beside.
            ByteBuf beside = out.alloc().heapBuffer(ROOM);
            try {
                int at = Frames.begin(beside, Frames.AMQP, channel);
                PerformativeWriter.write(beside, performative);
                Frames.end(beside, at);
                if (beside.readableBytes() > ROOM) {
                    out = outbox.more(beside.readableBytes());
                }
                out.writeBytes(beside);
            } finally {
                beside.release();
            }
        } finally {
            outbox.end();
        }
    }

    void send(SaslFrame frame) {
        ByteBuf out = outbox.begin(FIRST_FRAMES);
        try {
            int at = Frames.begin(out, Frames.SASL, 0);
            PerformativeWriter.write(out, frame);
            Frames.end(out, at);
        } finally {
            outbox.end();
        }
    }

    // Opening and closing.

    /** What holds from now on. */
    void opened(long ourIdleMillis, long peersIdleMillis) {
        state = State.OPEN;
        openedAt = broker.clock().millis();
        broker.clients().add(this);
        frameMax = broker.settings().frameMax();
        connection.packetLimit(frameMax);
        keepAliveNanos = peersIdleMillis * 1_000_000L / 2;
        connection.idleTimeout(Duration.ofMillis(2 * ourIdleMillis));
    }

    /** Closes the connection with an error. */
    void fail(ErrorInfo error) {
        switch (state) {
            case TO_OPEN -> {
                logFailure(error);
                opening.answer(true);
                close(error);
            }
            case OPEN -> {
                logFailure(error);
                close(error);
            }
            case HEADER, HEADER_AGAIN, SASL ->
                    end(
                            new CloseReason(
                                    CloseReason.Kind.PROTOCOL_ERROR,
                                    String.valueOf(error.description())));
            case CLOSING, ENDED -> {}
        }
    }

    private void logFailure(ErrorInfo error) {
        LOG.atInfo()
                .addKeyValue("client", id())
                .addKeyValue("address", connection.remote())
                .log("closing an AMQP connection: {} {}", error.condition(), error.description());
    }

    private void close(ErrorInfo error) {
        endSessions();
        opening.left();
        send(0, new Performative.Close(error));
        state = State.CLOSING;
        closingSince = System.nanoTime();
    }

    /** What is its own goes before it hears that it is closed. */
    private void closedByClient() {
        if (state == State.TO_OPEN) {
            opening.answer(false);
        }
        endSessions();
        await(
                opening.left(),
                (done, failure) -> {
                    send(0, new Performative.Close(null));
                    end(CloseReason.of(CloseReason.Kind.CLIENT_REQUEST));
                });
    }

    void end(CloseReason reason) {
        state = State.ENDED;
        connection.close(reason);
    }
}
