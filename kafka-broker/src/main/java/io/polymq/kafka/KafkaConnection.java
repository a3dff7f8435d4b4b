package io.polymq.kafka;

import io.netty.buffer.ByteBuf;
import io.polymq.codec.kafka.KafkaProtocolException;
import io.polymq.codec.kafka.KafkaRequest;
import io.polymq.codec.kafka.RequestDecoder;
import io.polymq.codec.kafka.ResponseEncoder;
import io.polymq.network.CloseReason;
import io.polymq.network.CloseReason.Kind;
import io.polymq.network.Connection;
import io.polymq.network.ProtocolHandler;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.kafka.common.protocol.ApiMessage;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One client's requests and responses. Connection zone; {@link #answered} may be called from any
 * thread.
 *
 * <p>Requests are handled as they come, several at a time; their responses leave in the order of
 * the requests. Reading stops while too many requests are unanswered, or too many bytes of them, or
 * while the client does not take its responses; responses wait unencoded meanwhile.
 */
final class KafkaConnection implements ProtocolHandler {

    private static final Logger LOG = LoggerFactory.getLogger(KafkaConnection.class);
    private static final int MAX_OPEN_REQUESTS = 128;
    private static final long MAX_OPEN_BYTES = 32 << 20;

    private final Connection connection;
    private final RequestDecoder decoder;
    private final Routes routes;
    private final KafkaMetrics metrics;
    private final OutboxTarget target;
    private final ArrayDeque<Exchange> open = new ArrayDeque<>();
    private final AtomicBoolean drainScheduled = new AtomicBoolean();
    private final Authentication authentication;
    private final Throttle throttle;
    private final List<Runnable> atTheEnd = new ArrayList<>(0);
    private long openBytes;
    private int unfinished;
    private boolean handling;
    private boolean paused;
    private boolean congested;
    private boolean ending;
    private volatile boolean gone;

    KafkaConnection(
            Connection connection,
            Authentication authentication,
            Throttle throttle,
            RequestDecoder decoder,
            Routes routes,
            KafkaMetrics metrics) {
        this.connection = connection;
        this.authentication = authentication;
        this.throttle = throttle;
        this.decoder = decoder;
        this.routes = routes;
        this.metrics = metrics;
        this.target = new OutboxTarget(connection.outbox());
    }

    @Override
    public void read(ByteBuf in) {
        read(in, false);
    }

    @Override
    public void readWhole(ByteBuf packet) {
        read(packet, true);
    }

    @Override
    public int unfinishedBytes() {
        return unfinished;
    }

    private void read(ByteBuf in, boolean kept) {
        assert connection.loop().inEventLoop();
        handling = true;
        unfinished = 0;
        try {
            while (goesOn() && next(in, kept)) {
                // one after the other
            }
        } catch (KafkaProtocolException refused) {
            metrics.refused(refused.reason());
            LOG.debug("{} sent {}", connection.remote(), refused.getMessage());
            ending = true;
            connection.close(
                    new CloseReason(Kind.PROTOCOL_ERROR, String.valueOf(refused.getMessage())));
        } finally {
            handling = false;
        }
        drain();
    }

    private boolean goesOn() {
        return !gone && !ending && !authentication.isBusy() && !throttle.isMuted();
    }

    /** Whether there was a whole request, or a token. */
    private boolean next(ByteBuf in, boolean kept) {
        if (authentication.takesRawTokens()) {
            byte[] token = RequestDecoder.rawToken(in);
            if (token != null) {
                authentication.rawToken(token, this::sendRaw);
            }
            return token != null;
        }
        KafkaRequest request = decoder.decode(in, connection.packetLimit(), kept);
        if (request == null) {
            unfinished = RequestDecoder.frameBytes(in);
            return false;
        }
        handle(request);
        return true;
    }

    boolean sendsFiles() {
        return connection.transport().sendsFiles();
    }

    void countMessages(int count) {
        connection.countMessages(count);
    }

    private void sendRaw(byte[] token) {
        connection
                .outbox()
                .begin(Integer.BYTES + token.length)
                .writeInt(token.length)
                .writeBytes(token);
        connection.outbox().end();
    }

