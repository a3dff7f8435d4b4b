package io.polymq.nats;

import io.polymq.nats.options.LimitOptions;

/**
 * Tells when a silent client is to be asked whether it is still there, and when to give it up: it
 * does not answer, does not log in, or does not read. Connection zone, but for {@link
 * #roundTripNanos}.
 */
final class NatsPinger {

    /** What is to be done now. */
    enum Due {
        NOTHING,
        PING,
        STALE,
        LOGIN_TIMEOUT,
        WRITE_TIMEOUT
    }

    private static final long NEVER = Long.MIN_VALUE;

    private final long intervalNanos;
    private final long authNanos;
    private final long writeNanos;
    private final int maxOut;
    private final long openedAt;
    private long heardAt;
    private long askedAt;
    private long congestedAt = NEVER;
    private volatile long roundTrip;
    private int out;

    NatsPinger(NatsSettings settings, LimitOptions.Times times, long now) {
        intervalNanos = settings.pingInterval().toNanos();
        authNanos = settings.authTimeout().toNanos();
        writeNanos = times.writeDeadline().toNanos();
        maxOut = settings.maxPingsOut();
        openedAt = now;
        heardAt = now;
        askedAt = now;
    }

    /** Any bytes count as a sign of life. */
    void heard(long now) {
        heardAt = now;
        out = 0;
    }

    void answered(long now) {
        if (askedAt != openedAt) {
            roundTrip = Math.max(1, now - askedAt);
        }
        out = 0;
    }

    /** The outbox went over its high-water mark, or fell below its low one. */
    void congested(boolean begun, long now) {
        congestedAt = begun ? now : NEVER;
    }

    long roundTripNanos() {
        return roundTrip;
    }

    Due due(long now, boolean awaitingLogin) {
        if (awaitingLogin && now - openedAt >= authNanos) {
            return Due.LOGIN_TIMEOUT;
        }
        if (congestedAt != NEVER && now - congestedAt >= writeNanos) {
            return Due.WRITE_TIMEOUT;
        }
        if (now - heardAt < intervalNanos || now - askedAt < intervalNanos) {
            return Due.NOTHING;
        }
        if (out >= maxOut) {
            return Due.STALE;
        }
        out++;
        askedAt = now;
        return Due.PING;
    }
}
