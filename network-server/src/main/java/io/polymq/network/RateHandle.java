package io.polymq.network;

import io.polymq.config.RateConfig;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * A logged-in connection's rate buckets, found once and again when the limits were reloaded; null
 * where its level has no limit. Connection zone; the buckets are shared.
 */
final class RateHandle {

    final Login login;
    RateConfig tenantRate = RateConfig.UNLIMITED;
    @Nullable Buckets tenant;
    @Nullable Buckets user;
    @Nullable Buckets client;
    long generation;

    RateHandle(Login login) {
        this.login = login;
    }

    /** The buckets of one tenant, user or client, and how many connections use them. */
    static final class Buckets {

        final TokenBucket connections;
        final TokenBucket messages;
        final TokenBucket bytes;
        final AtomicInteger users = new AtomicInteger();

        Buckets(long now) {
            connections = new TokenBucket(now);
            messages = new TokenBucket(now);
            bytes = new TokenBucket(now);
        }

        boolean isIdle(long now) {
            return users.get() == 0
                    && connections.isFull(now)
                    && messages.isFull(now)
                    && bytes.isFull(now);
        }
    }
}
