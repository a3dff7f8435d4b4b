package io.polymq.core.service;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** From ticket to timer, by open addressing: a pending message costs little. Shard zone. */
final class PendingMessages {

    private static final int FIRST = 64;

    private @Nullable PendingMessage[] table = new PendingMessage[FIRST];
    private int size;

    int size() {
        return size;
    }

    @Nullable PendingMessage get(long id) {
        int mask = table.length - 1;
        for (int i = slot(id, mask); ; i = i + 1 & mask) {
            PendingMessage found = table[i];
            if (found == null || found.id == id) {
                return found;
            }
        }
    }

    void put(PendingMessage pending) {
        if (++size * 4L > table.length * 3L) {
            resize(table.length * 2);
        }
        insert(pending);
    }

    void remove(PendingMessage pending) {
        int mask = table.length - 1;
        int i = slot(pending.id, mask);
        while (table[i] != pending) {
            i = i + 1 & mask;
        }
        int free = i;
        for (i = i + 1 & mask; ; i = i + 1 & mask) {
            PendingMessage next = table[i];
            if (next == null) {
                break;
            }
            if ((i - slot(next.id, mask) & mask) >= (i - free & mask)) {
                table[free] = next;
                free = i;
            }
        }
        table[free] = null;
        if (--size * 8 < table.length && table.length > FIRST) {
            resize(table.length / 2);
        }
    }

    /** Those that are due next, in the order of their times. */
    PendingMessage[] next(int most) {
        List<PendingMessage> all = new ArrayList<>(size);
        for (PendingMessage pending : table) {
            if (pending != null) {
                all.add(pending);
            }
        }
        all.sort(Comparator.comparingLong(pending -> pending.at));
        return all.subList(0, Math.min(most, all.size())).toArray(PendingMessage[]::new);
    }

    private void insert(PendingMessage pending) {
        int mask = table.length - 1;
        int i = slot(pending.id, mask);
        while (table[i] != null) {
            i = i + 1 & mask;
        }
        table[i] = pending;
    }

    private void resize(int length) {
        @Nullable PendingMessage[] old = table;
        table = new PendingMessage[length];
        for (PendingMessage pending : old) {
            if (pending != null) {
                insert(pending);
            }
        }
    }

    /** Scattered: neighbours side by side would make one run of all. */
    private static int slot(long id, int mask) {
        return (int) (id * 0x9E3779B97F4A7C15L >>> 32) & mask;
    }
}
