package io.polymq.meta;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * A small ordered key-value store with revisions, after etcd's model: every change gets the next
 * revision of the whole store. Safe for any thread; futures complete on the driver's threads and
 * must not be blocked on from a loop.
 */
public interface MetadataStore extends AutoCloseable {

    /** The entry, or {@link Entry#ABSENT}. Linearizable. */
    CompletableFuture<Entry> get(String key);

    /** Writes whatever was there; the new revision. */
    default CompletableFuture<Long> put(String key, byte[] value) {
        return commit(Transaction.of(List.of(), List.of(new Transaction.Put(key, value, 0))))
                .thenApply(Outcome::revision);
    }

    /** Deletes; the new revision, or the current one when there was nothing. */
    default CompletableFuture<Long> delete(String key) {
        return commit(Transaction.of(List.of(), List.of(new Transaction.Delete(key))))
                .thenApply(Outcome::revision);
    }

    /** Entries whose keys begin with the prefix, in key order, as of one revision. */
    CompletableFuture<Range> range(String prefix);

    /** All operations at once when every guard holds, else none. */
    CompletableFuture<Outcome> commit(Transaction transaction);

    /**
     * Changes of keys that begin with the prefix, from {@code fromRevision} on, in order, each
     * revision's changes together. After a lost connection it goes on where it was; when revisions
     * were compacted meanwhile the watcher hears {@link Watcher#resync} with the state as it is
     * now.
     */
    Watch watch(String prefix, long fromRevision, Watcher watcher);

    /**
     * A lease that keys can be put under; they are deleted when it ends. It is kept alive until
     * closed or lost.
     */
    CompletableFuture<Lease> lease(Duration timeToLive);

    @Override
    void close();

    /**
     * One key's state.
     *
     * @param createRevision zero when absent
     * @param modRevision the revision of its last change, zero when absent
     */
    record Entry(String key, byte[] value, long createRevision, long modRevision, long lease) {
        public static final Entry ABSENT = new Entry("", new byte[0], 0, 0, 0);

        public boolean isPresent() {
            return modRevision != 0;
        }
    }

    /** Entries as of a revision. */
    record Range(List<Entry> entries, long revision) {}

    /** Whether a transaction was carried out, and the store's revision after it. */
    record Outcome(boolean succeeded, long revision) {}

    /** What a watcher hears, on a driver's thread, one call at a time. */
    interface Watcher {
        /** Changes in revision order; an entry with an empty create revision was deleted. */
        void changed(List<Change> changes, long revision);

        /** The whole state at a revision, in place of changes that can no longer be had. */
        void resync(Range state);
    }

    /** A key's new state; {@code deleted} when it is gone. */
    record Change(String key, byte[] value, long modRevision, boolean deleted) {}

    /** A running watch. */
    interface Watch extends AutoCloseable {
        @Override
        void close();
    }

    /** A running lease. */
    interface Lease extends AutoCloseable {
        long id();

        /** Completes when the lease is gone, closed or lost. */
        CompletableFuture<Void> ended();

        /** Revokes. */
        @Override
        void close();
    }
}
