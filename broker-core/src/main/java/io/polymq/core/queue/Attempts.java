package io.polymq.core.queue;

import io.polymq.core.zone.WheelTimer;
import io.polymq.storage.GroupCursor;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Map;

/**
 * What is known of deliveries after a restart, kept as the cursor's attachment: how often messages
 * were tried, and a mark below which any may have been delivered. The mark runs ahead, in steps
 * that are safe before anything above the last one is delivered; so a message that was ever handed
 * out is flagged, even after a crash, at the price of one small write for thousands of deliveries.
 *
 * <p>Shard zone.
 */
final class Attempts {

    private static final byte VERSION = 1;
    private static final int STEP = 4096;
    private static final int ATTEMPT_BYTES = 12;
    private static final int FEW_BYTES = 64;
    private static final int MOST_BYTES = 60_000;
    private static final long SAVE_MILLIS = 1000;

    private final Level level;
    private final GroupCursor cursor;
    private final Map<Long, Integer> known = new HashMap<>();
    private final long markBefore;
    private long mark;
    private long safeMark;
    private long delivered;
    private boolean raising;
    private boolean dirty;
    private boolean closed;
    private final WheelTimer saver =
            new WheelTimer() {
                @Override
                protected void fire() {
                    attach();
                }
            };

    /**
     * @param end of the shard as it was found: what comes later was never delivered, wherever the
     *     mark had run to
     */
    Attempts(Level level, GroupCursor cursor, long end) {
        this.level = level;
        this.cursor = cursor;
        mark = read(cursor.attachment());
        safeMark = mark;
        markBefore = Math.min(mark, end);
        delivered = markBefore;
    }

    private long read(byte[] state) {
        ByteBuffer from = ByteBuffer.wrap(state);
        if (from.remaining() < 13 || from.get() != VERSION) {
            return 0;
        }
        long below = from.getLong();
        int count = from.getInt();
        for (int i = 0; i < count && from.remaining() >= 12; i++) {
            known.put(from.getLong(), from.getInt());
        }
        return below;
    }

    /** How often a message that is read now was delivered before. */
    int of(long offset) {
        if (offset >= markBefore) {
            return 0;
        }
        Integer tried = known.remove(offset);
        return tried == null ? 1 : tried;
    }

    boolean mayDeliver(long offset) {
        delivered = Math.max(delivered, offset + 1);
        if (offset < safeMark) {
            if (safeMark - offset < STEP / 2) {
                expect(offset + 1);
            }
            return true;
        }
        expect(offset + 1);
        return false;
    }

    /** Raises the mark in time, for what will be delivered soon. */
    void expect(long end) {
        if (raising || end + STEP / 2 <= mark) {
            return;
        }
        raising = true;
        mark = end + STEP;
        long raised = mark;
        attach();
        cursor.persist()
                .whenComplete(
                        (ok, failure) ->
                                level.core
                                        .queue()
                                        .execute(() -> raised(failure == null ? raised : -1)));
    }

    private void raised(long to) {
        raising = false;
        if (closed) {
            return;
        }
        if (to < 0) {
            mark = safeMark;
        } else {
            safeMark = Math.max(safeMark, to);
        }
        level.core.filled();
    }

    /** A first delivery is covered by the mark; what failed is saved before long. */
    void changed(Entry entry) {
        if (entry.redelivered) {
            dirty = true;
            if (!saver.isArmed()) {
                level.core.zone().arm(saver, SAVE_MILLIS);
            }
        }
    }

    boolean isIdle() {
        return !raising && !dirty;
    }

    void forget() {
        known.clear();
        dirty = true;
        attach();
    }

    void attach() {
        dirty = false;
        attach(mark);
    }

    private void attach(long below) {
        ByteBuffer state = ByteBuffer.allocate(FEW_BYTES);
        state.put(VERSION).putLong(below).putInt(0);
        int count = 0;
        for (Entry entry = level.oldest();
                entry != null && state.remaining() >= ATTEMPT_BYTES;
                entry = entry.lineNext) {
            if (entry.deliveries > 1) {
                state = withRoom(state.putLong(entry.offset).putInt(entry.deliveries));
                count++;
            }
        }
        for (Map.Entry<Long, Integer> entry : known.entrySet()) {
            if (state.remaining() >= ATTEMPT_BYTES && !cursor.isAcknowledged(entry.getKey())) {
                state = withRoom(state.putLong(entry.getKey()).putInt(entry.getValue()));
                count++;
            }
        }
        state.putInt(9, count);
        byte[] bytes = new byte[state.position()];
        state.flip().get(bytes);
        cursor.attach(bytes);
    }

    /** Mostly there is nothing to note; what there is may take {@link #MOST_BYTES} in all. */
    private static ByteBuffer withRoom(ByteBuffer state) {
        if (state.remaining() >= ATTEMPT_BYTES || state.capacity() == MOST_BYTES) {
            return state;
        }
        int more = Math.min(MOST_BYTES, 4 * state.capacity());
        return ByteBuffer.allocate(more).put(state.flip());
    }

    /** An orderly end: the mark need not run ahead any more. */
    void close() {
        closed = true;
        level.core.zone().disarm(saver);
        if (mark > delivered) {
            attach(delivered);
        }
    }
}
