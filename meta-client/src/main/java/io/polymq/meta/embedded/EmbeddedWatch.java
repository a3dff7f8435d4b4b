package io.polymq.meta.embedded;

import io.polymq.meta.MetadataException;
import io.polymq.meta.MetadataStore.Change;
import io.polymq.meta.MetadataStore.Range;
import io.polymq.meta.MetadataStore.Watch;
import io.polymq.meta.MetadataStore.Watcher;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.rocksdb.RocksDBException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A watch keeps no queue, only how far it is: it reads {@link History} at its own pace, and the
 * whole state when it fell off its end. Woken by any thread; runs on a virtual thread, at most one
 * at a time.
 */
final class EmbeddedWatch implements Watch {

    private static final Logger LOG = LoggerFactory.getLogger(EmbeddedWatch.class);
    private static final int REVISIONS_AT_ONCE = 256;

    /** Reads the state as it is now. */
    @FunctionalInterface
    interface State {
        Range range(String prefix) throws RocksDBException;
    }

    private final String prefix;
    private final Watcher watcher;
    private final History history;
    private final State state;
    private final Executor executor;
    private final Consumer<EmbeddedWatch> onClose;
    private final AtomicInteger wakes = new AtomicInteger();
    private volatile boolean closed;
    private long next;

    EmbeddedWatch(
            String prefix,
            long next,
            Watcher watcher,
            History history,
            State state,
            Executor executor,
            Consumer<EmbeddedWatch> onClose) {
        this.prefix = prefix;
        this.next = next;
        this.watcher = watcher;
        this.history = history;
        this.state = state;
        this.executor = executor;
        this.onClose = onClose;
    }

    void wake() {
        if (wakes.getAndIncrement() == 0) {
            executor.execute(this::run);
        }
    }

    private void run() {
        int seen = wakes.get();
        do {
            try {
                catchUp();
            } catch (RocksDBException e) {
                LOG.atError()
                        .addKeyValue("prefix", prefix)
                        .setCause(e)
                        .log("metadata cannot be read for a watcher");
            } catch (MetadataException e) {
                LOG.atDebug().addKeyValue("prefix", prefix).log("a watch ends with its store");
                return;
            }
            seen = wakes.addAndGet(-seen);
        } while (seen != 0);
    }

    private void catchUp() throws RocksDBException {
        while (!closed) {
            List<History.Committed> found =
                    next == 0 ? null : history.since(next, REVISIONS_AT_ONCE);
            if (found == null) {
                Range now = state.range(prefix);
                next = now.revision() + 1;
                tell(() -> watcher.resync(now));
            } else if (found.isEmpty()) {
                return;
            } else {
                for (History.Committed committed : found) {
                    next = committed.revision() + 1;
                    tell(committed);
                }
            }
        }
    }

    private void tell(History.Committed committed) {
        List<Change> mine = new ArrayList<>();
        for (Change change : committed.changes()) {
            if (change.key().startsWith(prefix)) {
                mine.add(change);
            }
        }
        if (!mine.isEmpty() && !closed) {
            tell(() -> watcher.changed(mine, committed.revision()));
        }
    }

    /** A watcher's own failure must not end its watch, nor anybody else's. */
    private void tell(Runnable call) {
        try {
            call.run();
        } catch (RuntimeException e) {
            LOG.atError().addKeyValue("prefix", prefix).setCause(e).log("a watcher failed");
        }
    }

    @Override
    public void close() {
        closed = true;
        onClose.accept(this);
    }
}
