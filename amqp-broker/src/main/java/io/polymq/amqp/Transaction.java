package io.polymq.amqp;

import io.polymq.amqp.model.Envelope;
import io.polymq.amqp.model.Exchange;
import io.polymq.amqp.model.ModelException;
import io.polymq.amqp.model.TransactionJournal;
import io.polymq.codec.amqp.AmqpException;
import io.polymq.codec.amqp.BasicMethod;
import io.polymq.codec.amqp.ReplyCode;
import io.polymq.codec.amqp.TxMethod;
import io.polymq.core.message.KeptMessage;
import io.polymq.core.message.Message;
import io.polymq.core.message.Receipt;
import io.polymq.core.service.Allowance;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * What a channel has published since the last commit. A commit of more than one durable thing is
 * written to the journal before it is carried out. Connection zone.
 */
final class Transaction {

    private static final long MOST_BYTES = 256L << 20;

    private record Staged(
            Exchange exchange,
            BasicMethod.Publish publish,
            List<String> copies,
            KeptMessage message) {}

    private final AmqpChannel channel;
    private final AmqpConnection connection;
    private final AckHandler acks;
    private List<Staged> staged = new ArrayList<>();
    private long bytes;

    Transaction(AmqpChannel channel, AckHandler acks) {
        this.channel = channel;
        this.connection = channel.connection();
        this.acks = acks;
    }

    void add(
            Exchange exchange,
            BasicMethod.Publish publish,
            List<String> copies,
            KeptMessage message) {
        bytes += message.size();
        if (bytes > MOST_BYTES) {
            throw new AmqpException(
                    ReplyCode.RESOURCE_ERROR, "a transaction holds too much: commit more often");
        }
        staged.add(new Staged(exchange, publish, copies, message));
    }

    /** Publishes so far. */
    int size() {
        return staged.size();
    }

    void commit(TxMethod.Commit commit) {
        List<Staged> now = staged;
        Allowance allowance = connection.host().allowance();
        if (!now.isEmpty() && allowance.isUsed()) {
            rollback();
            throw new ModelException(ModelException.Kind.RESOURCE_ERROR, allowance.reason());
        }
        staged = new ArrayList<>();
        bytes = 0;
        List<TransactionJournal.Acknowledged> settled = acks.stagedAcks();
        boolean durable =
                now.stream().anyMatch(one -> (one.message().flags() & Envelope.PERSISTENT) != 0)
                        || settled.stream().anyMatch(one -> one.queue().definition().durable());
        if (!durable || now.size() + settled.size() < 2) {
            carryOut(commit, now, null);
            return;
        }
        List<TransactionJournal.Published> publishes =
                now.stream()
                        .map(
                                one ->
                                        new TransactionJournal.Published(
                                                one.exchange(),
                                                one.publish().routingKey(),
                                                one.copies(),
                                                one.message(),
                                                -1))
                        .toList();
        connection.await(
                connection.broker().journal().begin(publishes, settled),
                (entry, failure) -> {
                    if (failure != null) {
                        connection.refuse(channel.number(), commit, failure);
                    } else if (!channel.isClosing()) {
                        carryOut(commit, now, entry);
                    }
                });
    }

    private void carryOut(TxMethod.Commit commit, List<Staged> now, @Nullable Long entry) {
        CompletableFuture<Void> safe = new CompletableFuture<>();
        Receipt receipt = Receipt.completing(safe);
        Message lent = new Message();
        for (int i = 0; i < now.size(); i++) {
            Staged one = now.get(i);
            KeptMessage message =
                    entry == null
                            ? one.message()
                            : TransactionJournal.marked(one.message(), entry, i);
            message.lendTo(lent).receipt(receipt);
            if (entry != null) {
                lent.origin(TransactionJournal.origin(entry, i));
            }
            channel.publishing().route(one.exchange(), one.publish(), one.copies(), lent);
        }
        receipt.expect();
        Receipt settling =
                new Receipt(
                        failure -> {
                            boolean known =
                                    failure != null && AmqpErrors.isSettledElsewhere(failure);
                            receipt.done(known ? null : failure);
                        });
        acks.commit(settling);
        settling.seal();
        receipt.seal();
        CompletableFuture<Void> finished =
                entry == null ? safe : connection.broker().journal().finish(entry, safe);
        connection.await(
                finished,
                (done, failure) -> {
                    if (failure != null) {
                        connection.refuse(channel.number(), commit, failure);
                    } else if (!channel.isClosing()) {
                        channel.send(new TxMethod.CommitOk());
                    }
                });
    }

    void rollback() {
        staged = new ArrayList<>();
        bytes = 0;
        acks.rollback();
    }
}
