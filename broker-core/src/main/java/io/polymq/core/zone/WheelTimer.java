package io.polymq.core.zone;

import org.jspecify.annotations.Nullable;

/**
 * Something that is due at a time; lives in at most one place of one {@link TimerWheel}. Extended
 * by what is timed, so that a timer costs no object of its own. Shard zone.
 */
public abstract class WheelTimer {

    @Nullable WheelTimer next;
    @Nullable WheelTimer previous;
    long due;

    /** The slot that it hangs in, -1 when it is not armed. */
    int slot = -1;

    /** The time has come; the timer is no longer armed and may be armed again. */
    protected abstract void fire();

    public final boolean isArmed() {
        return slot >= 0;
    }

    /** When it is due, in the wheel's milliseconds; of no meaning when it is not armed. */
    public final long due() {
        return due;
    }
}
