package io.polymq.network;

import io.netty.channel.Channel;
import io.netty.channel.EventLoop;
import java.io.IOException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A connection over a Netty channel: its life, its limits and its clock.
 *
 * <pre>
 *  OPENING --opened--> OPEN --end--> ENDING --close--> CLOSING --drained--> LINGERING --> CLOSED
 *     |                  |                                ^                                 ^
 *     +------------------+----------close-----------------+        channel gone, from any --+
 * </pre>
 *
 * In OPENING the transport is being set up (PROXY header, TLS, WebSocket, detection). In ENDING the
 * handler says goodbye. In CLOSING what is pending is flushed. In LINGERING our side is shut and
 * what the peer still sends is thrown away, because closing a socket with unread bytes makes the
 * kernel drop the goodbye. Each of them is bounded in time.
 *
 * <p>Connection zone, except for what {@link Connection} opens to any thread.
 */
final class ChannelConnection extends DeadlineWheel.Entry
        implements Connection, ChannelOutbox.Owner {

    private enum State {
        OPENING,
        OPEN,
        ENDING,
        CLOSING,
        LINGERING,
        CLOSED
    }

    private static final VarHandle REASON;

    static {
        try {
            REASON =
                    MethodHandles.lookup()
                            .findVarHandle(ChannelConnection.class, "reason", CloseReason.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private static final long LINGER_NANOS = TimeUnit.SECONDS.toNanos(1);
    private static final long NEVER = Long.MAX_VALUE;

    private final long id;
    private final Listener listener;
    private final Channel channel;
    private final LoopContext loop;
    private final ChannelOutbox outbox;
    private final InboundBytes inbound;
    private final SocketAddress local;
    private volatile SocketAddress remote;
    private volatile TransportKind transport;
    private volatile @Nullable ProtocolBinding binding;
    private volatile @Nullable PeerCertificate peerCertificate;
    private volatile @Nullable Login login;
    private volatile @Nullable CloseReason reason;
    private volatile State state = State.OPENING;

    private @Nullable ProtocolHandler handler;
    private @Nullable RateHandle rates;
    private int packetLimit;
    private int packetLimitAfterLogin;
    private int messagesRead;
    private boolean startingTls;
    private boolean wasOpened;
    private boolean addressCounted;
    private @Nullable Runnable onSilence;

    // The clock: nanoseconds of the loop's ticker, NEVER where nothing is waited for.
    private long firstByteBy;
    private long loginBy;
    private long stateBy = NEVER;
    private long pausedUntil = NEVER;
    private long idleNanos;
    private long lastRead;

    ChannelConnection(long id, Listener listener, Channel channel, LoopContext loop) {
        this.id = id;
        this.listener = listener;
        this.channel = channel;
        this.loop = loop;
        this.transport = listener.transport();
        this.binding = listener.binding();
        this.local = listener.localOf(channel);
        this.remote = listener.remoteOf(channel);
        this.packetLimit = listener.config().maxPacketBeforeLogin();
        this.packetLimitAfterLogin = listener.config().maxPacket();
        this.outbox =
                new ChannelOutbox(
                        channel, loop, listener.writeLimits(), listener.writerFor(transport), this);
        this.inbound = new InboundBytes(this, loop, listener.metrics());
        long now = loop.nanoTime();
        this.firstByteBy = after(now, listener.config().firstByteTimeout());
        this.loginBy = after(now, listener.config().loginTimeout());
        this.lastRead = now;
    }

    /** Starts the clock. */
    void startClock() {
        reschedule();
    }

    private static long after(long now, Duration wait) {
        return wait.isZero() ? NEVER : now + wait.toNanos();
    }

    InboundBytes inbound() {
        return inbound;
    }

    Listener listenerParts() {
        return listener;
    }

    // Opening.

    void remote(SocketAddress fromProxy) {
        remote = fromProxy;
    }

    /** False when the client's address has too many connections. */
    boolean countAddress() {
        addressCounted = listener.connections().enterAddress(remote);
        return addressCounted;
    }

    /** Runs when the connection is still opening after so long. */
    void whenSilent(Duration wait, Runnable action) {
        onSilence = action;
        boundState(wait.toNanos());
    }

    void transport(TransportKind kind) {
        transport = kind;
        outbox.writeWith(listener.writerFor(kind));
    }

    void peerCertificate(@Nullable PeerCertificate certificate) {
        peerCertificate = certificate;
    }

    /** The transport is ready and the protocol known. */
    void opened(ProtocolBinding chosen) {
        assert loop.eventLoop().inEventLoop();
        if (state != State.OPENING) {
            return;
        }
        binding = chosen;
        wasOpened = true;
        onSilence = null;
        stateBy = NEVER;
        listener.connections().protocolKnown(this);
        move(State.OPEN);
        try {
            handler = chosen.open(this);
            inbound.start(handler);
        } catch (RuntimeException e) {
            failed(e);
        }
    }

    // Facts.

    @Override
    public long id() {
        return id;
    }

    @Override
    public String protocol() {
        ProtocolBinding known = binding;
        return known == null ? Listener.UNDETECTED : known.name();
    }

    @Override
    public TransportKind transport() {
        return transport;
    }

    @Override
    public SocketAddress remote() {
        return remote;
    }

    @Override
    public SocketAddress local() {
        return local;
    }

    @Override
    public String listener() {
        return listener.name();
    }

    @Override
    public @Nullable PeerCertificate peerCertificate() {
        return peerCertificate;
    }

    @Override
    public EventLoop loop() {
        return loop.eventLoop();
    }

    @Override
    public Outbox outbox() {
        return outbox;
    }

    @Override
    public @Nullable Login login() {
        return login;
    }

    @Override
    public boolean isOpen() {
        return state.compareTo(State.CLOSING) < 0;
    }

    /** How long ago it last said something: since it was accepted, while it is in its handshake. */
    long ageNanos() {
        return loop.nanoTime() - lastRead;
    }

    Channel channel() {
        return channel;
    }

    // Limits.

    @Override
    public int packetLimit() {
        return packetLimit;
    }

    @Override
    public void packetLimit(int bytes) {
        packetLimitAfterLogin = bytes;
        if (login != null) {
            packetLimit = bytes;
        }
    }

    @Override
    public boolean loggedIn(Login known) {
        assert loop.eventLoop().inEventLoop();
        if (!listener.connections().loggedIn(known)) {
            listener.metrics().refused("login_limit");
            return false;
        }
        Login before = login;
        login = known;
        if (before != null) {
            listener.connections().loggedOut(before);
        }
        RateHandle handle = listener.rateLimiter().login(known);
        if (handle == null) {
            listener.metrics().refused("login_rate");
            return false;
        }
        listener.rateLimiter().release(rates);
        rates = handle;
        loginBy = NEVER;
        firstByteBy = NEVER;
        packetLimit = packetLimitAfterLogin;
        listener.connections().isLoggedIn(this, known);
        return true;
    }

    @Override
    public void countMessages(int count) {
        messagesRead += count;
    }

    @Override
    public long owedMillis() {
        return listener.rateLimiter().owedMillis(rates, loop.nanoTime());
    }

    @Override
    public void idleTimeout(Duration timeout) {
        assert loop.eventLoop().inEventLoop();
        idleNanos = timeout.toNanos();
        lastRead = loop.nanoTime();
        reschedule();
    }

    @Override
    public void pauseReading() {
        inbound.pause();
    }

    @Override
    public void resumeReading() {
        if (loop.eventLoop().inEventLoop()) {
            inbound.resume();
        } else {
            loop.eventLoop().execute(inbound::resume);
        }
    }

    /** Bytes have come from the peer. */
    void heard() {
        firstByteBy = NEVER;
        lastRead = loop.nanoTime();
    }

    /** A batch of reads has ended: the limits of what a client may send. */
    void batchRead(long bytes) {
        long wait = listener.rateLimiter().take(rates, messagesRead, bytes, lastRead);
        messagesRead = 0;
        if (wait > 0 && pausedUntil == NEVER) {
            pausedUntil = lastRead + wait;
            listener.metrics().throttled();
            inbound.pause();
            reschedule();
        }
    }

    // The clock.

    private void reschedule() {
        long next = Math.min(Math.min(firstByteBy, loginBy), Math.min(stateBy, pausedUntil));
        if (idleNanos > 0) {
            next = Math.min(next, lastRead + idleNanos);
        }
        if (next != NEVER) {
            loop.deadlines().schedule(this, next);
        }
    }

    @Override
    void due(long now) {
        if (state == State.CLOSED) {
            return;
        }
        if (pausedUntil <= now) {
            pausedUntil = NEVER;
            inbound.resume();
        }
        if (stateBy <= now) {
            stateBy = NEVER;
            forceOn();
        } else if (state.compareTo(State.ENDING) < 0) {
            if (firstByteBy <= now) {
                firstByteBy = NEVER;
                beginEnding(
                        new CloseReason(
                                CloseReason.Kind.LOGIN_TIMEOUT, "nothing was sent in time"));
            } else if (loginBy <= now) {
                loginBy = NEVER;
                beginEnding(new CloseReason(CloseReason.Kind.LOGIN_TIMEOUT, "no login in time"));
            } else if (idleNanos > 0 && lastRead + idleNanos <= now && !inbound.isPaused()) {
                beginEnding(new CloseReason(CloseReason.Kind.IDLE, "nothing was heard in time"));
            } else if (idleNanos > 0 && lastRead + idleNanos <= now) {
                lastRead = now;
            }
        }
        if (state != State.CLOSED) {
            reschedule();
        }
    }

    private void forceOn() {
        if (state == State.OPENING) {
            if (onSilence != null) {
                onSilence.run();
            }
        } else if (state == State.ENDING) {
            startClosing();
        } else {
            channel.close();
        }
    }

    // The end.

    @Override
    public void end(CloseReason why) {
        if (loop.eventLoop().inEventLoop() && !inbound.isReading()) {
            beginEnding(why);
        } else {
            loop.eventLoop().execute(() -> beginEnding(why));
        }
    }

    private void beginEnding(CloseReason why) {
        if (state == State.OPENING) {
            close(why);
            return;
        }
        if (state != State.OPEN) {
            return;
        }
        REASON.compareAndSet(this, null, why);
        move(State.ENDING);
        boundState(listener.config().drainTimeout().toNanos());
        ProtocolHandler current = handler;
        if (current == null) {
            startClosing();
            return;
        }
        outbox.goodbye(true);
        try {
            current.ending(why);
        } catch (RuntimeException e) {
            failed(e);
        } finally {
            outbox.goodbye(false);
        }
    }

    @Override
    public void close(CloseReason why) {
        REASON.compareAndSet(this, null, why);
        if (loop.eventLoop().inEventLoop()) {
            startClosing();
        } else {
            loop.eventLoop().execute(this::startClosing);
        }
    }

    private void startClosing() {
        if (state.compareTo(State.CLOSING) >= 0) {
            return;
        }
        move(State.CLOSING);
        boundState(listener.config().drainTimeout().toNanos());
        inbound.discard();
        outbox.seal();
        outbox.flush();
    }

    @Override
    public void drained() {
        if (startingTls) {
            startingTls = false;
            inbound.beginTls();
        } else if (state == State.CLOSING && outbox.isDrained()) {
            move(State.LINGERING);
            boundState(Math.min(LINGER_NANOS, listener.config().drainTimeout().toNanos()));
            inbound.shutOutput(reason());
        }
    }

    /** The peer has said that it sends nothing more, or says nothing more that matters. */
    void inputEnded() {
        if (state == State.LINGERING) {
            channel.close();
        } else if (state == State.OPENING) {
            close(CloseReason.of(CloseReason.Kind.PEER_CLOSED));
        } else if (handler != null && state != State.CLOSING) {
            try {
                handler.inputEnded(this);
            } catch (RuntimeException e) {
                failed(e);
            }
        }
    }

    /** The channel is gone. */
    void gone() {
        if (state == State.CLOSED) {
            return;
        }
        move(State.CLOSED);
        REASON.compareAndSet(
                this, null, new CloseReason(CloseReason.Kind.PEER_LOST, "the connection broke"));
        CloseReason why = reason();
        loop.deadlines().cancel(this);
        outbox.close();
        listener.rateLimiter().release(rates);
        if (addressCounted) {
            listener.connections().leaveAddress(remote);
        }
        listener.connections().closed(this, wasOpened, why);
        listener.metrics().closed(why.kind());
        ProtocolHandler current = handler;
        if (current != null) {
            try {
                current.closed(why);
            } catch (RuntimeException e) {
                listener.faults().ours(this, e);
            }
        }
    }

    /** Our own code has failed on this connection. */
    void failed(RuntimeException e) {
        listener.faults().ours(this, e);
        close(new CloseReason(CloseReason.Kind.INTERNAL_ERROR, "internal error"));
    }

    /** The transport has failed: a reset, bytes that are no TLS, a frame that is none. */
    void broken(Throwable cause) {
        if (state.compareTo(State.CLOSING) < 0) {
            listener.faults().theirs(this, "connection broke", cause);
        }
        if (cause instanceof IOException) {
            REASON.compareAndSet(
                    this,
                    null,
                    new CloseReason(CloseReason.Kind.PEER_LOST, "the connection broke"));
            channel.close();
        } else {
            close(
                    new CloseReason(
                            CloseReason.Kind.PROTOCOL_ERROR, "the transport's rules were broken"));
        }
    }

    @Override
    public void writeFailed(Throwable cause) {
        REASON.compareAndSet(
                this, null, new CloseReason(CloseReason.Kind.PEER_LOST, "a write failed"));
        listener.faults().theirs(this, "write failed", cause);
        channel.close();
    }

    @Override
    public void overflowed() {
        // Never at once: the append that went over the limit may be the handler's own.
        CloseReason why =
                new CloseReason(CloseReason.Kind.SLOW_CONSUMER, "too much is waiting to be read");
        loop.eventLoop().execute(() -> beginEnding(why));
    }

    @Override
    public void congestionChanged(boolean writable) {
        if (handler != null && isOpen()) {
            try {
                handler.writable(writable);
            } catch (RuntimeException e) {
                failed(e);
            }
        }
    }

    @Override
    public void sent(long bytes) {
        listener.metrics().sent(bytes);
    }

    @Override
    public boolean startTls() {
        assert loop.eventLoop().inEventLoop();
        if (!listener.hasTls() || transport != TransportKind.TCP) {
            return false;
        }
        startingTls = true;
        inbound.holdForTls();
        if (outbox.hold() && startingTls) {
            drained();
        }
        return true;
    }

    /** TLS is in place: what is appended from now on is encrypted. */
    void tlsStarted() {
        transport = TransportKind.TLS;
        outbox.resumeWith(listener.writerFor(TransportKind.TLS));
    }

    private CloseReason reason() {
        CloseReason known = reason;
        return known == null ? CloseReason.of(CloseReason.Kind.PEER_LOST) : known;
    }

    private void move(State next) {
        state = next;
    }

    private void boundState(long nanos) {
        stateBy = loop.nanoTime() + nanos;
        reschedule();
    }

    /** For the log: never what the peer sent. */
    @Override
    public String toString() {
        return "connection " + id + " (" + protocol() + ", " + transport + ", " + remote + ")";
    }
}
