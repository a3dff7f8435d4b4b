package io.polymq.amqp;

import io.netty.buffer.ByteBuf;
import io.netty.channel.EventLoop;
import io.polymq.amqp.management.ClientList;
import io.polymq.amqp.model.VirtualHost;
import io.polymq.codec.amqp.AmqpException;
import io.polymq.codec.amqp.ChannelMethod;
import io.polymq.codec.amqp.ConnectionMethod;
import io.polymq.codec.amqp.Frame;
import io.polymq.codec.amqp.FrameHandler;
import io.polymq.codec.amqp.FrameParser;
import io.polymq.codec.amqp.Method;
import io.polymq.codec.amqp.Methods;
import io.polymq.codec.amqp.ReplyCode;
import io.polymq.core.queue.Queue;
import io.polymq.network.CloseReason;
import io.polymq.network.Connection;
import io.polymq.network.Outbox;
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
 * One client of 0-9-1: frames in, its channels, its end. Logging in is {@link Handshake}'s.
 * Connection zone; consumers on other threads reach it through the outbox alone.
 *
 * <pre>
 *   LOGGING_IN --- open --> OPEN                            ENDED
 *        |                   |                                ^
 *        '---- fault --------+--> CLOSING --- close-ok, EOF --'
 *                  close by the client
 * </pre>
 *
 * A command that waits for the store or a shard zone stops the reading of further frames until its
 * answer is there, so that answers keep their order.
 */
