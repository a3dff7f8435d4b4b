package io.polymq.network;

import java.nio.channels.ClosedChannelException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One line for each fault on a connection. Peers can provoke faults as often as they like, so no
 * more than a few lines a second are written; what was left out is counted and said with the next.
 * Stack traces appear at debug only. Shared zone.
 */
final class FaultLog {

    private static final Logger LOG = LoggerFactory.getLogger(FaultLog.class);
    private static final int LINES_PER_SECOND = 10;

    private final LongSupplier nanoClock;
    private final AtomicLong second = new AtomicLong(Long.MIN_VALUE);
    private final AtomicLong lines = new AtomicLong();
    private final AtomicLong leftOut = new AtomicLong();

    FaultLog(LongSupplier nanoClock) {
        this.nanoClock = nanoClock;
    }

    /**
     * A channel that is closed under its users' hands is no news: whoever closed it has said why.
     */
    void theirs(ChannelConnection connection, String what, @Nullable Throwable cause) {
        if (!(cause instanceof ClosedChannelException) && mayWrite()) {
            LOG.atInfo()
                    .addKeyValue("listener", connection.listener())
                    .addKeyValue("protocol", connection.protocol())
                    .addKeyValue("remote", connection.remote())
                    .addKeyValue("cause", cause == null ? "" : cause.getMessage())
                    .addKeyValue("left_out", leftOut.getAndSet(0))
                    .log(what);
        }
        if (cause != null) {
            LOG.debug("{} on {}", what, connection, cause);
        }
    }

    void ours(ChannelConnection connection, RuntimeException failure) {
        if (mayWrite()) {
            LOG.atError()
                    .addKeyValue("listener", connection.listener())
                    .addKeyValue("protocol", connection.protocol())
                    .addKeyValue("remote", connection.remote())
                    .addKeyValue("failure", failure.toString())
                    .addKeyValue("left_out", leftOut.getAndSet(0))
                    .log("internal error, the connection is closed");
        }
        LOG.debug("internal error on {}", connection, failure);
    }

    private boolean mayWrite() {
        long now = TimeUnit.NANOSECONDS.toSeconds(nanoClock.getAsLong());
        if (second.getAndSet(now) != now) {
            lines.set(0);
        }
        if (lines.incrementAndGet() <= LINES_PER_SECOND) {
            return true;
        }
        leftOut.incrementAndGet();
        return false;
    }
}
