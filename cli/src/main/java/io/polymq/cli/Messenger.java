package io.polymq.cli;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/**
 * A client of one protocol, over a library that its users know. What goes wrong is a {@link
 * CliException}, thrown or in the future.
 */
interface Messenger extends AutoCloseable {

    /** Completes when it is acknowledged, at once where the protocol does not acknowledge. */
    CompletableFuture<Void> publish(Outgoing message);

    /** Returns when the broker has subscribed; messages come on a thread of the library's. */
    void subscribe(String filter, Consumer<Incoming> taker);

    /** Publishes and waits for the answer. */
    Incoming request(Outgoing message, Duration patience);

    /** Sends what is under way, within reason, and ends. */
    @Override
    void close();
}
