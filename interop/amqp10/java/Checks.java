import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/** Counts what works: one line for each check, read by `run`. */
final class Checks {

    interface Check {
        void run() throws Exception;
    }

    private final String client;
    private int failed;

    Checks(String client) {
        this.client = client;
    }

    void check(String name, Check check) {
        try {
            check.run();
            System.out.println("ok      " + client + ": " + name);
        } catch (Throwable failure) {
            failed++;
            System.out.println("FAILED  " + client + ": " + name + ": " + failure);
            for (StackTraceElement at : failure.getStackTrace()) {
                if (at.getClassName().endsWith("Round")) {
                    System.out.println("        at " + at);
                }
            }
        }
    }

    void end() {
        System.out.flush();
        System.exit(failed == 0 ? 0 : 1);
    }

    static void same(Object wanted, Object found) {
        if (!java.util.Objects.deepEquals(wanted, found)) {
            throw new AssertionError("wanted " + wanted + " but found " + found);
        }
    }

    static void that(boolean condition, String what) {
        if (!condition) {
            throw new AssertionError(what);
        }
    }

    static void soon(BooleanSupplier condition, String what) throws InterruptedException {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
        while (!condition.getAsBoolean()) {
            that(System.nanoTime() < end, what);
            Thread.sleep(20);
        }
    }

    static void fails(Class<? extends Exception> with, Callable<?> action) throws Exception {
        try {
            action.call();
        } catch (Exception expected) {
            if (with.isInstance(expected)) {
                return;
            }
            throw expected;
        }
        throw new AssertionError("there was no " + with.getSimpleName());
    }
}
