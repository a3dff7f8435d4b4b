package io.polymq.kafka.share;

import io.polymq.meta.CachedView;
import io.polymq.meta.NodeCache;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import org.apache.kafka.common.Uuid;
import org.jspecify.annotations.Nullable;

/** Where share groups begin, in the metadata under {@code kafka/share/}. Shared. */
public final class ShareStates {

    private static final String PREFIX = "kafka/share/";

    private final NodeCache cache;
    private final CachedView<ShareState> view;
    private final List<Consumer<ShareKey>> listeners = new CopyOnWriteArrayList<>();

    public ShareStates(NodeCache cache) {
        this.cache = cache;
        this.view = cache.view(PREFIX, (_, value) -> ShareState.decode(value));
    }

    public CompletableFuture<Void> ready() {
        return view.ready();
    }

    /**
     * Is told of groups that begin anew somewhere, or have ended there, before that is answered.
     */
    void onNewBeginning(Consumer<ShareKey> listener) {
        listeners.add(listener);
    }

    /** Null when the group has nothing to do with the partition. */
    public @Nullable ShareState find(ShareKey key) {
        return view.get(key.text());
    }

    CompletableFuture<Void> put(ShareKey key, ShareState state) {
        return cache.store().put(PREFIX + key.text(), state.encode()).thenCompose(view::reached);
    }

    /** The group begins there, or begins there anew. */
    public CompletableFuture<Void> begin(ShareKey key, int epoch, long start) {
        ShareState known = find(key);
        if (known != null && known.epoch() >= epoch && known.start() == start) {
            return CompletableFuture.completedFuture(null);
        }
        return put(key, new ShareState(epoch, start, false)).thenRun(() -> tell(key));
    }

    private void tell(ShareKey key) {
        listeners.forEach(listener -> listener.accept(key));
    }

    /** The group has ended there. */
    public CompletableFuture<Void> delete(ShareKey key) {
        if (find(key) == null) {
            return CompletableFuture.completedFuture(null);
        }
        return cache.store()
                .delete(PREFIX + key.text())
                .thenCompose(view::reached)
                .thenRun(() -> tell(key));
    }

    /** The topic is gone, and with it all cursors in it. */
    public void forget(Uuid topicId) {
        for (String text : view.all().keySet()) {
            ShareKey key = ShareKey.parse(text);
            if (key.topicId().equals(topicId)) {
                cache.store().delete(PREFIX + text).thenRun(() -> tell(key));
            }
        }
    }
}
