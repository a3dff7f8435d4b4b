package io.polymq.core.service;

import io.polymq.core.zone.WheelTimer;

/** A message that is to come: its place in the shard and its time, not its content. Shard zone. */
final class PendingMessage extends WheelTimer {

    private final DelayedStore store;
    final long id;
    final long at;
    boolean firing;

    PendingMessage(DelayedStore store, long id, long at) {
        this.store = store;
        this.id = id;
        this.at = at;
    }

    @Override
    protected void fire() {
        store.due(this);
    }
}
