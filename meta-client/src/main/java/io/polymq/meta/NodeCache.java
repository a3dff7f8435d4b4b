package io.polymq.meta;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * Metadata kept in memory. Whoever needs some of it asks for a {@link CachedView} of a prefix,
 * which a watch keeps up to date: reading costs a look-up and never waits for the store. Shared.
 */
public final class NodeCache implements AutoCloseable {

    /** Makes an object of what is stored under a key; throws when it cannot be understood. */
    @FunctionalInterface
    public interface Decoder<T> {
        T decode(String name, byte[] value) throws Exception;
    }

    private final MetadataStore store;
    private final List<CachedView<?>> views = new CopyOnWriteArrayList<>();

    public NodeCache(MetadataStore store) {
        this.store = store;
    }

    /** The store itself, for changes. */
    public MetadataStore store() {
        return store;
    }

    /**
     * A view of all keys that begin with the prefix, named by what follows it. It is empty until
     * {@link CachedView#ready} completes.
     */
    public <T> CachedView<T> view(String prefix, Decoder<T> decoder) {
        CachedView<T> view = new CachedView<>(prefix, decoder);
        view.follow(store);
        views.add(view);
        return view;
    }

    /** Ends the views' watches; what they hold stays readable. */
    @Override
    public void close() {
        views.forEach(CachedView::close);
    }
}
