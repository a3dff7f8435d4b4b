package io.polymq.nats.jetstream.stream;

import io.polymq.core.zone.ShardZone;
import io.polymq.core.zone.WheelTimer;

/** An action that is due at a time; armed anew each time. Shard zone. */
public final class Timer extends WheelTimer {

    private static final long LONGEST = 24L * 3600 * 1000;

    private final ShardZone zone;
    private final Runnable action;

    public Timer(ShardZone zone, Runnable action) {
        this.zone = zone;
        this.action = action;
    }

    @Override
    protected void fire() {
        action.run();
    }

    /** Later than a day is looked at again after a day. */
    public void in(long millis) {
        zone.arm(this, Math.min(LONGEST, Math.max(0, millis)));
    }

    /** No later than so long from now. */
    public void within(long millis) {
        if (!isArmed() || due() > zone.elapsed() + Math.max(0, millis)) {
            in(millis);
        }
    }

    public void stop() {
        zone.disarm(this);
    }
}
