package io.polymq.amqp;

import io.polymq.amqp.management.ClientList;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * Every connection of 0-9-1 that is open, for lists. Any thread; each speaks for itself on its
 * loop.
 */
final class Clients implements ClientList {

    private final Set<AmqpConnection> open = ConcurrentHashMap.newKeySet();

    void add(AmqpConnection connection) {
        open.add(connection);
    }

    void remove(AmqpConnection connection) {
        open.remove(connection);
    }

    @Override
    public CompletableFuture<List<Client>> clients() {
        List<CompletableFuture<@Nullable Client>> asked = new ArrayList<>();
        for (AmqpConnection connection : open) {
            CompletableFuture<@Nullable Client> answer = new CompletableFuture<>();
            try {
                connection
                        .network()
                        .loop()
                        .execute(
                                () ->
                                        answer.complete(
                                                connection.isOpen() ? connection.listed() : null));
                asked.add(answer);
            } catch (RejectedExecutionException ended) {
                // its loop has ended, and it with it
            }
        }
        return CompletableFuture.allOf(asked.toArray(CompletableFuture<?>[]::new))
                .thenApply(
                        done ->
                                asked.stream()
                                        .map(CompletableFuture::join)
                                        .filter(Objects::nonNull)
                                        .toList());
    }
}
