package io.polymq.meta.embedded;

import io.polymq.meta.MetadataException;
import io.polymq.meta.MetadataException.Reason;
import io.polymq.meta.MetadataStore;
import io.polymq.meta.Transaction;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicLong;
import org.rocksdb.RocksDBException;
import org.rocksdb.WriteBatchWithIndex;

/**
 * The metadata store inside this process, on one directory that no other process opens meanwhile.
 * Changes are durable when they are answered.
 *
 * <p>Shared. {@link #open}, {@link #close}, {@link #snapshot} and {@link #restore} block.
 */
public final class EmbeddedMetadata implements MetadataStore {

    /**
     * Bounds.
     *
     * @param historyRevisions revisions that watchers can go on from
     * @param historyBytes the memory that these may take
     * @param waitingCommits commits that may wait for the disk
     */
    public record Limits(int historyRevisions, long historyBytes, int waitingCommits) {
        public static final Limits DEFAULT = new Limits(10_000, 32L << 20, 65_536);

        public Limits {
            if (historyRevisions < 1 || historyBytes < 1 || waitingCommits < 1) {
                throw new IllegalArgumentException("limits are positive");
            }
        }
    }

    private final Rows rows;
    private final History history;
    private final CommitLoop loop;
    private final Thread writer;
    private final ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor();
    private final Set<EmbeddedWatch> watches = ConcurrentHashMap.newKeySet();
    private final Set<EmbeddedLease> leases = ConcurrentHashMap.newKeySet();
    private final AtomicLong nextLease = new AtomicLong(1);
    private boolean closing;

    private EmbeddedMetadata(Rows rows, long revision, Limits limits) {
        this.rows = rows;
        this.history = new History(limits.historyRevisions(), limits.historyBytes(), revision);
        this.loop =
                new CommitLoop(
                        rows,
                        history,
                        revision,
                        limits.waitingCommits(),
                        executor,
                        () -> watches.forEach(EmbeddedWatch::wake));
        this.writer = Thread.ofPlatform().name("polymq-metadata").daemon().unstarted(loop);
    }

    public static EmbeddedMetadata open(Path directory) {
        return open(directory, Limits.DEFAULT);
    }

    /** Opens, or creates; whatever hung on a lease of an earlier process is deleted first. */
    public static EmbeddedMetadata open(Path directory, Limits limits) {
        Rows rows = Rows.open(directory);
        try {
            EmbeddedMetadata store = new EmbeddedMetadata(rows, withoutLeased(rows), limits);
            store.writer.start();
            return store;
        } catch (RocksDBException e) {
            rows.close();
            throw new MetadataException(
                    Reason.UNUSABLE, "metadata in " + directory + " cannot be read", e);
        }
    }

    private static long withoutLeased(Rows rows) throws RocksDBException {
        long revision = rows.revision();
        try (WriteBatchWithIndex batch = new WriteBatchWithIndex(true)) {
            var orphans = rows.allLeasedKeys(batch);
            if (orphans.isEmpty()) {
                return revision;
            }
            for (byte[] key : orphans) {
                Row row = rows.staged(batch, key);
                if (row != null) {
                    rows.stageUnleased(batch, key, row.lease());
                    rows.stageDelete(batch, key);
                }
            }
            rows.force(batch, revision + 1);
            return revision + 1;
        }
    }

    @Override
    public CompletableFuture<Entry> get(String key) {
        return read(() -> rows.get(key));
    }

    @Override
    public CompletableFuture<Range> range(String prefix) {
        return read(() -> rows.range(prefix));
    }

    private <T> CompletableFuture<T> read(Callable<T> reading) {
        CompletableFuture<T> answer = new CompletableFuture<>();
        try {
            executor.execute(
                    () -> {
                        try {
                            answer.complete(reading.call());
                        } catch (RocksDBException e) {
                            answer.completeExceptionally(
                                    new MetadataException(
                                            Reason.FAILED, "metadata cannot be read", e));
                        } catch (Exception e) {
                            answer.completeExceptionally(e);
                        }
                    });
        } catch (RejectedExecutionException e) {
            answer.completeExceptionally(closedException());
        }
        return answer;
    }

    @Override
    public CompletableFuture<Outcome> commit(Transaction transaction) {
        return ask(new CommitLoop.Commit(transaction, new CompletableFuture<>()));
    }

    private CompletableFuture<Outcome> ask(CommitLoop.Request request) {
        synchronized (loop) {
            if (closing) {
                return CompletableFuture.failedFuture(closedException());
            }
            if (!loop.offer(request)) {
                return CompletableFuture.failedFuture(
                        new MetadataException(
                                Reason.UNAVAILABLE, "too many metadata changes are waiting"));
            }
        }
        return request.answer();
    }

    private static MetadataException closedException() {
        return new MetadataException(Reason.CLOSED, "the metadata store is closed");
    }

    @Override
    public Watch watch(String prefix, long fromRevision, Watcher watcher) {
        EmbeddedWatch watch =
                new EmbeddedWatch(
                        prefix,
                        fromRevision,
                        watcher,
                        history,
                        rows::range,
                        executor,
                        watches::remove);
        synchronized (loop) {
            if (closing) {
                throw closedException();
            }
            watches.add(watch);
            watch.wake();
        }
        return watch;
    }

    @Override
    public CompletableFuture<Lease> lease(Duration timeToLive) {
        EmbeddedLease lease = new EmbeddedLease(nextLease.getAndIncrement(), this::revoke);
        return ask(new CommitLoop.Grant(lease.id(), new CompletableFuture<>()))
                .thenApply(
                        granted -> {
                            synchronized (loop) {
                                if (closing) {
                                    lease.end();
                                } else {
                                    leases.add(lease);
                                }
                            }
                            return lease;
                        });
    }

    private void revoke(EmbeddedLease lease) {
        if (leases.remove(lease)) {
            ask(new CommitLoop.Revoke(lease.id(), new CompletableFuture<>()))
                    .whenComplete((outcome, failure) -> lease.end());
        }
    }

    /**
     * Writes the state as of one revision, checksummed, while the store goes on; what hangs on a
     * lease is left out. The revision.
     */
    public long snapshot(OutputStream out) throws IOException {
        return StoreSnapshot.write(rows, out);
    }

    /**
     * Makes a store, with the same revisions, of what {@link #snapshot} wrote; the directory must
     * be new or empty, and stays refused when the input turns out damaged.
     */
    public static void restore(InputStream in, Path directory) throws IOException {
        StoreSnapshot.read(in, directory);
    }

    @Override
    public void close() {
        synchronized (loop) {
            if (closing) {
                return;
            }
            for (EmbeddedLease lease : leases) {
                loop.offer(new CommitLoop.Revoke(lease.id(), new CompletableFuture<>()));
            }
            closing = true;
        }
        endWriter();
        watches.forEach(EmbeddedWatch::close);
        leases.forEach(EmbeddedLease::end);
        leases.clear();
        executor.shutdown();
        rows.close();
    }

    /** The files must not be closed under the writer, so an interrupt has to wait. */
    private void endWriter() {
        boolean interrupted = false;
        boolean asked = false;
        while (writer.isAlive()) {
            try {
                if (!asked) {
                    loop.stop();
                    asked = true;
                }
                writer.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
