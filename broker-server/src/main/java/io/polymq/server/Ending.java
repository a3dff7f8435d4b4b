package io.polymq.server;

import io.polymq.network.Shutdown;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/** Has parts that end by blocking end on a thread of their own. */
final class Ending {
    private Ending() {}

    static void on(Shutdown shutdown, Shutdown.Phase phase, String name, AutoCloseable part) {
        shutdown.subscribe(
                phase,
                name,
                within ->
                        CompletableFuture.runAsync(
                                () -> close(part), task -> new Thread(task, name).start()));
    }

    private static void close(AutoCloseable part) {
        try {
            part.close();
        } catch (Exception failed) {
            throw new CompletionException(failed);
        }
    }
}
