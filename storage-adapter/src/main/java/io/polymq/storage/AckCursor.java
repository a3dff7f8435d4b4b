package io.polymq.storage;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.concurrent.CompletableFuture;

/** A group's cursor in memory; its shard's driver writes it when it has changed. Own lock. */
final class AckCursor implements GroupCursor {

    private static final int MAX_ATTACHMENT = 64 << 10;

    /** The shard that keeps the cursor. */
    interface Home {
        /** The cursor has changed and was clean before. */
        void changed(AckCursor cursor);

        /** Writes the cursor as it is now. */
        CompletableFuture<Void> persist(AckCursor cursor);
    }

    private final Home home;
    private final String group;
    private final AckRanges ranges;
    private byte[] attachment;
    private boolean dirty;

    AckCursor(Home home, String group, long floor) {
        this(home, group, new AckRanges(floor), new byte[0]);
    }

    private AckCursor(Home home, String group, AckRanges ranges, byte[] attachment) {
        this.home = home;
        this.group = group;
        this.ranges = ranges;
        this.attachment = attachment;
    }

    static AckCursor decode(Home home, String group, byte[] state) {
        ByteBuffer from = ByteBuffer.wrap(state);
        AckRanges ranges = AckRanges.decode(from);
        byte[] attachment = new byte[from.remaining()];
        from.get(attachment);
        return new AckCursor(home, group, ranges, attachment);
    }

    /** Its state as bytes; it counts as clean from here on. */
    synchronized byte[] encodeClean() {
        dirty = false;
        byte[] head = ranges.encode();
        byte[] state = Arrays.copyOf(head, head.length + attachment.length);
        System.arraycopy(attachment, 0, state, head.length, attachment.length);
        return state;
    }

    /** Writing it failed: it has to be written again. */
    synchronized void markDirty() {
        dirty = true;
    }

    private void touch() {
        boolean first;
        synchronized (this) {
            first = !dirty;
            dirty = true;
        }
        if (first) {
            home.changed(this);
        }
    }

    @Override
    public String group() {
        return group;
    }

    @Override
    public synchronized long floor() {
        return ranges.floor();
    }

    @Override
    public synchronized boolean isAcknowledged(long offset) {
        return ranges.contains(offset);
    }

    @Override
    public synchronized long nextUnacknowledged(long from) {
        return ranges.nextMissing(from);
    }

    @Override
    public synchronized long countUnacknowledged(long from, long to) {
        return ranges.countMissing(from, to);
    }

    @Override
    public void acknowledge(long offset) {
        acknowledge(offset, offset + 1);
    }

    @Override
    public void acknowledge(long from, long to) {
        boolean changed;
        synchronized (this) {
            changed = ranges.add(from, to);
        }
        if (changed) {
            touch();
        }
    }

    @Override
    public void reset(long floor, boolean forget) {
        synchronized (this) {
            ranges.reset(floor, forget);
        }
        touch();
    }

    @Override
    public void attach(byte[] state) {
        if (state.length > MAX_ATTACHMENT) {
            throw new StorageException(
                    StorageException.Kind.TOO_LARGE,
                    "a cursor's attachment of " + state.length + " bytes");
        }
        synchronized (this) {
            attachment = state.clone();
        }
        touch();
    }

    @Override
    public synchronized byte[] attachment() {
        return attachment.clone();
    }

    @Override
    public CompletableFuture<Void> persist() {
        return home.persist(this);
    }
}
