package io.polymq.amqp;

import io.netty.buffer.ByteBuf;
import io.polymq.amqp.model.AmqpQueue;
import io.polymq.amqp.model.Envelope;
import io.polymq.core.message.KeptMessage;
import io.polymq.core.message.Message;
import io.polymq.core.message.Receipt;
import io.polymq.core.subject.Subject;
import io.polymq.core.topic.Committed;
import io.polymq.network.Outbox;
import io.polymq.storage.ReadResult;
import io.polymq.storage.RecordBatchCursor;
import io.polymq.storage.RecordBatches;
import io.polymq.storage.Shard;
import io.polymq.storage.Slice;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A consumer of a stream: reads one partition of its topic from an offset on, as far as credit
 * goes; an acknowledgement is credit and nothing else. Connection zone; pages are read and decoded
 * on threads of their own.
 */
final class StreamConsumer implements Consumer {

    private static final Logger LOG = LoggerFactory.getLogger(StreamConsumer.class);
    private static final int PAGE_BYTES = 256 << 10;
    private static final String FILTER_VALUE = "x-stream-filter-value";

    /** A record of the stream. */
    private record Read(long offset, KeptMessage message) {}

    private final AmqpChannel channel;
    private final AmqpConnection connection;
    private final AmqpQueue queue;
    private final AmqpQueue.Consumer listed;
    private final StreamOffset from;
    private final Set<String> filter;
    private final boolean matchUnfiltered;
    private final byte[] tag;
    private final Outbox outbox;
    private final Unacked unacked;
    private final Content content;
    private final Shard shard;
    private Committed committed;
    private final ArrayDeque<Read> ready = new ArrayDeque<>();
    private final CreditWindow window;
    private final Hold hold;
    private int credit;
    private long next = -1;
    private boolean reading;
    private boolean ended;
    private Shard.@Nullable Watch watch;

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
        this.from = from;
        this.filter = filter;
        this.matchUnfiltered = listed.arguments().flag("x-stream-match-unfiltered");
        this.tag = listed.tag().getBytes(StandardCharsets.UTF_8);
        this.outbox = connection.outbox();
        this.unacked = unacked;
        this.content = new Content(connection.broker().codec());
        this.shard = queue.topic().partition(0);
        this.committed = new Committed.Everything(shard);
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

    private record Beginning(long offset, Committed committed) {}

    @Override
    public void begin(AckHandler acks) {
        acks.add(hold);
        from.in(shard)
                .thenCombine(
                        connection.broker().topics().committed(queue.topic(), 0),
                        (offset, heeded) -> new Beginning(offset, heeded))
                .whenComplete(
                        (beginning, failure) ->
                                onLoop(
                                        () -> {
                                            if (failure != null) {
                                                broken(failure);
                                            } else {
                                                committed = beginning.committed();
                                                next = beginning.offset();
                                                window.pump();
                                                work();
                                            }
                                        }));
    }

    private void grant(int more) {
        credit += more;
        work();
    }

    /** Writes what was read, then reads more. */
    private void work() {
        while (!ended && credit > 0 && !ready.isEmpty()) {
            Read read = ready.remove();
            credit--;
            write(read);
        }
        if (!ended && credit > 0 && !reading && next >= 0) {
            read();
        }
        window.turnEnds();
    }

    private void write(Read read) {
        content.of(read.message(), Map.of("x-stream-offset", read.offset()));
        int frameMax = connection.session().frameMax();
        int size = content.deliverSize(tag.length, frameMax);
        ByteBuf out = outbox.begin(size);
        try {
            long number = unacked.add(hold, read.offset());
            content.deliver(out, channel.number(), tag, number, false, frameMax);
        } finally {
            outbox.end();
        }
        connection.broker().metrics().delivered(1);
        window.delivered(size);
    }

    private void read() {
        if (next >= committed.end()) {
            if (watch == null) {
                reading = true;
                watch =
                        committed.watch(
                                next, () -> connection.network().loop().execute(this::more));
            }
            return;
        }
        reading = true;
        long at = Math.max(next, shard.startOffset());
        long end = committed.end();
        shard.read(at, PAGE_BYTES, true)
                .thenApplyAsync(page -> decode(page, at, end), connection.broker().blocking())
                .whenComplete((page, failure) -> onLoop(() -> arrived(page, failure)));
    }

    /** Something was appended, or the stream is gone. */
    private void more() {
        watch = null;
        reading = false;
        if (ended) {
            return;
        }
        if (next >= shard.highWatermark()) {
            channel.consuming().gone(this);
        } else {
            work();
        }
    }

    private record Page(List<Read> records, long next) {}

    private boolean isForNobody(RecordBatchCursor batches) {
        return batches.isControl()
                || (batches.attributes() & RecordBatches.TRANSACTIONAL) != 0
                        && committed.isAborted(batches.producerId(), batches.baseOffset());
    }

    private Page decode(ReadResult result, long from, long end) {
        List<Read> records = new ArrayList<>();
        RecordBatchCursor batches = new RecordBatchCursor();
        Message message = new Message();
        Subject implied = Subject.ofDotted(queue.name());
        long behind = from;
        try (ReadResult page = result) {
            for (Slice slice : page.slices()) {
                batches.reset(slice.toBuffer());
                while (batches.next()) {
                    if (batches.offset() >= end) {
                        return new Page(records, Math.max(behind, end));
                    }
                    behind = Math.max(behind, batches.lastOffset() + 1);
                    if (batches.offset() < from || isForNobody(batches)) {
                        continue;
                    }
                    KeptMessage kept =
                            connection
                                    .broker()
                                    .records()
                                    .read(batches.record(), implied, message)
                                    .keep();
                    if (isWanted(kept)) {
                        records.add(new Read(batches.offset(), kept));
                    }
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return new Page(records, behind);
    }

    private boolean isWanted(KeptMessage message) {
        if (filter.isEmpty()) {
            return true;
        }
        Envelope envelope = Envelope.of(message);
        Object value = envelope == null ? null : envelope.headers().get(FILTER_VALUE);
        return value == null ? matchUnfiltered : filter.contains(String.valueOf(value));
    }

    private void arrived(@Nullable Page page, @Nullable Throwable failure) {
        reading = false;
        if (ended) {
            return;
        }
        if (page == null) {
            broken(failure);
            return;
        }
        next = page.next();
        ready.addAll(page.records());
        work();
    }

    private void broken(@Nullable Throwable failure) {
        LOG.atWarn()
                .addKeyValue("stream", queue.name())
                .addKeyValue("reason", String.valueOf(failure))
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
        ready.clear();
        if (watch != null) {
            watch.close();
            watch = null;
        }
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
