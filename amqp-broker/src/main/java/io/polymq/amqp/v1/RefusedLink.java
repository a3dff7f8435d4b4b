package io.polymq.amqp.v1;

import io.polymq.amqp.v1.frame.Performative;

/**
 * A link that was detached from here: keeps its handle until the client has detached it as well.
 */
record RefusedLink(Session session, String name, long handle, boolean isIncoming) implements Link {

    @Override
    public void flow(Performative.Flow flow) {
        // sent before the client knew
    }

    @Override
    public void detached(boolean forGood) {
        // it is
    }

    @Override
    public void close() {
        // it is
    }
}
