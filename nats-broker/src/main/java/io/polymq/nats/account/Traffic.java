package io.polymq.nats.account;

import java.util.concurrent.atomic.AtomicLong;

/** Messages and bytes both ways, and slow consumers; added to when a connection ends. Shared. */
public final class Traffic {

    private final AtomicLong inMessages = new AtomicLong();
    private final AtomicLong inBytes = new AtomicLong();
    private final AtomicLong outMessages = new AtomicLong();
    private final AtomicLong outBytes = new AtomicLong();
    private final AtomicLong slowConsumers = new AtomicLong();

    /** A moment's sums. */
    public record Sums(
            long inMessages, long inBytes, long outMessages, long outBytes, long slowConsumers) {

        public static final Sums NONE = new Sums(0, 0, 0, 0, 0);

        public Sums plus(Sums other) {
            return new Sums(
                    inMessages + other.inMessages,
                    inBytes + other.inBytes,
                    outMessages + other.outMessages,
                    outBytes + other.outBytes,
                    slowConsumers + other.slowConsumers);
        }
    }

    public void add(Sums sums) {
        inMessages.addAndGet(sums.inMessages());
        inBytes.addAndGet(sums.inBytes());
        outMessages.addAndGet(sums.outMessages());
        outBytes.addAndGet(sums.outBytes());
        slowConsumers.addAndGet(sums.slowConsumers());
    }

    public Sums sums() {
        return new Sums(
                inMessages.get(),
                inBytes.get(),
                outMessages.get(),
                outBytes.get(),
                slowConsumers.get());
    }
}
