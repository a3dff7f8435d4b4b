package io.polymq.storage;

import io.polymq.config.StorageConfig;
import java.io.Closeable;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.function.LongSupplier;

/**
 * What the log driver is made of; tests put their own device and rows in.
 *
 * @param lock held as long as the store is open
 * @param nanos the monotonic clock
 */
record LogSetup(
        Path folder,
        StorageConfig config,
        Disk disk,
        OrderedStore rows,
        SpaceGuard space,
        InstantSource clock,
        LongSupplier nanos,
        StorageMetrics metrics,
        Closeable lock) {}
