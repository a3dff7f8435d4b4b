package io.polymq.nats.account;

import io.polymq.core.message.Message;
import io.polymq.core.router.Sink;
import io.polymq.core.subject.Subject;
import io.polymq.nats.options.AccountOptions;
import io.polymq.nats.options.AccountOptions.ResponseType;
import java.security.SecureRandom;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The answers that an exporting account owes: each request gets a reply subject of its own there,
 * and what is published to it is published to the asker. Bounded; forgets what nobody answers in
 * time. Shared.
 */
final class ServiceReplies implements Sink {

    static final String PREFIX = "_R_.";

    private static final int MOST = 100_000;

    private record Expected(
            Account asker,
            Subject reply,
            ResponseType type,
            long until,
            ServiceLatency.@Nullable Measured measured) {}

    private final Crossing crossing;
    private final LongSupplier nanoClock;
    private final String salt;
    private final AtomicLong numbers = new AtomicLong();
    private final Map<Subject, Expected> expected = new ConcurrentHashMap<>();

    ServiceReplies(Crossing crossing, LongSupplier nanoClock, SecureRandom random) {
        this.crossing = crossing;
        this.nanoClock = nanoClock;
        this.salt = Long.toString(random.nextLong() >>> 1, 36);
    }

    /** The reply subject in the exporting account; null when too many are owed. */
    @Nullable Subject expect(
            Account asker,
            Subject reply,
            AccountOptions.Answers answers,
            ServiceLatency.@Nullable Measured measured) {
        if (expected.size() >= MOST) {
            return null;
        }
        Subject own =
                Subject.ofDotted(
                        PREFIX + salt + '.' + Long.toString(numbers.incrementAndGet(), 36));
        expected.put(
                own,
                new Expected(
                        asker,
                        reply,
                        answers.type(),
                        nanoClock.getAsLong() + answers.within().toNanos(),
                        measured));
        return own;
    }

    void forget(Subject own) {
        expected.remove(own);
    }

    @Override
    public boolean deliver(Message message) {
        Expected asked = expected.get(message.subject());
        if (asked == null) {
            return false;
        }
        boolean last = asked.type() == ResponseType.SINGLETON || message.payloadLength() == 0;
        if (last && expected.remove(message.subject()) == null) {
            return false;
        }
        boolean taken =
                crossing.publish(asked.asker().space(), message, asked.reply(), message.replyTo())
                        > 0;
        ServiceLatency.Measured measured = asked.measured();
        if (measured != null && taken) {
            measured.answeredBy(message.publisher());
        } else if (measured != null) {
            measured.failed(408, "Request Timeout");
        }
        return taken;
    }

    /** Forgets what was due before now. */
    void sweep() {
        long now = nanoClock.getAsLong();
        expected.forEach(
                (own, one) -> {
                    if (one.until() - now < 0 && expected.remove(own, one)) {
                        ServiceLatency.Measured measured = one.measured();
                        if (measured != null) {
                            measured.failed(504, "Service Timeout");
                        }
                    }
                });
    }

    int size() {
        return expected.size();
    }
}
