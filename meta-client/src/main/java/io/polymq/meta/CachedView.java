package io.polymq.meta;

import io.polymq.meta.MetadataStore.Change;
import io.polymq.meta.MetadataStore.Entry;
import io.polymq.meta.MetadataStore.Range;
import io.polymq.meta.MetadataStore.Watch;
import io.polymq.meta.MetadataStore.Watcher;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.NavigableMap;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What lies under a prefix, decoded, as of the latest revision heard. Readers are lock-free; a
 * reader that looks at several names may see some of them a revision later than others. An entry
 * that cannot be decoded is left out and named in the log: one bad entry must not take the rest
 * down.
 *
 * <p>Written by its watch alone, one call at a time.
 */
public final class CachedView<T> implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(CachedView.class);

    /** Hears of changes, on the watch's thread, after the view shows them. */
    @FunctionalInterface
    public interface Listener<T> {
        /**
         * @param before null when it is new
         * @param after null when it is gone
         */
        void changed(String name, @Nullable T before, @Nullable T after);
    }

    /** A value and the revision to guard a change of it with. */
    public record Versioned<T>(T value, long modRevision) {}

    private record Waiting(long revision, CompletableFuture<Void> reached) {}

    private final String prefix;
    private final NodeCache.Decoder<T> decoder;
    private final ConcurrentSkipListMap<String, Versioned<T>> values =
            new ConcurrentSkipListMap<>();
    private final List<Listener<T>> listeners = new CopyOnWriteArrayList<>();
    private final CompletableFuture<Void> ready = new CompletableFuture<>();
    private final PriorityQueue<Waiting> waiting =
            new PriorityQueue<>((a, b) -> Long.compare(a.revision(), b.revision()));
    private volatile long revision;
    private volatile @Nullable Watch watch;

    CachedView(String prefix, NodeCache.Decoder<T> decoder) {
        this.prefix = prefix;
        this.decoder = decoder;
    }

    void follow(MetadataStore store) {
        watch =
                store.watch(
                        prefix,
                        0,
                        new Watcher() {
                            @Override
                            public void changed(List<Change> changes, long at) {
                                changes.forEach(CachedView.this::apply);
                                arrived(at);
                            }

                            @Override
                            public void resync(Range state) {
                                replace(state);
                                arrived(state.revision());
                                ready.complete(null);
                            }
                        });
    }

    /** Completes when the state was heard for the first time. */
    public CompletableFuture<Void> ready() {
        return ready.copy();
    }

    /** Null when there is none. */
    public @Nullable T get(String name) {
        Versioned<T> found = values.get(name);
        return found == null ? null : found.value();
    }

    /** With its revision; null when there is none. */
    public @Nullable Versioned<T> versioned(String name) {
        return values.get(name);
    }

    /** All of it, in name order, live. */
    public NavigableMap<String, Versioned<T>> all() {
        return Collections.unmodifiableNavigableMap(values);
    }

    /** What begins with this, in name order, live. */
    public NavigableMap<String, Versioned<T>> beginningWith(String names) {
        return Collections.unmodifiableNavigableMap(
                values.subMap(names, true, names + Character.MAX_VALUE, false));
    }

    public int size() {
        return values.size();
    }

    /** The latest revision heard. */
    public long revision() {
        return revision;
    }

    /**
     * Completes when the view shows that revision, which must have changed something under the
     * prefix: so a writer waits until readers see what it wrote.
     */
    public CompletableFuture<Void> reached(long wanted) {
        CompletableFuture<Void> reached = new CompletableFuture<>();
        synchronized (waiting) {
            if (revision < wanted) {
                waiting.add(new Waiting(wanted, reached));
                return reached;
            }
        }
        reached.complete(null);
        return reached;
    }

    /** Adds a listener; close what is returned to end it. */
    public AutoCloseable listen(Listener<T> listener) {
        listeners.add(listener);
        return () -> listeners.remove(listener);
    }

    private void replace(Range state) {
        Set<String> gone = new HashSet<>(values.keySet());
        for (Entry entry : state.entries()) {
            String name = entry.key().substring(prefix.length());
            gone.remove(name);
            Versioned<T> known = values.get(name);
            if (known == null || known.modRevision() != entry.modRevision()) {
                apply(new Change(entry.key(), entry.value(), entry.modRevision(), false));
            }
        }
        for (String name : gone) {
            apply(new Change(prefix + name, new byte[0], state.revision(), true));
        }
    }

    private void apply(Change change) {
        String name = change.key().substring(prefix.length());
        if (change.deleted()) {
            tell(name, values.remove(name), null);
            return;
        }
        Versioned<T> now;
        try {
            now = new Versioned<>(decoder.decode(name, change.value()), change.modRevision());
        } catch (Exception e) {
            LOG.atWarn()
                    .addKeyValue("key", change.key())
                    .addKeyValue("reason", e.getMessage())
                    .log("an entry of the metadata is not understood and left out");
            tell(name, values.remove(name), null);
            return;
        }
        tell(name, values.put(name, now), now);
    }

    private void tell(String name, @Nullable Versioned<T> before, @Nullable Versioned<T> after) {
        if (before == null && after == null) {
            return;
        }
        for (Listener<T> listener : listeners) {
            try {
                listener.changed(
                        name,
                        before == null ? null : before.value(),
                        after == null ? null : after.value());
            } catch (RuntimeException e) {
                LOG.atError().addKeyValue("name", name).setCause(e).log("a listener failed");
            }
        }
    }

    private void arrived(long at) {
        List<CompletableFuture<Void>> reached = new ArrayList<>();
        synchronized (waiting) {
            revision = at;
            for (Waiting next = waiting.peek();
                    next != null && next.revision() <= at;
                    next = waiting.peek()) {
                waiting.remove();
                reached.add(next.reached());
            }
        }
        reached.forEach(future -> Thread.startVirtualThread(() -> future.complete(null)));
    }

    /** Ends the watch; what is held stays readable. */
    @Override
    public void close() {
        Watch running = watch;
        if (running != null) {
            running.close();
        }
        MetadataException closed =
                new MetadataException(
                        MetadataException.Reason.CLOSED, "the metadata view is closed");
        ready.completeExceptionally(closed);
        List<Waiting> left;
        synchronized (waiting) {
            left = List.copyOf(waiting);
            waiting.clear();
        }
        left.forEach(one -> one.reached().completeExceptionally(closed));
    }
}
