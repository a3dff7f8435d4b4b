package io.polymq.amqp.v1;

import io.polymq.amqp.model.Envelope;
import io.polymq.amqp.model.Exchange;
import io.polymq.amqp.model.TransactionJournal;
import io.polymq.amqp.v1.frame.Condition;
import io.polymq.amqp.v1.frame.DeliveryState;
import io.polymq.amqp.v1.frame.FrameException;
import io.polymq.core.message.KeptMessage;
import io.polymq.core.message.Message;
import io.polymq.core.message.Receipt;
import io.polymq.core.queue.QueueException;
import io.polymq.core.service.Allowance;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * What belongs to one transaction: messages that were posted, deliveries that were retired. A
 * commit of more than one durable thing is written to the journal before it is carried out.
 * Connection zone.
 */
final class Transaction {

    /**
     * A message that waits for the commit.
     *
     * @param at when it is to be delivered, -1 for at once
     */
    record Staged(
            Exchange exchange, String key, List<String> copies, KeptMessage message, long at) {}

    /**
     * A delivery whose outcome waits for the commit.
     *
     * @param settled whether its receiver has settled it already
     */
    record Retired(int deliveryId, Held held, DeliveryState.Outcome outcome, boolean settled) {}

    private final Session session;
    private final V1Connection connection;
    private final List<Staged> staged = new ArrayList<>();
    private final List<Retired> retired = new ArrayList<>();
    private long bytes;

    Transaction(Session session) {
        this.session = session;
        this.connection = session.connection();
    }

    void publish(Staged one) {
        bytes += one.message().size();
        if (bytes > Limits.TRANSACTION_BYTES) {
            throw FrameException.session(
                    Condition.RESOURCE_LIMIT_EXCEEDED,
                    "a transaction holds too much: discharge more often");
        }
        staged.add(one);
    }

    void retire(Retired one) {
        retired.add(one);
    }

    // Commit.

    /** Completes when everything is safe; fails when nothing was done. */
    CompletableFuture<Void> commit() {
        Allowance allowance = connection.host().allowance();
        if (!staged.isEmpty() && allowance.isUsed()) {
            return CompletableFuture.failedFuture(
                    new QueueException(QueueException.Kind.QUOTA, allowance.reason()));
        }
        List<TransactionJournal.Acknowledged> acknowledged = acknowledged();
        boolean durable =
                staged.stream().anyMatch(one -> (one.message().flags() & Envelope.PERSISTENT) != 0)
                        || acknowledged.stream()
                                .anyMatch(one -> one.queue().definition().durable());
        boolean several = staged.size() + acknowledged.size() > 1;
        if (!durable || !several) {
            return carryOut(null);
        }
        List<TransactionJournal.Published> published =
                staged.stream()
                        .map(
                                one ->
                                        new TransactionJournal.Published(
                                                one.exchange(),
                                                one.key(),
                                                one.copies(),
                                                one.message(),
                                                one.at()))
                        .toList();
        TransactionJournal journal = connection.broker().journal();
        return journal.begin(published, acknowledged)
                .thenComposeAsync(
                        entry -> journal.finish(entry, carryOut(entry)),
                        connection.network().loop());
    }

    private List<TransactionJournal.Acknowledged> acknowledged() {
        List<TransactionJournal.Acknowledged> found = new ArrayList<>();
        for (Retired one : retired) {
            if (one.outcome() instanceof DeliveryState.Accepted
                    && one.held().link().feed() instanceof QueueFeed feed) {
                found.add(new TransactionJournal.Acknowledged(feed.queue(), one.held().offset()));
            }
        }
        return found;
    }

    /**
     * @param entry where it is written down; null when it is not
     */
    private CompletableFuture<Void> carryOut(@Nullable Long entry) {
        CompletableFuture<Void> safe = new CompletableFuture<>();
        Receipt receipt = Receipt.completing(safe);
        Message lent = new Message();
        for (int i = 0; i < staged.size(); i++) {
            Staged one = staged.get(i);
            KeptMessage message =
                    entry == null
                            ? one.message()
                            : TransactionJournal.marked(one.message(), entry, i);
            message.lendTo(lent).receipt(receipt);
            if (entry != null) {
                lent.origin(TransactionJournal.origin(entry, i));
            }
            if (one.at() > connection.broker().clock().millis()) {
                connection.loop().publisher().publishAt(one.exchange(), lent, one.at());
            } else if (!connection
                    .loop()
                    .publisher()
                    .publish(one.exchange(), one.key(), one.copies(), lent)) {
                connection.broker().metrics().unroutable();
            }
        }
        settle(receipt);
        receipt.seal();
        return safe;
    }

    private void settle(Receipt receipt) {
        Set<QueueFeed> feeds = new LinkedHashSet<>();
        Runs told = new Runs(session, false);
        for (Retired one : retired) {
            one.held().link().settle(one.held(), one.outcome());
            if (one.outcome() instanceof DeliveryState.Accepted
                    && one.held().link().feed() instanceof QueueFeed feed) {
                feeds.add(feed);
            }
            if (!one.settled()) {
                session.forget(one.deliveryId());
                told.add(one.deliveryId(), one.outcome());
            }
        }
        told.flush();
        for (QueueFeed feed : feeds) {
            if (feed.hasAccepted() && !feed.queue().isDeleted()) {
                receipt.expect();
                Receipt settling =
                        new Receipt(failure -> receipt.done(isElsewhere(failure) ? null : failure));
                settling.expect();
                feed.flushAccepted(settling);
                settling.seal();
            }
        }
    }

    private static boolean isElsewhere(@Nullable Throwable failure) {
        return failure != null
                && Conditions.cause(failure) instanceof QueueException e
                && e.kind() == QueueException.Kind.NOT_HELD;
    }

    /** Nothing was; what its receiver has settled comes again. */
    void rollback() {
        for (Retired one : retired) {
            if (one.settled()) {
                one.held()
                        .link()
                        .settle(one.held(), new DeliveryState.Modified(true, false, Map.of()));
            }
        }
        retired.clear();
        staged.clear();
    }
}
