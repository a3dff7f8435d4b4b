package io.polymq.mq9;

import io.polymq.core.zone.WheelTimer;
import java.util.Set;
import java.util.function.Consumer;

/** A time for which mails belong to whoever fetched them. Shard zone. */
final class Lease extends WheelTimer {

    private final Set<Long> ids;
    private final Consumer<Lease> over;

    Lease(Set<Long> ids, Consumer<Lease> over) {
        this.ids = ids;
        this.over = over;
    }

    Set<Long> ids() {
        return ids;
    }

    @Override
    protected void fire() {
        over.accept(this);
    }
}
