package io.polymq.core.local;

import io.polymq.core.message.KeptMessage;
import io.polymq.core.message.Message;
import io.polymq.core.message.MessageProperties;
import io.polymq.core.queue.Queue.Consumption;
import io.polymq.core.subject.Subject;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * A received message. One from a topic or a queue is settled once: acknowledged, given back or
 * rejected. Any thread.
 */
public final class LocalMessage {

    private final LocalClient client;
    private final KeptMessage kept;
    private final Message view;
    private final @Nullable Consumption consumption;
    private final long offset;
    private final int deliveries;
    private final AtomicBoolean settled = new AtomicBoolean();

    LocalMessage(
            LocalClient client,
            KeptMessage kept,
            @Nullable Consumption consumption,
            long offset,
            int deliveries) {
        this.client = client;
        this.kept = kept;
        this.view = kept.lendTo(new Message());
        this.consumption = consumption;
        this.offset = offset;
        this.deliveries = deliveries;
    }

    /** It has left the buffer: another may come into it. */
    void received() {
        Consumption from = consumption;
        if (from != null) {
            from.credit(1);
        }
    }

    public String subject() {
        return kept.subject().toString();
    }

    /** Not to be written to. */
    public byte[] payload() {
        return kept.payload();
    }

    public String text() {
        return new String(kept.payload(), StandardCharsets.UTF_8);
    }

    public synchronized MessageProperties properties() {
        return view.properties();
    }

    /** The first user header of that name as text; null when there is none. */
    public @Nullable String header(String name) {
        for (MessageProperties.Header header : properties().headers()) {
            byte[] value = header.value();
            if (header.name().equals(name) && value != null) {
                return new String(value, StandardCharsets.UTF_8);
            }
        }
        return null;
    }

    /** Its place in its topic's partition or its queue; -1 for a live one. */
    public long offset() {
        return offset;
    }

    /** How often it was handed out, this time included. */
    public int deliveries() {
        return deliveries;
    }

    /** Publishes an answer to where the message asks for one. */
    public CompletableFuture<Published> reply(byte[] payload) {
        Subject to = view.replyTo();
        String subject = to == null ? properties().replyTo() : to.toString();
        if (subject == null) {
            throw new IllegalStateException("the message asks for no answer");
        }
        return client.publish(Outgoing.of(subject, payload));
    }

    /** Done with it; the future ends when that is safe. */
    public CompletableFuture<Void> ack() {
        Consumption from = settle();
        return from == null
                ? CompletableFuture.completedFuture(null)
                : client.receipt(receipt -> from.ack(offset, receipt));
    }

    /** Not done: it is delivered again at once, to whoever is next. */
    public void nack() {
        nackAfter(Duration.ZERO);
    }

    public void nackAfter(Duration delay) {
        Consumption from = settle();
        if (from != null) {
            from.nack(offset, delay);
        }
    }

    /** Never again: it goes where the dead letters go. */
    public void reject() {
        Consumption from = settle();
        if (from != null) {
            from.reject(offset);
        }
    }

    public boolean isSettled() {
        return settled.get();
    }

    private @Nullable Consumption settle() {
        if (!settled.compareAndSet(false, true)) {
            throw new IllegalStateException("the message is settled already");
        }
        return consumption;
    }
}
