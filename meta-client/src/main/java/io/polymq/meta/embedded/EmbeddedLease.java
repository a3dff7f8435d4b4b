package io.polymq.meta.embedded;

import io.polymq.meta.MetadataStore.Lease;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/**
 * A lease of this process on its own store: it lives until closed, or until the store is. Any
 * thread.
 */
final class EmbeddedLease implements Lease {

    private final long id;
    private final Consumer<EmbeddedLease> revoke;
    private final CompletableFuture<Void> ended = new CompletableFuture<>();

    EmbeddedLease(long id, Consumer<EmbeddedLease> revoke) {
        this.id = id;
        this.revoke = revoke;
    }

    @Override
    public long id() {
        return id;
    }

    @Override
    public CompletableFuture<Void> ended() {
        return ended;
    }

    @Override
    public void close() {
        revoke.accept(this);
    }

    void end() {
        ended.complete(null);
    }
}
