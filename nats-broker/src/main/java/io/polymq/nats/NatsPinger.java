package io.polymq.nats;

/**
 * Tells when a silent client is to be asked whether it is still there, and when to give it up.
 * Connection zone.
 */
final class NatsPinger {

    /** What is to be done now. */
    enum Due {
        NOTHING,
        PING,
        STALE,
        LOGIN_TIMEOUT
    }

    private final long intervalNanos;
    private final long authNanos;
    private final int maxOut;
    private final long openedAt;
    private long heardAt;
    private long askedAt;
    private int out;

    NatsPinger(NatsSettings settings, long now) {
        intervalNanos = settings.pingInterval().toNanos();
        authNanos = settings.authTimeout().toNanos();
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

    void answered() {
        out = 0;
    }

    Due due(long now, boolean awaitingLogin) {
        if (awaitingLogin && now - openedAt >= authNanos) {
            return Due.LOGIN_TIMEOUT;
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
