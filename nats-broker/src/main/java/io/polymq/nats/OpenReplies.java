package io.polymq.nats;

import io.polymq.core.subject.Subject;
import io.polymq.nats.options.PermissionOptions;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongSupplier;

/**
 * The reply subjects of messages that a client was sent, which it may answer so often and so long
 * although nothing else allows it. Bounded. Shared: publishers open, the client's loop answers.
 */
final class OpenReplies {

    private static final int MOST = 65_536;

    private record Opened(long since, AtomicInteger answers) {}

    private final Map<Subject, Opened> opened = new ConcurrentHashMap<>();
    private final int max;
    private final long nanos;
    private final LongSupplier clock;

    OpenReplies(PermissionOptions.ResponseOptions options, LongSupplier clock) {
        this.max = options.max();
        this.nanos = options.expires().isNegative() ? Long.MAX_VALUE : options.expires().toNanos();
        this.clock = clock;
    }

    void open(Subject reply) {
        if (opened.size() >= MOST) {
            sweep();
            if (opened.size() >= MOST) {
                return;
            }
        }
        opened.put(reply, new Opened(clock.getAsLong(), new AtomicInteger()));
    }

    /** Whether the subject may be answered once more. */
    boolean answer(Subject subject) {
        Opened one = opened.get(subject);
        if (one == null) {
            return false;
        }
        boolean late = clock.getAsLong() - one.since() > nanos;
        if (late || max > 0 && one.answers().incrementAndGet() > max) {
            opened.remove(subject);
            return false;
        }
        return true;
    }

    private void sweep() {
        long now = clock.getAsLong();
        opened.values().removeIf(one -> now - one.since() > nanos);
    }
}
