package io.polymq.amqp;

import java.util.concurrent.atomic.AtomicInteger;

/**
 * The limit of unacknowledged deliveries over all consumers of a channel ({@code basic.qos} with
 * global). Any thread.
 */
final class ChannelLimit {

    private final AtomicInteger used = new AtomicInteger();
    private volatile int most;

    /** 0 for no limit. */
    void set(int deliveries) {
        most = deliveries;
    }

    int most() {
        return most;
    }

    boolean isSet() {
        return most > 0;
    }

    /** Whether one more may be delivered; counts it. */
    boolean take() {
        int limit = most;
        if (limit <= 0) {
            used.incrementAndGet();
            return true;
        }
        return used.getAndUpdate(now -> now < limit ? now + 1 : now) < limit;
    }

    /** Whether nothing more may be delivered, not even what needs no acknowledgement. */
    boolean isReached() {
        int limit = most;
        return limit > 0 && used.get() >= limit;
    }

    void giveBack(int deliveries) {
        used.addAndGet(-deliveries);
    }
}
