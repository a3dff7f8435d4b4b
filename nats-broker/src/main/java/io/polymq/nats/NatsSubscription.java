package io.polymq.nats;

import io.netty.buffer.ByteBuf;
import io.polymq.codec.nats.NatsWriter;
import io.polymq.core.message.Message;
import io.polymq.core.router.Router;
import io.polymq.core.router.Sink;
import io.polymq.core.subject.Dialect;
import io.polymq.core.subject.Filter;
import io.polymq.core.subject.Subject;
import io.polymq.network.Outbox;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * One SUB of one connection. Publishers call {@link #deliver} on their own threads, the
 * connection's loop among them, which takes no lock of the outbox: each delivery takes its number
 * first, so that UNSUB's maximum is exact. Everything else belongs to the connection's loop.
 */
final class NatsSubscription implements Sink {

    private static final byte[] MSG = "MSG ".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] HMSG = "HMSG ".getBytes(StandardCharsets.US_ASCII);

    private final NatsConnection connection;
    private final Filter filter;
    private final String sid;
    private final @Nullable String queue;
    private final byte[] spacedSid;
    private final byte @Nullable [] prefix;
    private final byte @Nullable [] headerPrefix;
    private volatile @Nullable Filter[] denied;
    private final @Nullable OpenReplies replies;
    private volatile boolean closed;
    private Router.@Nullable Subscription registration;
    private final AtomicLong delivered = new AtomicLong();
    private volatile long max;

    NatsSubscription(
            NatsConnection connection,
            Filter filter,
            byte[] sid,
            @Nullable String queue,
            @Nullable Filter[] denied) {
        this.connection = connection;
        this.filter = filter;
        this.sid = new String(sid, StandardCharsets.ISO_8859_1);
        this.queue = queue;
        this.denied = denied;
        this.replies = connection.rights().replies();
        this.spacedSid = new byte[sid.length + 2];
        spacedSid[0] = ' ';
        System.arraycopy(sid, 0, spacedSid, 1, sid.length);
        spacedSid[sid.length + 1] = ' ';
        Subject exact = filter.subject();
        prefix = exact == null ? null : NatsWriter.prefix(false, exact.dotted(), sid);
        headerPrefix = exact == null ? null : NatsWriter.prefix(true, exact.dotted(), sid);
    }

    Filter filter() {
        return filter;
    }

    String sid() {
        return sid;
    }

    @Nullable String queue() {
        return queue;
    }

    long delivered() {
        long limit = max;
        return limit > 0 ? Math.min(limit, delivered.get()) : delivered.get();
    }

    long max() {
        return max;
    }

    void registered(Router.Subscription subscription) {
        registration = subscription;
    }

    @Override
    public long owner() {
        return connection.id();
    }

    @Override
    public boolean deliver(Message message) {
        if (closed || message.publisher() == connection.id() && !connection.echoes()) {
            return false;
        }
        Subject subject = message.shown();
        boolean asSubscribed = subject == message.subject();
        if (isDenied(message.subject())
                || !message.isNativeTo(NatsHeaderCodec.INSTANCE)
                        && !Dialect.NATS.canSpell(subject)) {
            return false;
        }
        NatsWire wire = NatsWire.of(message);
        Outbox outbox = connection.outbox();
        boolean last;
        if (wire.withHeaders() && !connection.takesHeaders()) {
            byte[] plain = wire.plainTail(message);
            last =
                    write(
                            outbox,
                            subject,
                            asSubscribed ? prefix : null,
                            MSG,
                            plain,
                            0,
                            plain.length,
                            message);
        } else if (wire.withHeaders()) {
            last =
                    write(
                            outbox,
                            subject,
                            asSubscribed ? headerPrefix : null,
                            HMSG,
                            wire.tail(),
                            wire.tailOffset(),
                            wire.tailLength(),
                            message);
        } else {
            last =
                    write(
                            outbox,
                            subject,
                            asSubscribed ? prefix : null,
                            MSG,
                            wire.tail(),
                            wire.tailOffset(),
                            wire.tailLength(),
                            message);
        }
        if (outbox.isCongested()) {
            wire.congested(outbox);
        }
        if (replies != null) {
            openReply(message);
        }
        if (last) {
            close();
            connection.forgetLater(this);
        }
        return true;
    }

    /** Whether this was the last delivery that UNSUB allowed. */
    private boolean write(
            Outbox outbox,
            Subject subject,
            byte @Nullable [] ready,
            byte[] verb,
            byte[] tail,
            int offset,
            int length,
            Message message) {
        long number = delivered.incrementAndGet();
        long limit = max;
        if (limit > 0 && number > limit) {
            return true;
        }
        int head = ready != null ? ready.length : verb.length + subject.length() + spacedSid.length;
        ByteBuf out = outbox.begin(head + length);
        try {
            connection.delivered().count(message.payloadLength());
            if (ready != null) {
                out.writeBytes(ready);
            } else {
                out.writeBytes(verb).writeBytes(subject.dotted()).writeBytes(spacedSid);
            }
            out.writeBytes(tail, offset, length);
            return limit > 0 && number >= limit;
        } finally {
            outbox.end();
        }
    }

    private void openReply(Message message) {
        Subject reply = message.answerTo();
        if (reply != null && replies != null) {
            replies.open(reply);
        }
    }

    private boolean isDenied(Subject subject) {
        for (Filter deny : denied) {
            if (deny != null && deny.matches(subject)) {
                return true;
            }
        }
        return false;
    }

    /**
     * Ends the subscription after so many deliveries since it began.
     *
     * @return whether that many have been made already
     */
    boolean limit(int deliveries) {
        max = deliveries;
        return delivered.get() >= deliveries;
    }

    /** Other rights hold for it from now on. */
    void denied(@Nullable Filter[] now) {
        denied = now;
    }

    /** Any thread. */
    void close() {
        closed = true;
        Router.Subscription subscription = registration;
        if (subscription != null) {
            subscription.close();
        }
    }
}