final class AmqpConnection
        implements ProtocolHandler, FrameHandler, AmqpLoop.Ticking, Clients.Member {

    private static final Logger LOG = LoggerFactory.getLogger(AmqpConnection.class);
    private static final int ROOM = 1024;
    private static final long CLOSING_NANOS = 10_000_000_000L;
    private static final byte[] HEARTBEAT = {Frame.HEARTBEAT, 0, 0, 0, 0, 0, 0, (byte) Frame.END};

    private static final CloseReason FAULT =
            new CloseReason(CloseReason.Kind.PROTOCOL_ERROR, "closed with an error");
    private static final CloseReason UNANSWERED =
            new CloseReason(CloseReason.Kind.PROTOCOL_ERROR, "close was not answered");

    /** Where in its life a connection is. */
    enum State {
        LOGGING_IN,
        OPEN,
        CLOSING,
        ENDED
    }

    private final AmqpBroker broker;
    private final Connection connection;
    private final AmqpLoop loop;
    private final Outbox outbox;
    private final FrameParser parser;
    private final Handshake handshake;
    private @Nullable AmqpChannel[] channels = new AmqpChannel[2];
    private final List<AckHandler> gathering = new ArrayList<>();
    private int openChannels;
    private State state = State.LOGGING_IN;
    private @Nullable Session session;
    private long closingSince;
    private CloseReason said = FAULT;
    private long heartbeatNanos;
    private long openedAt;
    private long sentAt = System.nanoTime();
    private int waiting;
    private boolean blocked;
    private boolean toldBlocked;
    private int published;
    private int confirmed;
    private long partialBytes;

    AmqpConnection(AmqpBroker broker, Connection connection) {
        this.broker = broker;
        this.connection = connection;
        this.loop = broker.loop(connection.loop());
        this.outbox = connection.outbox();
        this.parser = new FrameParser(AmqpSettings.FRAME_MIN);
        this.handshake = new Handshake(this, broker);
        loop.add(this);
        broker.clients().add(this);
    }

    /** The client has named the dialect. */
    void begin() {
        handshake.begin();
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

    /** Who is logged in, where; not before it is. */
    Session session() {
        Session known = session;
        if (known == null) {
            throw new IllegalStateException("nobody is logged in");
        }
        return known;
    }

    VirtualHost host() {
        return session().host();
    }

    void frameMax(long bytes) {
        parser.maxFrame(bytes);
    }

    void opened(Session opened) {
        session = opened;
        state = State.OPEN;
        openedAt = broker.clock().millis();
        connection.packetLimit(opened.frameMax() + Frame.OVERHEAD);
        heartbeatNanos = opened.heartbeat() * 1_000_000_000L / 2;
        watchForSilence();
    }

    private void watchForSilence() {
        connection.idleTimeout(Duration.ofSeconds(2L * session().heartbeat()));
    }

    boolean isOpen() {
        return state == State.OPEN;
    }

    /** What there is to say of it in lists. */
    @Override
    public EventLoop eventLoop() {
        return connection.loop();
    }

    @Override
    public ClientList.@Nullable Client listed() {
        if (!isOpen()) {
            return null;
        }
        Session known = session();
        List<ClientList.Channel> open = new ArrayList<>();
        for (AmqpChannel channel : channels) {
            if (channel != null) {
                open.add(channel.listed());
            }
        }
        return new ClientList.Client(
                id(),
                "AMQP 0-9-1",
                known.user(),
                known.host().name(),
                handshake.mechanism(),
                blocked ? "blocked" : "running",
                known.frameMax(),
                known.channelMax(),
                known.heartbeat(),
                openedAt,
                known.client().properties(),
                open,
                List.of());
    }

    void send(int channel, Method method) {
        send(channel, method, ROOM);
    }

    /**
     * @param room at least the bytes of the frame
     */
    void send(int channel, Method method, int room) {
        ByteBuf out = outbox.begin(room);
        try {
            Methods.write(out, channel, method);
        } finally {
            outbox.end();
        }
    }

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

    /** Takes no further frames until {@link #resume}. */
    void hold() {
        waiting++;
        parser.stop();
        connection.pauseReading();
    }

    /** Any thread: runs the action on the loop and takes frames again. */
    void resume(Runnable action) {
        connection.loop().execute(() -> resumed(action));
    }

    private void resumed(Runnable action) {
        waiting--;
        try {
            if (state != State.ENDED) {
                action.run();
            }
        } catch (RuntimeException e) {
            refuse(0, null, e);
        } finally {
            connection.resumeReading();
        }
    }

    /** Acknowledgements wait for the end of the batch. */
    void gathers(AckHandler handler) {
        gathering.add(handler);
    }

    /** A publish was taken: counted for limits and metrics when the batch ends. */
    void published() {
        published++;
    }

    /** Any thread that holds the outbox, or the loop. */
    void confirmed(int more) {
        confirmed += more;
    }

    /** A queue is too far behind: nothing more is read until it has caught up. */
    void waitFor(Queue queue) {
        hold();
        queue.whenRelaxed(() -> resume(() -> {}));
    }

    /** Bytes of unfinished contents on all channels; refuses what would be too much. */
    void partial(long more) {
        partialBytes += more;
        if (partialBytes > 4L * broker.settings().maxMessageSize()) {
            throw new AmqpException(
                    ReplyCode.CHANNEL_ERROR, "too many unfinished messages on this connection");
        }
    }

    // What the network layer brings.

    @Override
    public void read(ByteBuf in) {
        if (state == State.ENDED) {
            in.skipBytes(in.readableBytes());
            return;
        }
        if (waiting > 0) {
            return;
        }
        try {
            parser.parse(in, this);
        } catch (AmqpException e) {
            in.skipBytes(in.readableBytes());
            fail(AmqpErrors.of(e), 0, 0);
        }
        if (published > 0) {
            connection.countMessages(published);
            broker.metrics().published(published);
            published = 0;
        }
        Queue behind = loop.publisher().takeCongested();
        if (behind != null && state != State.ENDED) {
            waitFor(behind);
        }
    }

    @Override
    public void readComplete() {
        for (AckHandler handler : gathering) {
            handler.flush();
        }
        gathering.clear();
        if (confirmed > 0) {
            broker.metrics().confirmed(confirmed);
            confirmed = 0;
        }
    }

    @Override
    public void ending(CloseReason reason) {
        boolean silent =
                reason.kind() == CloseReason.Kind.IDLE
                        || state == State.ENDED
                        || (state == State.LOGGING_IN && !handshake.hasBegun());
        if (!silent && state != State.CLOSING) {
            AmqpErrors.Told told = AmqpErrors.of(reason);
            send(0, new ConnectionMethod.Close(told.code().number(), told.text(), 0, 0));
        }
        end(reason);
    }

    @Override
    public void closed(CloseReason reason) {
        state = State.ENDED;
        loop.remove(this);
        broker.clients().remove(this);
        closeChannels();
        if (session != null) {
            session.host().queues().deleteOwned(id());
            broker.door().leave(session.host(), connection, session.principal());
        }
        if (blocked) {
            blocked = false;
        }
        LOG.atDebug()
                .addKeyValue("client", connection.id())
                .log("closed: {} {}", reason.kind(), reason.detail());
    }

    private void closeChannels() {
        for (int i = 0; i < channels.length; i++) {
            AmqpChannel channel = channels[i];
            channels[i] = null;
            if (channel != null) {
                channel.end();
                broker.metrics().channels(-1);
            }
        }
        if (session != null) {
            broker.hosts().userLimits().closed(session.principal().user(), openChannels);
        }
        openChannels = 0;
    }

    /** Once in a while, from the loop's clock. */
    @Override
    public void tick(long now) {
        if (state == State.CLOSING && now - closingSince > CLOSING_NANOS) {
            end(said.kind() == CloseReason.Kind.CLIENT_REQUEST ? said : UNANSWERED);
            return;
        }
        if (state == State.OPEN && heartbeatNanos > 0 && now - sentAt >= heartbeatNanos) {
            sentAt = now;
            outbox.append(HEARTBEAT, 0, HEARTBEAT.length);
            outbox.flush();
        }
        if (blocked && !broker.alarms().isOn()) {
            unblock();
        }
    }

    // Alarms.

    /**
     * Whether publishers must wait: then this one is told, if it wants to know, and nothing more is
     * read from it.
     */
    void publishes() {
        if (blocked || !broker.alarms().isOn()) {
            return;
        }
        blocked = true;
        if (session().client().blockedNotify()) {
            toldBlocked = true;
            send(0, new ConnectionMethod.Blocked(broker.alarms().reason()));
        }
        connection.idleTimeout(Duration.ZERO);
        hold();
    }

    private void unblock() {
        blocked = false;
        if (toldBlocked) {
            toldBlocked = false;
            send(0, new ConnectionMethod.Unblocked());
        }
        watchForSilence();
        resume(() -> {});
    }

    // Frames.

    @Override
    public void method(int number, Method method) {
        switch (state) {
            case ENDED -> {}
            case CLOSING -> whileClosing(number, method);
            case LOGGING_IN -> {
                if (number == 0 && method instanceof ConnectionMethod known) {
                    guarded(0, known, () -> handshake.received(known));
                } else {
                    throw new AmqpException(
                            ReplyCode.CHANNEL_ERROR, "a method before the connection was opened");
                }
            }
            case OPEN -> whileOpen(number, method);
        }
    }

    private void whileClosing(int number, Method method) {
        if (number != 0) {
            return;
        }
        if (method instanceof ConnectionMethod.CloseOk) {
            end(said);
        } else if (method instanceof ConnectionMethod.Close) {
            send(0, new ConnectionMethod.CloseOk());
        }
    }

    private void whileOpen(int number, Method method) {
        if (method instanceof ConnectionMethod known) {
            if (number != 0) {
                throw new AmqpException(
                        ReplyCode.COMMAND_INVALID, "a connection method on a channel");
            }
            guarded(0, known, () -> handshake.received(known));
        } else if (number == 0) {
            throw new AmqpException(ReplyCode.COMMAND_INVALID, "a channel method on channel 0");
        } else if (method instanceof ChannelMethod.Open) {
            open(number);
        } else {
            AmqpChannel channel = channel(number);
            if (channel != null) {
                guarded(number, method, () -> channel.received(method));
            } else if (!(method instanceof ChannelMethod.CloseOk)) {
                throw notOpened();
            }
        }
    }

    private static AmqpException notOpened() {
        return new AmqpException(ReplyCode.CHANNEL_ERROR, "expected 'channel.open'");
    }

    private void open(int number) {
        AmqpChannel there = channel(number);
        if (there != null) {
            if (there.isClosing()) {
                return;
            }
            throw new AmqpException(ReplyCode.CHANNEL_ERROR, "second 'channel.open' seen");
        }
        int most = session().channelMax();
        if (most > 0 && (number > most || openChannels >= most)) {
            throw new AmqpException(
                    ReplyCode.NOT_ALLOWED,
                    "number of channels opened ("
                            + openChannels
                            + ") has reached the negotiated channel_max ("
                            + most
                            + ")");
        }
        String user = session().principal().user();
        if (!broker.hosts().userLimits().opens(user)) {
            throw new AmqpException(
                    ReplyCode.NOT_ALLOWED,
                    "number of channels opened for user '"
                            + session().user()
                            + "' has reached the maximum allowed user limit of ("
                            + broker.hosts().userLimits().of(user).maxChannels()
                            + ")");
        }
        if (number >= channels.length) {
            channels = Arrays.copyOf(channels, Math.max(number + 1, channels.length * 2));
        }
        channels[number] = new AmqpChannel(this, number);
        openChannels++;
        broker.metrics().channels(1);
        send(number, new ChannelMethod.OpenOk(new byte[0]));
    }

    @Nullable AmqpChannel channel(int number) {
        return number < channels.length ? channels[number] : null;
    }

    /** The number may be used again. */
    void forget(int number) {
        if (channels[number] != null) {
            channels[number] = null;
            openChannels--;
            broker.hosts().userLimits().closed(session().principal().user(), 1);
            broker.metrics().channels(-1);
        }
    }

    @Override
    public void header(int number, ByteBuf payload, int length) {
        AmqpChannel channel = content(number);
        if (channel != null) {
            guarded(number, channel.publishMethod(), () -> channel.header(payload, length));
        }
    }

    @Override
    public void body(int number, ByteBuf payload, int length) {
        AmqpChannel channel = content(number);
        if (channel != null) {
            guarded(number, channel.publishMethod(), () -> channel.body(payload, length));
        }
    }

    /** Null when what it holds is to be dropped. */
    private @Nullable AmqpChannel content(int number) {
        if (state == State.CLOSING || state == State.ENDED) {
            return null;
        }
        if (state == State.LOGGING_IN) {
            throw new AmqpException(
                    ReplyCode.UNEXPECTED_FRAME, "content before the connection was opened");
        }
        AmqpChannel channel = number == 0 ? null : channel(number);
        if (channel == null) {
            throw notOpened();
        }
        return channel.isClosing() ? null : channel;
    }

    @Override
    public void heartbeat(int number) {
        if (number != 0 && state == State.OPEN) {
            throw new AmqpException(ReplyCode.UNEXPECTED_FRAME, "a heartbeat on a channel");
        }
    }

    private void guarded(int channel, @Nullable Method method, Runnable action) {
        try {
            action.run();
        } catch (RuntimeException e) {
            refuse(channel, method, e);
        }
    }

    /** Tells the client what was wrong with a method, and ends its channel or the connection. */
    void refuse(int number, @Nullable Method method, Throwable failure) {
        AmqpErrors.Told told = AmqpErrors.of(failure);
        int classId = method == null ? 0 : method.classId();
        int methodId = method == null ? 0 : method.methodId();
        if (told.code() == ReplyCode.INTERNAL_ERROR) {
            LOG.atWarn()
                    .addKeyValue("client", connection.id())
                    .addKeyValue("method", classId + "." + methodId)
                    .setCause(AmqpErrors.cause(failure))
                    .log("a command failed");
        }
        AmqpChannel channel = number == 0 ? null : channel(number);
        if (told.connection() || channel == null) {
            fail(told, classId, methodId);
        } else {
            channel.close(told, classId, methodId);
        }
    }

    /** Closes the connection with an error. */
    void fail(AmqpErrors.Told told, int classId, int methodId) {
        if (state == State.CLOSING || state == State.ENDED) {
            return;
        }
        LOG.atInfo()
                .addKeyValue("client", connection.id())
                .addKeyValue("address", connection.remote())
                .log("closing an AMQP connection: {}", told.text());
        closeChannels();
        if (session != null) {
            session.host().queues().deleteOwned(id());
        }
        send(0, new ConnectionMethod.Close(told.code().number(), told.text(), classId, methodId));
        state = State.CLOSING;
        closingSince = System.nanoTime();
    }

    /**
     * The client has closed: what is its own goes before it hears so. It ends the connection then;
     * what it still sends is dropped, and a second close answered as well.
     */
    void closedByClient() {
        closeChannels();
        CompletableFuture<Void> gone =
                session == null
                        ? CompletableFuture.completedFuture(null)
                        : session.host().queues().deleteOwned(id());
        await(
                gone,
                (done, failure) -> {
                    send(0, new ConnectionMethod.CloseOk());
                    said = CloseReason.of(CloseReason.Kind.CLIENT_REQUEST);
                    state = State.CLOSING;
                    closingSince = System.nanoTime();
                });
    }

    void end(CloseReason reason) {
        state = State.ENDED;
        parser.stop();
        connection.close(reason);
    }
}
