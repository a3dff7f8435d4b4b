package io.polymq.amqp;

import io.netty.buffer.ByteBuf;
import io.polymq.amqp.model.AmqpQueue;
import io.polymq.core.queue.Queue;
import io.polymq.core.queue.QueuedMessage;
import io.polymq.network.Outbox;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * A consumer of a classic or quorum queue: writes deliveries to its client. Called in the queue's
 * shard zone; what it shares with its channel is guarded by the outbox's lock.
 */
final class ChannelConsumer implements Queue.Consumer, Consumer {

    private final AmqpChannel channel;
    private final Outbox outbox;
    private final AmqpQueue queue;
    private final AmqpQueue.Consumer listed;
    private final byte[] tag;
    private final boolean ack;

    /** Whether the queue forgets what it delivers; else this consumer says when. */
    private final boolean settled;

    private final int frameMax;
    private final Content content;
    private final CreditWindow window;
    private final Unacked unacked;
    private final ChannelLimit limit;
    private @Nullable Hold hold;
    private Queue.@Nullable Consumption consumption;
    private final ArrayDeque<QueuedMessage> parked = new ArrayDeque<>();
    private volatile boolean ended;
    private int delivered;

    ChannelConsumer(
            AmqpChannel channel,
            AmqpQueue queue,
            AmqpQueue.Consumer listed,
            int prefetch,
            Unacked unacked,
            ChannelLimit limit) {
        AmqpConnection connection = channel.connection();
        AmqpSettings settings = connection.broker().settings();
        this.channel = channel;
        this.outbox = connection.outbox();
        this.queue = queue;
        this.listed = listed;
        this.tag = listed.tag().getBytes(StandardCharsets.UTF_8);
        this.ack = listed.ack();
        this.frameMax = connection.session().frameMax();
        this.content = new Content(connection.broker().codec(), connection.broker().clock());
        this.unacked = unacked;
        this.limit = limit;
        this.settled = !ack && !limit.isSet();
        this.window =
                new CreditWindow(
                        outbox,
                        prefetch == 0 || !ack ? settings.maxUnacked() : prefetch,
                        !ack,
                        this::grant);
    }

    private void grant(int more) {
        Queue.Consumption known = consumption;
        if (known != null) {
            known.credit(more);
        }
    }

    /** Begins; consume-ok was written. */
    @Override
    public void begin(AckHandler acks) {
        Queue.Consumption begun =
                queue.queue()
                        .consume(
                                new Queue.ConsumerSpec(
                                        0, listed.priority(), false, settled, listed.tag()),
                                this);
        consumption = begun;
        hold = new Hold(Hold.of(begun), window, queue);
        acks.add(hold);
        if (limit.isSet()) {
            window.narrow(1);
        }
        window.pump();
    }

    @Override
    public String tag() {
        return listed.tag();
    }

    @Override
    public boolean deliver(QueuedMessage message, Queue.Consumption by) {
        if (ended) {
            return false;
        }
        outbox.lock();
        try {
            if (!settled && (!parked.isEmpty() || !mayPass())) {
                // It waits here for its turn, no longer ready for others.
                parked.add(message);
                return true;
            }
            return write(message, hold);
        } finally {
            outbox.unlock();
        }
    }

    /** Only what is to be acknowledged counts, but the limit holds up everything. */
    private boolean mayPass() {
        return ack ? limit.take() : !limit.isReached();
    }

    /** Under the outbox's lock: the zone and, for what was parked, the loop write here. */
    private boolean write(QueuedMessage message, @Nullable Hold holder) {
        content.of(message.message(), Content.added(queue, message));
        int size = content.deliverSize(tag.length, frameMax);
        ByteBuf out = outbox.begin(size);
        try {
            if (ended) {
                return false;
            }
            long number =
                    ack && holder != null ? unacked.add(holder, message.offset()) : unacked.skip();
            content.deliver(out, channel.number(), tag, number, message.redelivered(), frameMax);
            delivered++;
        } finally {
            outbox.end();
        }
        window.delivered(size);
        Queue.Consumption known = consumption;
        if (!ack && !settled && known != null) {
            known.ack(message.offset(), null);
        }
        return true;
    }

    /** The channel's limit allows another one. On the loop. */
    @Override
    public void unpark() {
        outbox.lock();
        try {
            while (!ended && !parked.isEmpty() && mayPass()) {
                write(parked.remove(), hold);
                window.pump();
            }
        } finally {
            outbox.unlock();
        }
    }

    private @Nullable QueuedMessage takeParked() {
        outbox.lock();
        try {
            return parked.poll();
        } finally {
            outbox.unlock();
        }
    }

    @Override
    public void flush() {
        outbox.lock();
        int number = delivered;
        delivered = 0;
        outbox.unlock();
        channel.connection().broker().metrics().delivered(number);
        window.turnEnds();
    }

    @Override
    public void overdue(long offset) {
        long timeout = queue.settings().consumerTimeout();
        channel.connection()
                .network()
                .loop()
                .execute(() -> channel.consuming().timedOut(this, timeout));
    }

    /** The queue is gone. */
    @Override
    public void cancelled(String reason) {
        channel.connection().network().loop().execute(() -> channel.consuming().gone(this));
    }

    /** No more deliveries; the action runs, in the queue's zone, when that is certain. */
    @Override
    public void leave(Runnable then) {
        Queue.Consumption known = consumption;
        if (known == null) {
            then.run();
        } else {
            known.leave(
                    () -> {
                        ended = true;
                        giveBackParked(known);
                        then.run();
                    });
        }
    }

    private void giveBackParked(Queue.Consumption from) {
        QueuedMessage waiting = takeParked();
        while (waiting != null) {
            from.release(waiting.offset(), false);
            waiting = takeParked();
        }
    }

    @Override
    public @Nullable Hold hold() {
        return hold;
    }

    /** The channel has ended; its holds are closed by whoever ends it. */
    @Override
    public void end() {
        ended = true;
        queue.end(listed);
    }

    @Override
    public void narrow() {
        window.narrow(1);
    }
}
