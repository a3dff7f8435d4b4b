package io.polymq.meta.embedded;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.polymq.meta.MetadataException;
import io.polymq.meta.MetadataException.Reason;
import io.polymq.meta.MetadataStore.Change;
import io.polymq.meta.MetadataStore.Outcome;
import io.polymq.meta.Transaction;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;
import org.rocksdb.RocksDBException;
import org.rocksdb.WriteBatchWithIndex;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one thread that writes: it takes what is waiting, stages it in order on one batch, forces the
 * batch once, then answers. A failed force is not tried again, since what the disk then holds is
 * unknown: from there on every change is refused until the store is opened anew.
 *
 * <p>{@link #offer} is for any thread; the rest is the loop's own.
 */
final class CommitLoop implements Runnable {

    private static final Logger LOG = LoggerFactory.getLogger(CommitLoop.class);
    private static final int AT_ONCE = 256;

    /** What can be asked for. */
    sealed interface Request {
        CompletableFuture<Outcome> answer();
    }

    record Commit(Transaction transaction, CompletableFuture<Outcome> answer) implements Request {}

    record Grant(long lease, CompletableFuture<Outcome> answer) implements Request {}

    record Revoke(long lease, CompletableFuture<Outcome> answer) implements Request {}

    /** The last request: what waits before it is still carried out. */
    record Stop(CompletableFuture<Outcome> answer) implements Request {}

    private final Rows rows;
    private final History history;
    private final Executor answers;
    private final Runnable afterCommit;
    private final BlockingQueue<Request> waiting;
    private final Set<Long> leases = new HashSet<>();
    private long revision;
    private volatile @Nullable MetadataException failure;

    CommitLoop(
            Rows rows,
            History history,
            long revision,
            int maxWaiting,
            Executor answers,
            Runnable afterCommit) {
        this.rows = rows;
        this.history = history;
        this.revision = revision;
        this.answers = answers;
        this.afterCommit = afterCommit;
        this.waiting = new ArrayBlockingQueue<>(maxWaiting);
    }

    /** False when too much is waiting. */
    boolean offer(Request request) {
        return waiting.offer(request);
    }

    /** Asks the loop to end, nothing being offered afterwards; waits for room in the queue. */
    void stop() throws InterruptedException {
        waiting.put(new Stop(new CompletableFuture<>()));
    }

    @Override
    public void run() {
        List<Request> group = new ArrayList<>();
        boolean stopped = false;
        while (!stopped) {
            try {
                group.add(waiting.take());
            } catch (InterruptedException e) {
                throw new IllegalStateException("the commit loop is ended by a request alone", e);
            }
            waiting.drainTo(group, AT_ONCE - 1);
            stopped = group.stream().anyMatch(Stop.class::isInstance);
            carryOut(group);
            group.clear();
        }
    }

    private void carryOut(List<Request> group) {
        if (failure != null) {
            refuse(group, failure);
            return;
        }
        List<Runnable> done = new ArrayList<>();
        List<History.Committed> committed = new ArrayList<>();
        try (WriteBatchWithIndex batch = new WriteBatchWithIndex(true)) {
            long staged = revision;
            for (Request request : group) {
                staged = stage(batch, request, staged, done, committed);
            }
            if (staged != revision) {
                rows.force(batch, staged);
                revision = staged;
            }
        } catch (RocksDBException e) {
            failure =
                    new MetadataException(
                            Reason.FAILED,
                            "metadata could not be written and takes no more changes: "
                                    + e.getMessage(),
                            e);
            LOG.atError().setCause(e).log("metadata could not be written; changes are refused");
            refuse(group, failure);
            return;
        }
        committed.forEach(history::append);
        done.forEach(answers::execute);
        if (!committed.isEmpty()) {
            afterCommit.run();
        }
    }

    private void refuse(List<Request> group, MetadataException why) {
        for (Request request : group) {
            answers.execute(() -> request.answer().completeExceptionally(why));
        }
    }

    /** Stages one request; the revision after it. */
    private long stage(
            WriteBatchWithIndex batch,
            Request request,
            long before,
            List<Runnable> done,
            List<History.Committed> committed)
            throws RocksDBException {
        if (request instanceof Commit commit && !leasesLive(commit.transaction())) {
            done.add(() -> commit.answer().completeExceptionally(noLease()));
            return before;
        }
        List<Change> changes = new ArrayList<>();
        boolean succeeded =
                switch (request) {
                    case Commit commit -> stage(batch, commit.transaction(), before + 1, changes);
                    case Grant grant -> leases.add(grant.lease());
                    case Revoke revoke -> {
                        leases.remove(revoke.lease());
                        for (byte[] key : rows.leasedKeys(batch, revoke.lease())) {
                            stageDelete(batch, key, before + 1, changes);
                        }
                        yield true;
                    }
                    case Stop _ -> true;
                };
        long after = changes.isEmpty() ? before : before + 1;
        if (!changes.isEmpty()) {
            committed.add(new History.Committed(after, List.copyOf(changes), sizeOf(changes)));
        }
        Outcome outcome = new Outcome(succeeded, after);
        done.add(() -> request.answer().complete(outcome));
        return after;
    }

    private boolean leasesLive(Transaction transaction) {
        return transaction.operations().stream()
                .allMatch(
                        operation ->
                                !(operation instanceof Transaction.Put put)
                                        || put.lease() == 0
                                        || leases.contains(put.lease()));
    }

    private static MetadataException noLease() {
        return new MetadataException(Reason.NO_SUCH_LEASE, "the lease has ended");
    }

    private boolean stage(
            WriteBatchWithIndex batch, Transaction transaction, long next, List<Change> changes)
            throws RocksDBException {
        for (Transaction.Guard guard : transaction.guards()) {
            Row row = rows.staged(batch, guard.key().getBytes(UTF_8));
            if (guard.modRevision() != (row == null ? 0 : row.modRevision())) {
                return false;
            }
        }
        for (Transaction.Operation operation : transaction.operations()) {
            switch (operation) {
                case Transaction.Put put -> stagePut(batch, put, next, changes);
                case Transaction.Delete delete ->
                        stageDelete(batch, delete.key().getBytes(UTF_8), next, changes);
                case Transaction.DeletePrefix wide -> {
                    for (byte[] key : rows.stagedKeys(batch, wide.key().getBytes(UTF_8))) {
                        stageDelete(batch, key, next, changes);
                    }
                }
            }
        }
        return true;
    }

    private void stagePut(
            WriteBatchWithIndex batch, Transaction.Put put, long next, List<Change> changes)
            throws RocksDBException {
        byte[] key = put.key().getBytes(UTF_8);
        Row old = rows.staged(batch, key);
        if (old != null && old.lease() != put.lease()) {
            rows.stageUnleased(batch, key, old.lease());
        }
        long created = old == null ? next : old.createRevision();
        rows.stagePut(batch, key, new Row(created, next, put.lease(), put.value()));
        changes.add(new Change(put.key(), put.value(), next, false));
    }

    private void stageDelete(WriteBatchWithIndex batch, byte[] key, long next, List<Change> changes)
            throws RocksDBException {
        Row old = rows.staged(batch, key);
        if (old == null) {
            return;
        }
        rows.stageUnleased(batch, key, old.lease());
        rows.stageDelete(batch, key);
        changes.add(new Change(new String(key, UTF_8), new byte[0], next, true));
    }

    private static long sizeOf(List<Change> changes) {
        long bytes = 64;
        for (Change change : changes) {
            bytes += 96 + change.key().length() + change.value().length;
        }
        return bytes;
    }
}
