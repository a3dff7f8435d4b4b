package io.polymq.amqp;

import io.netty.buffer.ByteBuf;
import io.polymq.amqp.model.AmqpQueue;
import io.polymq.amqp.model.Envelope;
import io.polymq.core.message.KeptMessage;
import io.polymq.core.message.Receipt;
import io.polymq.network.Outbox;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A consumer of a stream: gets its records from an offset on, as far as credit goes; an
 * acknowledgement is credit and nothing else. Connection zone.
 */
final class StreamConsumer implements Consumer, StreamReader.Reader {

    private static final Logger LOG = LoggerFactory.getLogger(StreamConsumer.class);
    private static final String FILTER_VALUE = "x-stream-filter-value";

    private final AmqpChannel channel;
    private final AmqpConnection connection;
    private final AmqpQueue queue;
    private final AmqpQueue.Consumer listed;
    private final Set<String> filter;
    private final boolean matchUnfiltered;
    private final byte[] tag;
    private final Outbox outbox;
    private final Unacked unacked;
    private final Content content;
    private final StreamReader reader;
    private final CreditWindow window;
    private final Hold hold;
    private int credit;
    private boolean begun;
    private boolean ended;

    private StreamConsumer(
            AmqpChannel channel,
            AmqpQueue queue,
            AmqpQueue.Consumer listed,
            StreamOffset from,
            Set<String> filter,
            Unacked unacked) {
        this.channel = channel;
        this.connection = channel.connection();
        this.queue = queue;
        this.listed = listed;
        this.filter = filter;
        this.matchUnfiltered = listed.arguments().flag("x-stream-match-unfiltered");
        this.tag = listed.tag().getBytes(StandardCharsets.UTF_8);
        this.outbox = connection.outbox();
        this.unacked = unacked;
        this.content = new Content(connection.broker().codec(), connection.broker().clock());
        this.reader =
                new StreamReader(
                        connection.broker(),
                        connection.network(),
                        queue,
                        StreamReader.partition(queue, listed.arguments().get("x-stream-partition")),
                        from,
                        this::isWanted,
                        this);
        this.window =
                new CreditWindow(
                        outbox, listed.prefetch(), false, more -> onLoop(() -> grant(more)));
        this.hold = new Hold(new CreditOnly(), window, null);
    }

    /** Whatever becomes of a delivery, the stream keeps it. */
    private static final class CreditOnly implements Hold.Settler {
        @Override
        public void ack(long[] offsets, int count, @Nullable Receipt receipt) {
            if (receipt != null) {
                receipt.done(null);
            }
        }

        @Override
        public void release(long offset) {
            // a stream has nothing to return to
        }

        @Override
        public void reject(long offset) {
            // nor to take it out of
        }

        @Override
        public void close() {
            // the reader ends with its channel
        }
    }

    static StreamConsumer of(
            AmqpChannel channel,
            AmqpQueue queue,
            AmqpQueue.Consumer listed,
            @Nullable Object offset,
            Unacked unacked) {
        AmqpConnection connection = channel.connection();
        String what =
                "stream queue '" + queue.name() + "' in vhost '" + connection.host().name() + "'";
        if (!listed.ack()) {
            throw AmqpErrors.notImplemented("automatic acknowledgement not supported by " + what);
        }
        if (listed.prefetch() == 0) {
            throw AmqpErrors.precondition("consumer prefetch count is not set for " + what);
        }
        Object wanted = listed.arguments().get("x-stream-filter");
        Set<String> filter =
                switch (wanted) {
                    case null -> Set.of();
                    case String one -> Set.of(one);
                    case List<?> several ->
                            Set.copyOf(several.stream().map(String::valueOf).toList());
                    default ->
                            throw AmqpErrors.precondition(
                                    "invalid arg 'x-stream-filter' for " + what);
                };
        return new StreamConsumer(
                channel,
                queue,
                listed,
                StreamOffset.of(offset, what, connection.broker().clock().instant()),
                filter,
                unacked);
    }

    private void onLoop(Runnable action) {
        if (connection.network().loop().inEventLoop()) {
            action.run();
        } else {
            connection.network().loop().execute(action);
        }
    }

    @Override
    public String tag() {
        return listed.tag();
    }

    @Override
    public void begin(AckHandler acks) {
        acks.add(hold);
        reader.begin();
    }

    @Override
    public void readable() {
        if (!begun) {
            begun = true;
            window.pump();
        }
        work();
    }

    private void grant(int more) {
        credit += more;
        work();
    }

    /** Writes what was read, then reads more. */
    private void work() {
        while (!ended && credit > 0) {
            StreamReader.Read read = reader.poll();
            if (read == null) {
                reader.read();
                break;
            }
            credit--;
            write(read);
        }
        window.turnEnds();
    }

    private void write(StreamReader.Read read) {
        content.of(read.message(), Map.of("x-stream-offset", read.offset()));
        int frameMax = connection.session().frameMax();
        int size = content.deliverSize(tag.length, frameMax);
        outbox.lock();
        try {
            ByteBuf out = outbox.begin(size);
            try {
                long number = unacked.add(hold, read.offset());
                content.deliver(out, channel.number(), tag, number, false, frameMax);
            } finally {
                outbox.end();
            }
        } finally {
            outbox.unlock();
        }
        connection.broker().metrics().delivered(1);
        window.delivered(size);
    }

    private boolean isWanted(KeptMessage message) {
        if (filter.isEmpty()) {
            return true;
        }
        Envelope envelope = Envelope.of(message);
        Object value = envelope == null ? null : envelope.headers().get(FILTER_VALUE);
        return value == null ? matchUnfiltered : filter.contains(String.valueOf(value));
    }

    @Override
    public void gone() {
        channel.consuming().gone(this);
    }

    @Override
    public void broken(Throwable failure) {
        LOG.atWarn()
                .addKeyValue("stream", queue.name())
                .addKeyValue("reason", failure.toString())
                .log("a stream can no longer be read by a consumer, which is cancelled");
        channel.consuming().gone(this);
    }

    @Override
    public void leave(Runnable then) {
        stop();
        then.run();
    }

    private void stop() {
        ended = true;
        reader.stop();
    }

    @Override
    public Hold hold() {
        return hold;
    }

    @Override
    public void end() {
        stop();
        queue.end(listed);
    }
}
