package io.polymq.storage;

import java.util.concurrent.Callable;
import java.util.concurrent.locks.LockSupport;

/** Waits for a condition that other threads bring about. */
final class Await {

    private static final long PATIENCE_NANOS = 20_000_000_000L;

    private Await() {}

    static void until(Callable<Boolean> condition) throws Exception {
        long deadline = System.nanoTime() + PATIENCE_NANOS;
        while (!condition.call()) {
            if (System.nanoTime() > deadline) {
                throw new AssertionError("the condition did not come true in 20 s");
            }
            LockSupport.parkNanos(1_000_000);
        }
    }
}