    private void handle(KafkaRequest request) {
        Authentication.Admission admission = authentication.admit(request.key());
        if (admission == Authentication.Admission.CLOSE) {
            disconnect("unexpected " + request.key() + " from a client that is not logged in");
            ending = true;
            return;
        }
        Exchange exchange = new Exchange(this, request, authentication.client());
        open.add(exchange);
        openBytes += request.bytes();
        metrics.request(request);
        boolean timed = throttle.isActive();
        long begun = timed ? System.nanoTime() : 0;
        try {
            switch (admission) {
                case HANDSHAKE -> ending |= !authentication.handshake(exchange);
                case AUTHENTICATE -> authentication.authenticate(exchange, this::refused);
                case SERVE, CLOSE -> routes.handle(exchange);
            }
        } catch (RuntimeException broken) {
            if (exchange.isClosed()) {
                throw broken;
            }
            exchange.fail(broken);
        }
        if (timed) {
            exchange.worked(System.nanoTime() - begun);
            drain();
        }
    }

    /** The login was refused, and that is the last answer. */
    private void refused() {
        ending = true;
        if (!handling) {
            drain();
        }
    }

    /** An exchange was closed. Any thread. */
    void answered() {
        if (connection.loop().inEventLoop()) {
            if (!handling) {
                drain();
            }
        } else if (drainScheduled.compareAndSet(false, true)) {
            connection.loop().execute(this::drainLater);
        }
    }

    private void drainLater() {
        drainScheduled.set(false);
        drain();
    }

    private void drain() {
        assert connection.loop().inEventLoop();
        while (!gone && !congested) {
            Exchange next = open.peek();
            if (next == null || !next.isClosed()) {
                break;
            }
            open.poll();
            openBytes -= next.request().bytes();
            ApiMessage response = next.response();
            throttle.answering(next, response);
            if (response != null) {
                encode(next.request(), response);
                congested = connection.outbox().isCongested();
            }
        }
        muteOrUnmute();
        if (ending && open.isEmpty()) {
            connection.close(CloseReason.of(Kind.SHUTDOWN));
        }
    }

    private void encode(KafkaRequest request, ApiMessage response) {
        try {
            int bytes =
                    ResponseEncoder.encode(
                            request.key(),
                            request.version(),
                            request.correlationId(),
                            response,
                            target);
            metrics.response(bytes);
        } catch (RuntimeException broken) {
            LOG.error("cannot encode a response to {}", request.key(), broken);
            connection.close(CloseReason.of(Kind.INTERNAL_ERROR));
        } finally {
            target.end();
        }
    }

    private void muteOrUnmute() {
        boolean full = congested || open.size() > MAX_OPEN_REQUESTS || openBytes > MAX_OPEN_BYTES;
        if (full && !paused) {
            paused = true;
            connection.pauseReading();
        } else if (!full && paused) {
            paused = false;
            connection.resumeReading();
        }
    }

    @Override
    public void writable(boolean writable) {
        congested = !writable;
        if (writable) {
            drain();
        }
    }

    /** Kafka has no goodbye: what has been answered is sent, the rest is the client's to retry. */
    @Override
    public void ending(CloseReason reason) {
        ending = true;
        connection.close(reason);
    }

    @Override
    public void closed(CloseReason reason) {
        gone = true;
        open.forEach(Exchange::abandon);
        open.clear();
        atTheEnd.forEach(Runnable::run);
        metrics.closed();
    }

    /** For the loop; what asks for it asks once. */
    void whenEnded(Runnable action) {
        assert connection.loop().inEventLoop();
        atTheEnd.add(action);
    }

    boolean isOpen() {
        return !gone;
    }

    void disconnect(String why) {
        LOG.debug("closing {}: {}", connection.remote(), why);
        connection.close(new CloseReason(Kind.PROTOCOL_ERROR, why));
    }

    void failed(Exchange exchange, @Nullable Throwable cause) {
        LOG.error("{} of {} failed", exchange.request().key(), connection.remote(), cause);
        connection.close(CloseReason.of(Kind.INTERNAL_ERROR));
    }
}
