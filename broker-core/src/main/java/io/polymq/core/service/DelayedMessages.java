package io.polymq.core.service;

import io.polymq.core.message.KeptMessage;
import io.polymq.core.message.Origin;
import io.polymq.core.message.Receipt;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/**
 * Messages that are published at a later time: kept durably, handed at that time to whoever handles
 * their kind, at least once. Any thread.
 */
public interface DelayedMessages {

    /** Says who publishes messages of a kind; those that are due already come at once. */
    void handle(String kind, Due due);

    /**
     * Keeps a message until a time in milliseconds since 1970; completes when it is safe.
     *
     * @param kind names the handler, such as a protocol
     * @return what cancels it
     */
    CompletableFuture<Ticket> schedule(String kind, String tenant, KeptMessage message, long at);

    /** Whether it was still to come, and now never will. */
    CompletableFuture<Boolean> cancel(Ticket ticket);

    /**
     * Tells of every message that was scheduled since a time, in milliseconds since 1970, whether
     * it is still to come or not, as far as it is still known; completes when all were told of.
     */
    CompletableFuture<Void> recall(long since, Consumer<KeptMessage> each);

    /**
     * Whether that message was scheduled at that time or later, as far as its record is kept; it
     * may have been due since.
     *
     * @param since milliseconds since 1970
     */
    CompletableFuture<Boolean> holds(Origin message, long since);

    /** How many are to come. */
    long pending();

    /** Those that are to come, the next ones first, for lists. */
    CompletableFuture<List<Coming>> coming(int most);

    /**
     * A message that is to come.
     *
     * @param kind names the handler that will publish it
     * @param at in milliseconds since 1970
     */
    record Coming(Ticket ticket, String kind, String tenant, KeptMessage message, long at) {}

    /** Names a message that is to come; survives restarts. */
    record Ticket(long id) {}

    /** Publishes what is due. Called in the shard zone, must not block. */
    interface Due {
        /**
         * Whoever must keep the message safe is expected by the receipt, which is sealed after this
         * call; when it fails the message is due again a little later.
         */
        void due(String tenant, KeptMessage message, long at, Receipt receipt);
    }
}
