package io.polymq.amqp.v1;

import io.polymq.amqp.StreamOffset;
import io.polymq.amqp.StreamReader;
import io.polymq.amqp.model.AmqpQueue;
import io.polymq.amqp.v1.filter.Filters;
import io.polymq.amqp.v1.frame.Condition;
import io.polymq.amqp.v1.frame.ErrorInfo;
import io.polymq.amqp.v1.message.MessageCodec;
import io.polymq.amqp.v1.type.Unsigned;
import io.polymq.core.queue.QueuedMessage;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Reads a stream, which keeps whatever becomes of a delivery. Connection zone; filters are applied
 * where pages are decoded.
 */
final class StreamFeed implements Feed, StreamReader.Reader {

    /** Tells receivers where in the stream a message is. */
    static final DeliveryWriter.Annotator OFFSETS =
            message -> Map.of("x-stream-offset", Unsigned.ofLong(message.offset()));

    private final OutgoingLink link;
    private final AmqpQueue queue;
    private final AmqpQueue.Consumer listed;
    private final StreamReader reader;
    private final ArrayDeque<QueuedMessage> back = new ArrayDeque<>();
    private int credit;
    private @Nullable IntConsumer drained;
    private boolean ended;

    StreamFeed(
            OutgoingLink link,
            AmqpQueue queue,
            AmqpQueue.Consumer listed,
            int partition,
            StreamOffset from,
            Filters filters) {
        this.link = link;
        this.queue = queue;
        this.listed = listed;
        V1Connection connection = link.session().connection();
        MessageCodec codec = new MessageCodec(connection.broker().v1Codec());
        this.reader =
                new StreamReader(
                        connection.broker(),
                        connection.network(),
                        queue,
                        partition,
                        from,
                        filters.looksAtMessages()
                                ? message -> filters.matches(codec.sections(message))
                                : message -> true,
                        this);
    }

    @Override
    public void begin() {
        reader.begin();
    }

    @Override
    public void credit(int more) {
        credit += more;
        work();
    }

    @Override
    public void drain(IntConsumer then) {
        drained = then;
        work();
    }

    private void work() {
        List<QueuedMessage> found = new ArrayList<>();
        while (!ended && credit > 0 && !back.isEmpty()) {
            credit--;
            found.add(back.remove());
        }
        while (!ended && credit > 0) {
            StreamReader.Read read = reader.poll();
            if (read == null) {
                break;
            }
            credit--;
            found.add(new QueuedMessage(read.offset(), read.message(), 1, false, read.timestamp()));
        }
        boolean isWanting = !ended && credit > 0;
        if (isWanting) {
            reader.read();
        }
        if (!found.isEmpty()) {
            // behind whoever asks, which counts what it has asked for first
            link.session().connection().network().loop().execute(() -> link.arrived(found));
        }
        IntConsumer then = drained;
        if (then != null && (ended || credit == 0 || reader.isAtEnd())) {
            drained = null;
            int left = credit;
            credit = 0;
            link.session().connection().network().loop().execute(() -> then.accept(left));
        }
    }

    @Override
    public void readable() {
        work();
    }

    @Override
    public void gone() {
        link.fail(
                ErrorInfo.of(
                        Condition.RESOURCE_DELETED, "stream '" + queue.name() + "' was deleted"));
    }

    @Override
    public void broken(Throwable why) {
        link.fail(Conditions.of(why));
    }

    @Override
    public void takeBack(QueuedMessage message) {
        back.addFirst(message);
    }

    @Override
    public void close() {
        if (!ended) {
            ended = true;
            reader.stop();
            queue.end(listed);
        }
    }
}
