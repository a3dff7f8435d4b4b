package io.polymq.meta.embedded;

import io.polymq.meta.MetadataStore.Change;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the latest revisions changed, within a number of revisions and of bytes, so that watchers
 * can go on from where they are. Every revision above the floor is here, in the slot that its
 * number says. Shared: the writer appends, the watchers read.
 */
final class History {

    /** One revision's changes. */
    record Committed(long revision, List<Change> changes, long bytes) {}

    private final @Nullable Committed[] slots;
    private final long maxBytes;
    private long newest;
    private long floor;
    private long bytes;

    History(int maxRevisions, long maxBytes, long revision) {
        this.slots = new Committed[maxRevisions];
        this.maxBytes = maxBytes;
        this.newest = revision;
        this.floor = revision;
    }

    synchronized void append(Committed committed) {
        assert committed.revision() == newest + 1 : "revisions have no gaps";
        if (newest - floor == slots.length) {
            dropOldest();
        }
        newest = committed.revision();
        slots[slot(newest)] = committed;
        bytes += committed.bytes();
        while (bytes > maxBytes && newest - floor > 1) {
            dropOldest();
        }
    }

    private void dropOldest() {
        floor++;
        Committed oldest = slots[slot(floor)];
        slots[slot(floor)] = null;
        if (oldest != null) {
            bytes -= oldest.bytes();
        }
    }

    /**
     * Up to {@code limit} revisions from {@code from} on; null when some of them are no longer
     * known.
     */
    synchronized @Nullable List<Committed> since(long from, int limit) {
        if (from <= floor) {
            return null;
        }
        List<Committed> found = new ArrayList<>();
        for (long revision = from; revision <= newest && found.size() < limit; revision++) {
            Committed committed = slots[slot(revision)];
            if (committed != null) {
                found.add(committed);
            }
        }
        return found;
    }

    private int slot(long revision) {
        return (int) (revision % slots.length);
    }
}
