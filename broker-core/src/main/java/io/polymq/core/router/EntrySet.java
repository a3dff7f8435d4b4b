package io.polymq.core.router;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Entries in no order, for lock-free readers and one writer at a time. An entry is never moved
 * within an array that readers may hold, so none is missed: removal leaves a hole, and holes go
 * away with the next copy. Adding and removing cost constant time on average.
 */
final class EntrySet {

    private static final VarHandle SLOT = MethodHandles.arrayElementVarHandle(Object[].class);
    private static final int FEWEST = 4;

    private volatile @Nullable Object[] slots = new @Nullable Object[FEWEST];
    private int used;
    private int live;

    /** Any thread; slots may be null. */
    @Nullable Object[] slots() {
        return slots;
    }

    /** Any thread. */
    static SubjectTrie.@Nullable Entry at(@Nullable Object[] slots, int index) {
        return (SubjectTrie.@Nullable Entry) SLOT.getAcquire(slots, index);
    }

    int live() {
        return live;
    }

    void add(SubjectTrie.Entry entry) {
        if (used == slots.length) {
            copy(Math.max(FEWEST, live * 2));
        }
        entry.index = used;
        SLOT.setRelease(slots, used, entry);
        used++;
        live++;
    }

    void remove(SubjectTrie.Entry entry) {
        SLOT.setRelease(slots, entry.index, null);
        live--;
        if (used > FEWEST && live < used / 4) {
            copy(Math.max(FEWEST, live * 2));
        }
    }

    /** Any one of them; there must be one. */
    SubjectTrie.Entry any() {
        for (Object entry : slots) {
            if (entry != null) {
                return (SubjectTrie.Entry) entry;
            }
        }
        throw new IllegalStateException("no entry is left");
    }

    private void copy(int capacity) {
        @Nullable Object[] old = slots;
        Object[] now = Arrays.copyOf(new @Nullable Object[0], capacity);
        int kept = 0;
        for (int i = 0; i < used; i++) {
            if (old[i] instanceof SubjectTrie.Entry entry) {
                entry.index = kept;
                now[kept++] = entry;
            }
        }
        used = kept;
        slots = now;
    }
}
