package io.polymq.kafka;

import io.netty.channel.EventLoop;
import io.polymq.codec.kafka.KafkaRequest;
import org.apache.kafka.common.protocol.ApiMessage;
import org.jspecify.annotations.Nullable;

/**
 * One request and the place that its response will have among the connection's responses. Closed
 * exactly once, from any thread; the response goes out when all before it have.
 */
public final class Exchange {

    private final KafkaConnection connection;
    private final KafkaRequest request;
    private final Client client;
    private volatile boolean closed;
    private long throttleMillis;
    private long workedNanos;
    private @Nullable ApiMessage response;
    private @Nullable Runnable unsent;
    private @Nullable Runnable whenGone;

    Exchange(KafkaConnection connection, KafkaRequest request, Client client) {
        this.connection = connection;
        this.request = request;
        this.client = client;
    }

    public KafkaRequest request() {
        return request;
    }

    public short version() {
        return request.version();
    }

    public <T extends ApiMessage> T body(Class<T> type) {
        return request.body(type);
    }

    public Client client() {
        return client;
    }

    /** What the client calls itself; empty when it does not. */
    public String clientId() {
        String id = request.clientId();
        return id == null ? "" : id;
    }

    /** Makes the client wait once it has its answer; before it is answered, by one thread. */
    public void throttle(long millis) {
        throttleMillis = Math.max(throttleMillis, millis);
    }

    long throttleMillis() {
        return throttleMillis;
    }

    /** So much of the loop's time went into it. */
    void worked(long nanos) {
        workedNanos += nanos;
    }

    long workedNanos() {
        return workedNanos;
    }

    public EventLoop loop() {
        return client.loop();
    }

    /** Whether the kernel may send records from files. */
    public boolean sendsFiles() {
        return connection.sendsFiles();
    }

    /** The client has published so many, for the rate limits. */
    public void countMessages(int count) {
        connection.countMessages(count);
    }

    /** Whether anyone still waits for the answer. */
    public boolean isWanted() {
        return connection.isOpen();
    }

    public void respond(ApiMessage message) {
        response = message;
        close();
    }

    /**
     * @param ifUnsent runs when the client has gone before the response could be encoded
     */
    public void respond(ApiMessage message, Runnable ifUnsent) {
        unsent = ifUnsent;
        respond(message);
    }

    /** Runs on the loop when the client goes before the answer; for the loop, at most one. */
    public void whenGone(Runnable action) {
        whenGone = action;
    }

    /** Runs on the loop when the connection is gone, long after this was answered. */
    public void whenConnectionEnds(Runnable action) {
        connection.whenEnded(action);
    }

    /** For requests that want no answer. */
    public void respondNothing() {
        close();
    }

    /** Ends the connection: the only answer to some requests. */
    public void disconnect(String why) {
        connection.disconnect(why);
        close();
    }

    /** Something of ours went wrong: logged, and answered by closing. */
    public void fail(Throwable cause) {
        connection.failed(this, cause);
        close();
    }

    private void close() {
        if (closed) {
            throw new IllegalStateException(request.key() + " answered twice");
        }
        closed = true;
        connection.answered();
    }

    /** The connection is gone. */
    void abandon() {
        Runnable action = closed ? unsent : whenGone;
        if (action != null) {
            action.run();
        }
    }

    boolean isClosed() {
        return closed;
    }

    @Nullable ApiMessage response() {
        return response;
    }
}
