package io.polymq.core.queue;

import io.polymq.core.message.Receipt;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * That something which takes messages is deleted. What was routed to it before and comes now goes
 * nowhere, as if it was published a little later; who waits for that is told when no crash can
 * bring back what was deleted, without the message. Any thread.
 */
final class Deletion {

    private final CompletableFuture<Void> gone = new CompletableFuture<>();

    /**
     * @param ended when nothing more is written to it
     * @param remains deletes what is stored of it
     */
    CompletableFuture<Void> finish(
            CompletableFuture<Void> ended, Supplier<CompletableFuture<Void>> remains) {
        ended.thenCompose(done -> remains.get())
                .whenComplete(
                        (done, failure) -> {
                            if (failure == null) {
                                gone.complete(null);
                            } else {
                                gone.completeExceptionally(failure);
                            }
                        });
        return gone;
    }

    /** A message that came too late. */
    void drop(@Nullable Receipt receipt) {
        if (receipt != null) {
            gone.whenComplete((done, failure) -> receipt.done(failure));
        }
    }
}
