package io.polymq.amqp.v1;

import io.polymq.amqp.model.AmqpQueue;
import io.polymq.amqp.v1.filter.Filters;
import io.polymq.amqp.v1.frame.Condition;
import io.polymq.amqp.v1.frame.ErrorInfo;
import io.polymq.amqp.v1.message.MessageCodec;
import io.polymq.core.queue.QueuedMessage;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Shows what is in a queue, from the front on, and takes nothing: distribution mode {@code copy}.
 * At the end it looks again now and then, as long as there is credit. Connection zone; pages are
 * read in the queue's shard zone.
 */
final class BrowseFeed implements Feed {

    private static final int FIRST_PAGE = 4;
    private static final int MOST_PAGE = 256;
    private static final int PAGE_BYTES = 1 << 20;
    private static final long AGAIN_MILLIS = 500;

    private final OutgoingLink link;
    private final V1Connection connection;
    private final AmqpQueue queue;
    private final Filters filters;
    private final MessageCodec codec;

    /** How far apart the offsets of neighbours are; see {@link QueuedMessage#offset}. */
    private final int step;

    private final ArrayDeque<QueuedMessage> found = new ArrayDeque<>();
    private int page = FIRST_PAGE;
    private long next;
    private int credit;
    private boolean reading;
    private boolean atEnd;
    private boolean waiting;
    private boolean ended;
    private @Nullable IntConsumer drained;

    BrowseFeed(OutgoingLink link, AmqpQueue queue, Filters filters) {
        this.link = link;
        this.connection = link.session().connection();
        this.queue = queue;
        this.filters = filters;
        this.codec = new MessageCodec(connection.broker().v1Codec());
        this.step = queue.queue().spec().priorities() == 0 ? 1 : 1 << 8;
    }

    @Override
    public void begin() {
        // the first credit begins
    }

    @Override
    public void credit(int more) {
        credit += more;
        atEnd = false;
        work();
    }

    @Override
    public void drain(IntConsumer then) {
        drained = then;
        atEnd = false;
        work();
    }

    private void work() {
        List<QueuedMessage> shown = new ArrayList<>();
        while (!ended && credit > 0 && !found.isEmpty()) {
            credit--;
            shown.add(found.remove());
        }
        if (!shown.isEmpty()) {
            // behind whoever asks, which counts what it has asked for first
            connection.network().loop().execute(() -> link.arrived(shown));
        }
        boolean isWanting = !ended && credit > 0;
        if (isWanting && !atEnd) {
            read();
            return;
        }
        IntConsumer then = drained;
        if (then != null) {
            drained = null;
            int left = credit;
            credit = 0;
            connection.network().loop().execute(() -> then.accept(left));
        } else if (isWanting && !waiting) {
            waiting = true;
            connection
                    .network()
                    .loop()
                    .schedule(this::lookAgain, AGAIN_MILLIS, TimeUnit.MILLISECONDS);
        }
    }

    private void lookAgain() {
        waiting = false;
        atEnd = false;
        work();
    }

    private void read() {
        if (reading) {
            return;
        }
        if (queue.isDeleted()) {
            link.fail(
                    ErrorInfo.of(
                            Condition.RESOURCE_DELETED,
                            "queue '" + queue.name() + "' was deleted"));
            return;
        }
        reading = true;
        queue.queue()
                .browse(next, page)
                .whenComplete(
                        (messages, failure) ->
                                connection
                                        .network()
                                        .loop()
                                        .execute(() -> arrived(messages, failure)));
    }

    private void arrived(@Nullable List<QueuedMessage> messages, @Nullable Throwable failure) {
        reading = false;
        if (ended) {
            return;
        }
        if (messages == null) {
            link.fail(
                    Conditions.of(
                            failure == null ? new IllegalStateException("no page") : failure));
            return;
        }
        atEnd = messages.size() < page;
        long bytes = 0;
        long now = connection.broker().clock().millis();
        for (QueuedMessage one : messages) {
            bytes += one.message().size();
            long expires = one.message().expiresAt(one.enqueuedAt());
            boolean isThere = expires < 0 || expires > now;
            if (isThere && wants(one)) {
                found.add(one);
            }
        }
        if (!messages.isEmpty()) {
            next = messages.getLast().offset() + step;
        }
        page =
                bytes > PAGE_BYTES
                        ? Math.max(1, page / 2)
                        : bytes < PAGE_BYTES / 2 ? Math.min(MOST_PAGE, page * 2) : page;
        work();
    }

    private boolean wants(QueuedMessage one) {
        return !(filters.noLocal() && one.message().publisher() == connection.id())
                && (!filters.looksAtMessages() || filters.matches(codec.sections(one.message())));
    }

    @Override
    public void takeBack(QueuedMessage message) {
        found.addFirst(message);
    }

    @Override
    public void close() {
        ended = true;
        found.clear();
    }
}
