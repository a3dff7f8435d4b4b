package io.polymq.meta;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * A small ordered key-value store with revisions, after etcd's model: every transaction that
 * changes something gets the next revision of the whole store. Keys are ordered by their UTF-8
 * bytes. Safe for any thread; futures complete on threads of the driver's own, may be blocked on
 * there, and must not be blocked on from a loop. They fail with {@link MetadataException} alone.
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
     * Changes of keys that begin with the prefix, from {@code fromRevision} on, in order, one call
     * for each revision. From zero: the state as it is now, then what changes. After a lost
     * connection it goes on where it was; when revisions were compacted meanwhile, or the watcher
     * was too slow to hear them in time, it hears {@link Watcher#resync} with the state as it is
     * now and goes on from there.
     */
    Watch watch(String prefix, long fromRevision, Watcher watcher);

    /**
     * A lease that keys can be put under; they are deleted when it ends. It is kept alive until
     * closed or lost, and no longer than this process lives.
     */
    CompletableFuture<Lease> lease(Duration timeToLive);

    /** Ends watches and leases; what is under way fails as {@code CLOSED}. Idempotent. */
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
        /** What one revision changed under the prefix. */
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

        /**
         * Completes when the lease is gone. When it was lost it does so by this process's own
         * clock, before the store deletes its keys.
         */
        CompletableFuture<Void> ended();

        /** Revokes. */
        @Override
        void close();
    }
}
