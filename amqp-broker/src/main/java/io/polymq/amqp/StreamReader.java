package io.polymq.amqp;

import io.netty.channel.EventLoop;
import io.polymq.amqp.model.AmqpQueue;
import io.polymq.core.message.KeptMessage;
import io.polymq.core.message.Message;
import io.polymq.core.subject.Subject;
import io.polymq.core.topic.Committed;
import io.polymq.core.trace.MessageTracer;
import io.polymq.network.Connection;
import io.polymq.storage.ReadResult;
import io.polymq.storage.RecordBatchCursor;
import io.polymq.storage.RecordBatches;
import io.polymq.storage.Shard;
import io.polymq.storage.Slice;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Reads one partition of a stream's topic from an offset on, a page ahead of who takes the records.
 * Connection zone; pages are read and decoded on threads of their own, one at a time.
 */
public final class StreamReader {

    private static final int PAGE_BYTES = 256 << 10;

    /** A record of the stream. */
    public record Read(long offset, long timestamp, KeptMessage message) {}

    /** Who reads; called on the loop. */
    public interface Reader {

        /** There may be more to take, or the end was reached. */
        void readable();

        /** The stream was deleted. */
        void gone();

        void broken(Throwable why);
    }

    private final AmqpBroker broker;
    private final Connection connection;
    private final EventLoop loop;
    private final AmqpQueue queue;
    private final int partition;
    private final StreamOffset from;
    private final Predicate<KeptMessage> wanted;
    private final Reader reader;
    private final Shard shard;
    private Committed committed;
    private final ArrayDeque<Read> ready = new ArrayDeque<>();
    private long next = -1;
    private boolean reading;
    private boolean ended;
    private Shard.@Nullable Watch watch;

    /**
     * @param connection the reader's
     * @param partition of the stream's topic
     * @param wanted which messages to hand out; called by one thread at a time, never the loop's
     */
    public StreamReader(
            AmqpBroker broker,
            Connection connection,
            AmqpQueue queue,
            int partition,
            StreamOffset from,
            Predicate<KeptMessage> wanted,
            Reader reader) {
        this.broker = broker;
        this.connection = connection;
        this.loop = connection.loop();
        this.queue = queue;
        this.from = from;
        this.wanted = wanted;
        this.reader = reader;
        this.partition = partition;
        this.shard = queue.topic().partition(partition);
        this.committed = new Committed.Everything(shard);
    }

    /**
     * Which partition a consumer names; the first when it names none.
     *
     * @throws ModelException when there is no such partition
     */
    public static int partition(AmqpQueue queue, @Nullable Object named) {
        int partitions = queue.topic().spec().partitions();
        if (named == null) {
            return 0;
        }
        if (named instanceof Number number
                && number.longValue() >= 0
                && number.longValue() < partitions) {
            return number.intValue();
        }
        throw AmqpErrors.precondition(
                "invalid stream partition '"
                        + named
                        + "': '"
                        + queue.name()
                        + "' has "
                        + partitions);
    }

    private record Beginning(long offset, Committed committed) {}

    private void onLoop(Runnable action) {
        if (loop.inEventLoop()) {
            action.run();
        } else {
            loop.execute(action);
        }
    }

    /** Finds the first offset; the reader hears when that is done. */
    public void begin() {
        from.in(shard)
                .thenCombine(
                        broker.topics().committed(queue.topic(), partition),
                        (offset, heeded) -> new Beginning(offset, heeded))
                .whenComplete((beginning, failure) -> onLoop(() -> begun(beginning, failure)));
    }

    private void begun(@Nullable Beginning beginning, @Nullable Throwable failure) {
        if (ended) {
            return;
        }
        if (beginning == null) {
            reader.broken(failure == null ? new IllegalStateException("no offset") : failure);
            return;
        }
        committed = beginning.committed();
        next = beginning.offset();
        reader.readable();
    }

    /** The next record that was read, for who delivers it now; null when there is none yet. */
    public @Nullable Read poll() {
        Read read = ready.poll();
        MessageTracer tracer = broker.tracer();
        if (read != null && tracer.isOn()) {
            tracer.delivered(
                    queue.host().tenant(),
                    read.message().lendTo(new Message()),
                    new MessageTracer.Receiver(
                            MessageTracer.Kind.TOPIC, queue.name(), connection.id(), 0));
        }
        return read;
    }

    /** Whether everything that is in the stream was taken. */
    public boolean isAtEnd() {
        return next >= 0 && ready.isEmpty() && next >= committed.end();
    }

    /** Reads on, once what was read is taken; waits at the end until there is more. */
    public void read() {
        if (ended || reading || next < 0 || !ready.isEmpty()) {
            return;
        }
        reading = true;
        long end = committed.end();
        if (next >= end) {
            watch = committed.watch(next, () -> loop.execute(this::more));
            return;
        }
        long at = Math.max(next, shard.startOffset());
        shard.read(at, PAGE_BYTES, true)
                .thenApplyAsync(page -> decode(page, at, end), broker.blocking())
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
            reader.gone();
        } else {
            reader.readable();
        }
    }

    private record Page(List<Read> records, long next) {}

    private boolean isForNobody(RecordBatchCursor batches) {
        return batches.isControl()
                || (batches.attributes() & RecordBatches.TRANSACTIONAL) != 0
                        && committed.isAborted(batches.producerId(), batches.baseOffset());
    }

    private Page decode(ReadResult result, long first, long end) {
        List<Read> records = new ArrayList<>();
        RecordBatchCursor batches = new RecordBatchCursor();
        Message message = new Message();
        Subject implied = Subject.ofDotted(queue.name());
        long behind = first;
        try (ReadResult page = result) {
            for (Slice slice : page.slices()) {
                batches.reset(slice.toBuffer());
                while (batches.next()) {
                    if (batches.offset() >= end) {
                        return new Page(records, Math.max(behind, end));
                    }
                    behind = Math.max(behind, batches.lastOffset() + 1);
                    if (batches.offset() < first || isForNobody(batches)) {
                        continue;
                    }
                    KeptMessage kept =
                            broker.records().read(batches.record(), implied, message).keep();
                    if (wanted.test(kept)) {
                        records.add(new Read(batches.offset(), batches.timestamp(), kept));
                    }
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return new Page(records, behind);
    }

    private void arrived(@Nullable Page page, @Nullable Throwable failure) {
        reading = false;
        if (ended) {
            return;
        }
        if (page == null) {
            reader.broken(failure == null ? new IllegalStateException("no page") : failure);
            return;
        }
        next = page.next();
        ready.addAll(page.records());
        reader.readable();
    }

    /** Nothing is read or told any more. */
    public void stop() {
        ended = true;
        ready.clear();
        if (watch != null) {
            watch.close();
            watch = null;
        }
    }
}
