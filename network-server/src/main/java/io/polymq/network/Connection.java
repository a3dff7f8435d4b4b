package io.polymq.network;

import io.netty.channel.EventLoop;
import java.net.SocketAddress;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * One client's connection, whatever its transport. Lives on one loop for its whole life. Methods
 * are for that loop unless they say "any thread".
 */
public interface Connection {

    /** Unique in this process, never reused; any thread. */
    long id();

    /** The protocol's short name; any thread. */
    String protocol();

    /** Any thread. */
    TransportKind transport();

    /** The client's address, as a PROXY header gave it where the listener takes one; any thread. */
    SocketAddress remote();

    /** The address that the client reached; any thread. */
    SocketAddress local();

    /** The name of the listener that accepted it; any thread. */
    String listener();

    /** The verified client certificate; any thread. */
    @Nullable PeerCertificate peerCertificate();

    /** Any thread. */
    EventLoop loop();

    /** Where packets for this client are written; any thread. */
    Outbox outbox();

    /** The largest unfinished packet taken now: the limit before login, then the one after. */
    int packetLimit();

    /** Sets the limit that holds after login, for protocols that negotiate one. */
    void packetLimit(int bytes);

    /**
     * The client is known: the login clock stops, limits per user and tenant are checked, and the
     * connection is listed under these names. When this returns false a limit was hit: the handler
     * refuses the client in its protocol's words and closes. A client that logs in again takes the
     * new names.
     */
    boolean loggedIn(Login login);

    /** Null until {@link #loggedIn}; any thread. */
    @Nullable Login login();

    /**
     * Counts messages that this client has published, for the rate limits: while it is over them
     * the network layer reads nothing more from it.
     */
    void countMessages(int count);

    /**
     * How long what this client's tenant has published is beyond its rate, for protocols that tell
     * their clients; 0 when it is not. Reading pauses by itself.
     */
    default long owedMillis() {
        return 0;
    }

    /**
     * When nothing at all is read for this long the handler is ended with {@link
     * CloseReason.Kind#IDLE}; zero is never.
     */
    void idleTimeout(Duration timeout);

    /**
     * Stops reading from the peer until {@link #resumeReading} was called as often; calls nest.
     * What the handler has left unread by then is offered again after resuming, even when nothing
     * more comes.
     */
    void pauseReading();

    /** Any thread. */
    void resumeReading();

    /**
     * Begins TLS in the middle of a plain connection (after what is in the outbox); false when no
     * certificate is configured.
     */
    boolean startTls();

    /**
     * Any thread: flushes what is in the outbox, within a bounded time, and closes. Idempotent; the
     * first reason stays.
     */
    void close(CloseReason reason);

    /**
     * Any thread: asks the handler to end ({@link ProtocolHandler#ending}), closes by force when it
     * has not in time.
     */
    void end(CloseReason reason);

    /** Any thread. */
    boolean isOpen();
}
