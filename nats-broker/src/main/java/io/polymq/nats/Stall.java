package io.polymq.nats;

import io.polymq.network.Connection;
import io.polymq.network.Outbox;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * A publisher's pause behind a congested receiver: until that one has drained, but never longer
 * than a moment, so that one slow receiver does not hold up the publisher's other subjects.
 */
final class Stall {

    private static final long LONGEST_MILLIS = 10;

    private final Connection publisher;
    private final AtomicBoolean over = new AtomicBoolean();

    private Stall(Connection publisher) {
        this.publisher = publisher;
    }

    /** The publisher's reading must have been paused; it is resumed once. */
    static void until(Outbox receiver, Connection publisher) {
        Stall stall = new Stall(publisher);
        receiver.whenWritable(stall::end);
        publisher.loop().schedule(stall::end, LONGEST_MILLIS, TimeUnit.MILLISECONDS);
    }

    private void end() {
        if (over.compareAndSet(false, true)) {
            publisher.resumeReading();
        }
    }
}
