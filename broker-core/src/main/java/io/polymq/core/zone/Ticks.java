package io.polymq.core.zone;

import java.time.InstantSource;
import java.util.function.LongSupplier;

/**
 * The two clocks of a zone. Any thread.
 *
 * @param wall the time of day, for what is stored
 * @param nanos a clock that never jumps, for how long something takes
 */
public record Ticks(InstantSource wall, LongSupplier nanos) {

    public static final Ticks SYSTEM = new Ticks(InstantSource.system(), System::nanoTime);

    /** Milliseconds since 1970. */
    public long now() {
        return wall.millis();
    }

    /** Milliseconds of the clock that never jumps. */
    public long elapsed() {
        return Math.floorDiv(nanos.getAsLong(), 1_000_000L);
    }
}
