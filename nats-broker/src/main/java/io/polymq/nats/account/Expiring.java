package io.polymq.nats.account;

import io.polymq.core.message.Message;
import io.polymq.core.router.Sink;
import java.time.InstantSource;

/**
 * An import whose activation ends by itself: from then on nothing passes. Shared, immutable.
 *
 * @param until seconds since 1970
 */
record Expiring(Sink sink, long until, InstantSource clock) implements Sink {

    @Override
    public boolean deliver(Message message) {
        return clock.instant().getEpochSecond() < until && sink.deliver(message);
    }
}
