package io.polymq.core.trace;

import io.polymq.core.message.Message;
import org.jspecify.annotations.Nullable;

/** The tracer of a broker that traces nothing. Any thread. */
final class Nothing implements MessageTracer {

    @Override
    public boolean isOn() {
        return false;
    }

    @Override
    public @Nullable Step published(String tenant, Message message) {
        return null;
    }

    @Override
    public void delivered(String tenant, Message message, Receiver receiver) {
        // Nobody follows it.
    }
}
