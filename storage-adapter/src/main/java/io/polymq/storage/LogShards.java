package io.polymq.storage;

import io.polymq.storage.StorageException.Kind;
import java.lang.ref.ReferenceQueue;
import java.lang.ref.WeakReference;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The shards that are in memory, by name and by number. Held weakly: a shard that nobody uses, and
 * nothing of which is on its way to the index, goes, and is made anew from the index when it is
 * asked for. Shared.
 */
final class LogShards {

    private final LogIndex index;
    private final Function<ShardRow, @Nullable LogShard> maker;
    private final ConcurrentHashMap<String, Entry> byName = new ConcurrentHashMap<>();
    private final ConcurrentHashMap<Long, Entry> byId = new ConcurrentHashMap<>();
    private final ReferenceQueue<LogShard> unused = new ReferenceQueue<>();
    private final Set<LogShard> pinned = ConcurrentHashMap.newKeySet();

    /** A shard's place here; a new or deleted one is not found until the index knows as well. */
    static final class Entry extends WeakReference<LogShard> {
        private final String name;
        private final long id;

        /** The deleted one that had the name before, as long as the index may have it. */
        private final @Nullable Entry before;

        private volatile boolean hidden;
        private boolean removed;

        Entry(
                LogShard shard,
                ReferenceQueue<LogShard> unused,
                boolean hidden,
                @Nullable Entry before) {
            super(shard, unused);
            name = shard.name();
            id = shard.id();
            this.before = before;
            this.hidden = hidden;
        }
    }

    LogShards(LogIndex index, Function<ShardRow, @Nullable LogShard> maker) {
        this.index = index;
        this.maker = maker;
    }

    @Nullable LogShard find(String name) {
        Entry entry = byName.get(name);
        if (entry != null) {
            if (entry.hidden) {
                return null;
            }
            LogShard shard = entry.get();
            if (shard != null) {
                return shard;
            }
        }
        return load(name);
    }

    private synchronized @Nullable LogShard load(String name) {
        forgetUnused();
        Entry entry = byName.get(name);
        if (entry != null) {
            LogShard shard = entry.hidden ? null : entry.get();
            if (shard != null || entry.hidden) {
                return shard;
            }
        }
        ShardRow row = index.shard(name);
        LogShard shard = row == null ? null : maker.apply(row);
        if (shard != null) {
            put(new Entry(shard, unused, false, null));
        }
        return shard;
    }

    private void put(Entry entry) {
        byName.put(entry.name, entry);
        byId.put(entry.id, entry);
    }

    private void forgetUnused() {
        for (Object gone; (gone = unused.poll()) != null; ) {
            Entry entry = (Entry) gone;
            byName.remove(entry.name, entry);
            byId.remove(entry.id, entry);
        }
    }

    /** The shard if it is in memory. */
    @Nullable LogShard loaded(long id) {
        Entry entry = byId.get(id);
        return entry == null ? null : entry.get();
    }

    /** The shard of that name if it is in memory and can be found. */
    @Nullable LogShard loaded(String name) {
        Entry entry = byName.get(name);
        return entry == null || entry.hidden ? null : entry.get();
    }

    /** Takes the name for a new shard, which is not found before {@link #show}. */
    synchronized Entry reserve(String name, LogShard shard) {
        Entry taken = byName.get(name);
        boolean beingMade = taken != null && taken.hidden && !isDeleted(taken);
        if (beingMade || find(name) != null) {
            throw new StorageException(Kind.SHARD_EXISTS, "shard " + name + " exists already");
        }
        Entry entry = new Entry(shard, unused, true, taken);
        put(entry);
        return entry;
    }

    private static boolean isDeleted(Entry entry) {
        LogShard shard = entry.get();
        return shard == null || shard.deleted;
    }

    void show(Entry entry) {
        entry.hidden = false;
    }

    /** What it took the name from is hidden again. */
    synchronized void remove(Entry entry) {
        entry.removed = true;
        byId.remove(entry.id, entry);
        Entry before = entry.before;
        if (before == null || before.removed) {
            byName.remove(entry.name, entry);
        } else {
            byName.replace(entry.name, entry, before);
        }
    }

    /** The shard was deleted: it is not found any more; what to do when the index knows. */
    synchronized Runnable hide(LogShard shard) {
        Entry entry = byName.get(shard.name());
        if (entry == null || entry.id != shard.id()) {
            return () -> {};
        }
        entry.hidden = true;
        return () -> remove(entry);
    }

    void pin(LogShard shard) {
        pinned.add(shard);
    }

    void unpin(LogShard shard) {
        pinned.remove(shard);
    }

    /** Names of shards that are in memory and can be found. */
    TreeSet<String> names(String prefix) {
        TreeSet<String> names = new TreeSet<>();
        for (Entry entry : byName.values()) {
            if (entry.name.startsWith(prefix) && !entry.hidden && entry.get() != null) {
                names.add(entry.name);
            }
        }
        return names;
    }

    /** Whether the index may still have a shard of that name that was deleted. */
    boolean isHidden(String name) {
        Entry entry = byName.get(name);
        return entry != null && entry.hidden;
    }

    /** Everybody who waits on a shard is called. */
    void close() {
        for (Entry entry : byName.values()) {
            LogShard shard = entry.get();
            if (shard != null) {
                shard.closeWatches();
            }
        }
        pinned.clear();
    }
}
