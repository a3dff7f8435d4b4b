package io.polymq.network;

import io.polymq.config.NetworkConfig;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/** What all listeners of a server share. */
record NetworkShared(
        NetworkConfig config,
        ConnectionManager connections,
        GlobalRateLimiter rateLimiter,
        Shutdown shutdown,
        NetworkMetrics metrics,
        FaultLog faults,
        LoopContexts loops,
        Executor fileReaders,
        @Nullable TlsContexts tls) {}
