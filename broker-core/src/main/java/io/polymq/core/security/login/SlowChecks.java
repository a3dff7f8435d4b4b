package io.polymq.core.security.login;

import io.polymq.core.security.Security.Reason;
import io.polymq.core.security.login.Authenticator.Verdict;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs checks that take long on virtual threads: so many at once, so many waiting, and none waits
 * or runs longer than a time. What exceeds that is refused as unavailable. Shared.
 */
public final class SlowChecks implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(SlowChecks.class);

    private final String name;
    private final Semaphore running;
    private final Semaphore admitted;
    private final Duration within;
    private final ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor();

    public SlowChecks(String name, int atOnce, int waiting, Duration within) {
        this.name = name;
        this.running = new Semaphore(atOnce, true);
        this.admitted = new Semaphore(atOnce + waiting);
        this.within = within;
    }

    public CompletionStage<Verdict> run(Callable<Verdict> check) {
        CompletableFuture<Verdict> verdict = new CompletableFuture<>();
        if (!admitted.tryAcquire()) {
            return CompletableFuture.completedFuture(unavailable("too many logins are waiting"));
        }
        executor.execute(
                () -> {
                    try {
                        verdict.complete(waitAndRun(check));
                    } finally {
                        admitted.release();
                    }
                });
        return verdict.completeOnTimeout(
                unavailable("no answer in time"), within.toMillis(), TimeUnit.MILLISECONDS);
    }

    private Verdict waitAndRun(Callable<Verdict> check) {
        try {
            if (!running.tryAcquire(within.toMillis(), TimeUnit.MILLISECONDS)) {
                return unavailable("too many logins at once");
            }
            try {
                return check.call();
            } finally {
                running.release();
            }
        } catch (InterruptedException e) {
            return unavailable("the broker is shutting down");
        } catch (Exception e) {
            LOG.atWarn()
                    .addKeyValue("authenticator", name)
                    .addKeyValue("reason", e.toString())
                    .log("a login could not be checked");
            LOG.atDebug().setCause(e).log("a login could not be checked");
            return unavailable("it could not be checked");
        }
    }

    private Verdict unavailable(String why) {
        return new Verdict.Refuse(Reason.UNAVAILABLE, name + ": " + why);
    }

    @Override
    public void close() {
        executor.shutdownNow();
    }
}
