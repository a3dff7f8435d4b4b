package io.polymq.storage;

import java.time.InstantSource;
import java.util.function.LongSupplier;

/**
 * The wall clock, checked against the monotonic one: a jump of more than a minute between two ticks
 * is believed only when it lasts until the next tick. Not for several threads.
 */
final class SaneClock {

    private static final long TOLERANCE_MILLIS = 60_000;

    private final InstantSource wall;
    private final LongSupplier nanos;
    private long lastWall;
    private long lastNanos;

    SaneClock(InstantSource wall, LongSupplier nanos) {
        this.wall = wall;
        this.nanos = nanos;
        lastWall = wall.millis();
        lastNanos = nanos.getAsLong();
    }

    /** Whether the clock has gone on as a clock should since the last tick. */
    boolean tick() {
        long now = wall.millis();
        long nanosNow = nanos.getAsLong();
        long jump = now - lastWall - (nanosNow - lastNanos) / 1_000_000;
        lastWall = now;
        lastNanos = nanosNow;
        return Math.abs(jump) <= TOLERANCE_MILLIS;
    }

    /** As of the last tick. */
    long millis() {
        return lastWall;
    }
}
