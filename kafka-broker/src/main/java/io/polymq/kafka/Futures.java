package io.polymq.kafka;

import java.util.Collection;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/** What answers that wait for several results share. */
public final class Futures {

    private Futures() {}

    /** Runs the action once all have ended; those that fail have to be handled before. */
    public static void whenAll(
            Exchange exchange, Collection<? extends CompletableFuture<?>> all, Runnable action) {
        CompletableFuture.allOf(all.toArray(CompletableFuture[]::new))
                .whenComplete(
                        (_, failure) -> {
                            if (failure != null) {
                                exchange.fail(cause(failure));
                            } else {
                                action.run();
                            }
                        });
    }

    public static Throwable cause(Throwable failure) {
        Throwable cause = failure.getCause();
        return failure instanceof CompletionException && cause != null ? cause : failure;
    }
}
