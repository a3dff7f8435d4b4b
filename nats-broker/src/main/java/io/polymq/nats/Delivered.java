package io.polymq.nats;

import java.util.concurrent.atomic.LongAdder;

/** What one connection was sent; counted and read by any thread. */
final class Delivered {

    private final LongAdder messages = new LongAdder();
    private final LongAdder bytes = new LongAdder();

    void count(int payloadBytes) {
        messages.increment();
        bytes.add(payloadBytes);
    }

    long messages() {
        return messages.sum();
    }

    long bytes() {
        return bytes.sum();
    }
}
