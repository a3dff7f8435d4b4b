package io.polymq.amqp.model;

import io.polymq.codec.amqp.FieldTable;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What consumers have noted on messages of a queue that they gave back: annotations of the {@code
 * modified} outcome, as field tables have them. They are seen by whoever gets the message next, and
 * go with it when it is dead-lettered. In memory, and no more than a bound: the oldest go first.
 * Shared; the lock is held for a few instructions.
 */
public final class Notes {

    private static final int MOST_BYTES = 1 << 20;
    private static final int MOST_BYTES_OF_ONE = 16 << 10;

    private record Note(Map<String, @Nullable Object> entries, int bytes) {}

    private final Map<Long, Note> notes = new LinkedHashMap<>();
    private volatile boolean any;
    private int bytes;

    /**
     * Adds to what is noted on a message.
     *
     * @return false when that is more than is kept of one message
     */
    public boolean add(long offset, Map<String, @Nullable Object> more) {
        Map<String, @Nullable Object> all = new LinkedHashMap<>(of(offset));
        all.putAll(more);
        int size = FieldTable.of(all).bytes().length;
        if (size > MOST_BYTES_OF_ONE) {
            return false;
        }
        synchronized (notes) {
            forget(offset);
            notes.put(offset, new Note(Collections.unmodifiableMap(all), size));
            bytes += size;
            while (bytes > MOST_BYTES) {
                forget(notes.keySet().iterator().next());
            }
            any = true;
        }
        return true;
    }

    /** What is noted on a message; empty for nothing. */
    public Map<String, @Nullable Object> of(long offset) {
        if (!any) {
            return Map.of();
        }
        synchronized (notes) {
            Note note = notes.get(offset);
            return note == null ? Map.of() : note.entries();
        }
    }

    /** The message is no longer in the queue. */
    public void forget(long offset) {
        if (!any) {
            return;
        }
        synchronized (notes) {
            Note gone = notes.remove(offset);
            if (gone != null) {
                bytes -= gone.bytes();
            }
            any = !notes.isEmpty();
        }
    }
}
