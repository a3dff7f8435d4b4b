package io.polymq.meta.embedded;

import io.polymq.meta.MetadataException;
import io.polymq.meta.MetadataException.Reason;
import io.polymq.meta.MetadataStore;
import io.polymq.meta.Transaction;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * The metadata store that forgets: a map under a lock, for brokers that keep nothing and for tests.
 * Shared; every future that it gives out is complete.
 */
public final class MemoryMetadata implements MetadataStore {

    /** Keys in the order of their UTF-8 bytes, which is that of their code points. */
    private final NavigableMap<String, Row> rows = new TreeMap<>(MemoryMetadata::byCodePoints);

    private final History history;
    private final ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor();
    private final Set<EmbeddedWatch> watches = ConcurrentHashMap.newKeySet();
    private final Map<Long, EmbeddedLease> leases = new ConcurrentHashMap<>();
    private long revision;
    private long nextLease = 1;
    private boolean closed;

    public MemoryMetadata() {
        this(EmbeddedMetadata.Limits.DEFAULT);
    }

    /** Of the limits, those of the history hold. */
    public MemoryMetadata(EmbeddedMetadata.Limits limits) {
        this.history = new History(limits.historyRevisions(), limits.historyBytes(), 0);
    }

    private static int byCodePoints(String a, String b) {
        int shared = Math.min(a.length(), b.length());
        for (int i = 0; i < shared; i++) {
            char x = a.charAt(i);
            char y = b.charAt(i);
            if (x != y) {
                boolean differ = Character.isSurrogate(x) != Character.isSurrogate(y);
                return differ ? (Character.isSurrogate(x) ? 1 : -1) : Character.compare(x, y);
            }
        }
        return Integer.compare(a.length(), b.length());
    }

    @Override
    public synchronized CompletableFuture<Entry> get(String key) {
        if (closed) {
            return closedFuture();
        }
        Row row = rows.get(key);
        return CompletableFuture.completedFuture(row == null ? Entry.ABSENT : row.entry(key));
    }

    @Override
    public synchronized CompletableFuture<Range> range(String prefix) {
        return closed ? closedFuture() : CompletableFuture.completedFuture(read(prefix));
    }

    private synchronized Range read(String prefix) {
        List<Entry> found = new ArrayList<>();
        for (Map.Entry<String, Row> at : rows.tailMap(prefix, true).entrySet()) {
            if (!at.getKey().startsWith(prefix)) {
                break;
            }
            found.add(at.getValue().entry(at.getKey()));
        }
        return new Range(found, revision);
    }

    @Override
    public CompletableFuture<Outcome> commit(Transaction transaction) {
        Outcome outcome;
        synchronized (this) {
            if (closed) {
                return closedFuture();
            }
            for (Transaction.Operation operation : transaction.operations()) {
                if (operation instanceof Transaction.Put put
                        && put.lease() != 0
                        && !leases.containsKey(put.lease())) {
                    return CompletableFuture.failedFuture(
                            new MetadataException(Reason.NO_SUCH_LEASE, "the lease has ended"));
                }
            }
            outcome = carryOut(transaction);
            watches.forEach(EmbeddedWatch::wake);
        }
        return CompletableFuture.completedFuture(outcome);
    }

    private Outcome carryOut(Transaction transaction) {
        for (Transaction.Guard guard : transaction.guards()) {
            Row row = rows.get(guard.key());
            if (guard.modRevision() != (row == null ? 0 : row.modRevision())) {
                return new Outcome(false, revision);
            }
        }
        List<Change> changes = new ArrayList<>();
        for (Transaction.Operation operation : transaction.operations()) {
            switch (operation) {
                case Transaction.Put put -> put(put, changes);
                case Transaction.Delete delete -> delete(delete.key(), changes);
                case Transaction.DeletePrefix wide ->
                        read(wide.key()).entries().forEach(e -> delete(e.key(), changes));
            }
        }
        changed(changes);
        return new Outcome(true, revision);
    }

    private void put(Transaction.Put put, List<Change> changes) {
        Row old = rows.get(put.key());
        long created = old == null ? revision + 1 : old.createRevision();
        rows.put(put.key(), new Row(created, revision + 1, put.lease(), put.value()));
        changes.add(new Change(put.key(), put.value(), revision + 1, false));
    }

    private void delete(String key, List<Change> changes) {
        if (rows.remove(key) != null) {
            changes.add(new Change(key, new byte[0], revision + 1, true));
        }
    }

    private void changed(List<Change> changes) {
        if (!changes.isEmpty()) {
            revision++;
            long bytes = changes.stream().mapToLong(c -> 96 + c.value().length).sum();
            history.append(new History.Committed(revision, List.copyOf(changes), bytes));
        }
    }

    @Override
    public synchronized Watch watch(String prefix, long fromRevision, Watcher watcher) {
        if (closed) {
            throw closedException();
        }
        EmbeddedWatch watch =
                new EmbeddedWatch(
                        prefix,
                        fromRevision,
                        watcher,
                        history,
                        this::read,
                        executor,
                        watches::remove);
        watches.add(watch);
        watch.wake();
        return watch;
    }

    @Override
    public synchronized CompletableFuture<Lease> lease(Duration timeToLive) {
        if (closed) {
            return closedFuture();
        }
        EmbeddedLease lease = new EmbeddedLease(nextLease++, this::revoke);
        leases.put(lease.id(), lease);
        return CompletableFuture.completedFuture(lease);
    }

    private void revoke(EmbeddedLease lease) {
        synchronized (this) {
            if (leases.remove(lease.id()) == null) {
                return;
            }
            Set<String> hanging = new HashSet<>();
            rows.forEach(
                    (key, row) -> {
                        if (row.lease() == lease.id()) {
                            hanging.add(key);
                        }
                    });
            List<Change> changes = new ArrayList<>();
            hanging.forEach(key -> delete(key, changes));
            changed(changes);
            watches.forEach(EmbeddedWatch::wake);
        }
        lease.end();
    }

    private static MetadataException closedException() {
        return new MetadataException(Reason.CLOSED, "the metadata store is closed");
    }

    private static <T> CompletableFuture<T> closedFuture() {
        return CompletableFuture.failedFuture(closedException());
    }

    @Override
    public void close() {
        synchronized (this) {
            if (closed) {
                return;
            }
            closed = true;
            watches.forEach(EmbeddedWatch::close);
            executor.shutdown();
        }
        leases.values().forEach(EmbeddedLease::end);
    }
}
