package io.polymq.storage;

import java.util.concurrent.Callable;
import java.util.concurrent.locks.LockSupport;

/** Waits for a condition that other threads bring about. */
final class Await {

    private static final long PATIENCE_NANOS = 20_000_000_000L;

    private Await() {}

    /** What the storage's threads are doing, for the one who looks for the reason. */
    private static String threads() {
        StringBuilder text = new StringBuilder();
        Thread.getAllStackTraces()
                .forEach(
                        (thread, frames) -> {
                            if (thread.getName().startsWith("polymq")) {
                                text.append('\n').append(thread.getName());
                                for (StackTraceElement frame : frames) {
                                    if (frame.getClassName().startsWith("io.polymq")) {
                                        text.append("\n    ").append(frame);
                                    }
                                }
                            }
                        });
        return text.toString();
    }

    static void until(Callable<Boolean> condition) throws Exception {
        long deadline = System.nanoTime() + PATIENCE_NANOS;
        while (!condition.call()) {
            if (System.nanoTime() > deadline) {
                throw new AssertionError("the condition did not come true in 20 s" + threads());
            }
            LockSupport.parkNanos(200_000);
        }
    }
}
