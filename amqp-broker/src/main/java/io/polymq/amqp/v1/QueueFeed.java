package io.polymq.amqp.v1;

import io.polymq.amqp.model.AmqpQueue;
import io.polymq.amqp.v1.filter.Filters;
import io.polymq.amqp.v1.frame.Condition;
import io.polymq.amqp.v1.frame.ErrorInfo;
import io.polymq.amqp.v1.message.Conversion;
import io.polymq.amqp.v1.message.MessageCodec;
import io.polymq.amqp.v1.type.Symbol;
import io.polymq.core.message.KeptMessage;
import io.polymq.core.message.Receipt;
import io.polymq.core.queue.Queue;
import io.polymq.core.queue.QueueException;
import io.polymq.core.queue.QueuedMessage;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Consumes from a classic or quorum queue. Deliveries are gathered in the queue's shard zone and
 * handed to the loop once per turn; acknowledgements are gathered on the loop and handed to the
 * queue once per read.
 */
final class QueueFeed implements Feed, Queue.Consumer {

    private static final Logger LOG = LoggerFactory.getLogger(QueueFeed.class);

    private final OutgoingLink link;
    private final V1Connection connection;
    private final AmqpQueue queue;
    private final AmqpQueue.Consumer listed;
    private final Filters filters;
    private final boolean alone;

    /** The shard zone's. */
    private final MessageCodec codec;

    private Queue.@Nullable Consumption consumption;
    private volatile boolean ended;

    /** The shard zone's. */
    private List<QueuedMessage> batch = new ArrayList<>();

    /** The loop's. */
    private long[] accepted = new long[64];

    private int acceptedCount;

    /**
     * @param alone whether the queue is for this link: what it does not want is wanted by nobody
     */
    QueueFeed(
            OutgoingLink link,
            AmqpQueue queue,
            AmqpQueue.Consumer listed,
            Filters filters,
            boolean alone) {
        this.link = link;
        this.connection = link.session().connection();
        this.queue = queue;
        this.listed = listed;
        this.filters = filters;
        this.alone = alone;
        this.codec = new MessageCodec(connection.broker().v1Codec());
    }

    AmqpQueue queue() {
        return queue;
    }

    @Override
    public void begin() {
        consumption =
                queue.queue()
                        .consume(
                                new Queue.ConsumerSpec(
                                        0, listed.priority(), false, false, listed.tag()),
                                this);
    }

    private Queue.Consumption consumption() {
        Queue.Consumption known = consumption;
        if (known == null) {
            throw new IllegalStateException("not begun");
        }
        return known;
    }

    // In the shard zone.

    @Override
    public boolean deliver(QueuedMessage message, Queue.Consumption by) {
        if (ended) {
            return false;
        }
        if (alone && !wants(message.message())) {
            by.ack(message.offset(), null);
            by.credit(1);
            return true;
        }
        batch.add(message);
        return true;
    }

    @Override
    public boolean isSelective() {
        return !alone && (filters.looksAtMessages() || filters.noLocal());
    }

    @Override
    public boolean wants(KeptMessage message) {
        return !(filters.noLocal() && message.publisher() == connection.id())
                && (!filters.looksAtMessages() || filters.matches(codec.sections(message)));
    }

    @Override
    public void flush() {
        if (!batch.isEmpty()) {
            List<QueuedMessage> full = batch;
            batch = new ArrayList<>(full.size());
            connection.network().loop().execute(() -> link.arrived(full));
        }
    }

    @Override
    public void overdue(long offset) {
        fail(
                ErrorInfo.of(
                        Condition.PRECONDITION_FAILED,
                        "a delivery was not settled within "
                                + queue.settings().consumerTimeout()
                                + " ms"));
    }

    @Override
    public void cancelled(String reason) {
        fail(
                ErrorInfo.of(
                        Condition.RESOURCE_DELETED,
                        "queue '" + queue.name() + "' was deleted: " + reason));
    }

    @Override
    public void refused(QueueException why) {
        fail(Conditions.of(why));
    }

    private void fail(ErrorInfo error) {
        connection.network().loop().execute(() -> link.fail(error));
    }

    // On the loop.

    @Override
    public void credit(int more) {
        consumption().credit(more);
    }

    @Override
    public void drain(IntConsumer then) {
        consumption()
                .drain(
                        left -> {
                            flush();
                            connection.network().loop().execute(() -> then.accept(left));
                        });
    }

    @Override
    public void accept(long offset) {
        if (acceptedCount == 0) {
            connection.atReadEnd(() -> flushAccepted(null));
        }
        if (acceptedCount == accepted.length) {
            accepted = Arrays.copyOf(accepted, acceptedCount * 2);
        }
        accepted[acceptedCount++] = offset;
        queue.notes().forget(offset);
    }

    @Override
    public void note(long offset, Map<Symbol, @Nullable Object> annotations) {
        if (!queue.notes().add(offset, Conversion.table(annotations))) {
            LOG.atWarn()
                    .addKeyValue("client", connection.id())
                    .addKeyValue("queue", queue.name())
                    .log("annotations of a modified delivery are too large to be kept");
        }
    }

    boolean hasAccepted() {
        return acceptedCount > 0;
    }

    /** Hands over what was accepted; the receipt was told to expect it. */
    void flushAccepted(@Nullable Receipt receipt) {
        int count = acceptedCount;
        if (count > 0) {
            acceptedCount = 0;
            consumption().ack(accepted, count, receipt);
        }
    }

    @Override
    public void release(long offset, boolean counted) {
        flushAccepted(null);
        consumption().release(offset, counted);
    }

    @Override
    public void reject(long offset) {
        flushAccepted(null);
        consumption().reject(offset);
    }

    @Override
    public void close() {
        if (!ended) {
            ended = true;
            flushAccepted(null);
            Queue.Consumption known = consumption;
            if (known != null) {
                known.close();
            }
            queue.end(listed);
        }
    }
}
