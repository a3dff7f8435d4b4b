package io.polymq.storage;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;

/**
 * The one thread that changes rows: takes what has come in, prepares it as one change, applies it
 * with one force if anybody needs that, and has the completions run on the completion thread, in
 * order.
 */
final class RowWriter implements AutoCloseable {

    /** Something that changes rows. Prepared and rolled back on the writer, completed elsewhere. */
    interface Operation {
        void prepare(OrderedStore.Changes changes);

        /** Undoes what {@link #prepare} did in memory. */
        void rollback();

        void complete(@Nullable StorageException failure);

        default boolean force() {
            return true;
        }

        /** Whether it must see all earlier changes in the rows and be seen by all later ones. */
        default boolean alone() {
            return false;
        }

        default int bytes() {
            return 0;
        }
    }

    private final OrderedStore rows;
    private final long maxPending;
    private final ExecutorService completions;
    private final Thread thread;

    private List<Operation> incoming = new ArrayList<>();
    private long pending;
    private boolean closed;

    RowWriter(OrderedStore rows, String name, long maxPending) {
        this.rows = rows;
        this.maxPending = maxPending;
        completions =
                Executors.newSingleThreadExecutor(
                        Thread.ofPlatform().name("polymq-" + name + "-done").daemon().factory());
        thread = Thread.ofPlatform().name("polymq-" + name + "-writer").daemon().start(this::run);
    }

    ExecutorService completions() {
        return completions;
    }

    void submit(Operation operation) {
        StorageException refusal = null;
        synchronized (this) {
            if (closed) {
                refusal = new StorageException(StorageException.Kind.CLOSED, "storage is closed");
            } else if (pending + operation.bytes() > maxPending && pending > 0) {
                refusal =
                        new StorageException(
                                StorageException.Kind.OVERLOADED,
                                pending + " bytes wait to be written");
            } else {
                pending += operation.bytes();
                incoming.add(operation);
                notifyAll();
                return;
            }
        }
        StorageException failure = refusal;
        if (completions.isShutdown()) {
            operation.complete(failure);
        } else {
            completions.execute(() -> operation.complete(failure));
        }
    }

    private void run() {
        List<Operation> round = new ArrayList<>();
        while (take(round)) {
            int from = 0;
            while (from < round.size()) {
                int to = from + 1;
                if (!round.get(from).alone()) {
                    while (to < round.size() && !round.get(to).alone()) {
                        to++;
                    }
                }
                commit(List.copyOf(round.subList(from, to)));
                from = to;
            }
            round.clear();
        }
    }

    private synchronized boolean take(List<Operation> round) {
        while (incoming.isEmpty()) {
            if (closed) {
                return false;
            }
            try {
                wait();
            } catch (InterruptedException e) {
                closed = true;
            }
        }
        round.addAll(incoming);
        incoming.clear();
        pending = 0;
        return true;
    }

    private void commit(List<Operation> operations) {
        List<Operation> prepared = new ArrayList<>(operations.size());
        List<StorageException> failures = new ArrayList<>(operations.size());
        try (OrderedStore.Changes changes = rows.changes()) {
            boolean force = false;
            for (Operation operation : operations) {
                StorageException failure = null;
                try {
                    operation.prepare(changes);
                    force |= operation.force();
                    prepared.add(operation);
                } catch (StorageException e) {
                    failure = e;
                }
                failures.add(failure);
            }
            if (!changes.isEmpty()) {
                rows.apply(changes, force);
            }
        } catch (StorageException e) {
            prepared.reversed().forEach(Operation::rollback);
            failures.clear();
            operations.forEach(operation -> failures.add(e));
        }
        completions.execute(
                () -> {
                    for (int i = 0; i < operations.size(); i++) {
                        operations.get(i).complete(failures.get(i));
                    }
                });
    }

    @Override
    public void close() {
        synchronized (this) {
            closed = true;
            notifyAll();
        }
        Shutdowns.join(thread);
        Shutdowns.finish(completions);
    }
}
