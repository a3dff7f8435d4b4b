package io.polymq.amqp;

import io.netty.channel.EventLoop;
import io.polymq.amqp.management.ClientList;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;

/** Every connection that is open, for lists. Any thread; each speaks for itself on its loop. */
public final class Clients implements ClientList {

    private final Set<Member> open = ConcurrentHashMap.newKeySet();

    /** A connection of any dialect. */
    public interface Member {

        EventLoop eventLoop();

        /** On its loop; null when it is not open. */
        @Nullable Client listed();
    }

    public void add(Member connection) {
        open.add(connection);
    }

    public void remove(Member connection) {
        open.remove(connection);
    }

    @Override
    public CompletableFuture<List<Client>> clients() {
        List<CompletableFuture<@Nullable Client>> asked = new ArrayList<>();
        for (Member connection : open) {
            CompletableFuture<@Nullable Client> answer = new CompletableFuture<>();
            try {
                connection.eventLoop().execute(() -> answer.complete(connection.listed()));
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
