package io.polymq.core.queue;

import org.jspecify.annotations.Nullable;

/** From offset to entry, by open addressing. Shard zone. */
final class EntryMap {

    private static final int FIRST = 16;

    /** Up to this length a table stays when it empties. */
    private static final int KEPT = 8192;

    private @Nullable Entry[] table = new Entry[FIRST];
    private int size;

    int size() {
        return size;
    }

    @Nullable Entry get(long offset) {
        int mask = table.length - 1;
        for (int i = slot(offset, mask); ; i = i + 1 & mask) {
            Entry found = table[i];
            if (found == null || found.offset == offset) {
                return found;
            }
        }
    }

    void put(Entry entry) {
        if (++size * 2 > table.length) {
            resize(table.length * 2);
        }
        insert(entry);
    }

    void remove(Entry entry) {
        int mask = table.length - 1;
        int i = slot(entry.offset, mask);
        while (table[i] != entry) {
            i = i + 1 & mask;
        }
        close(i, mask);
        if (--size * 16 < table.length && table.length > KEPT) {
            resize(table.length / 4);
        }
    }

    /**
     * Moves later entries of the same run into the gap, so that no marks of deletion are needed.
     */
    private void close(int gap, int mask) {
        int free = gap;
        for (int i = gap + 1 & mask; ; i = i + 1 & mask) {
            Entry entry = table[i];
            if (entry == null) {
                table[free] = null;
                return;
            }
            int home = slot(entry.offset, mask);
            if ((i - home & mask) >= (i - free & mask)) {
                table[free] = entry;
                free = i;
            }
        }
    }

    private void insert(Entry entry) {
        int mask = table.length - 1;
        int i = slot(entry.offset, mask);
        while (table[i] != null) {
            i = i + 1 & mask;
        }
        table[i] = entry;
    }

    private void resize(int length) {
        @Nullable Entry[] old = table;
        table = new Entry[Math.max(length, FIRST)];
        for (Entry entry : old) {
            if (entry != null) {
                insert(entry);
            }
        }
    }

    /** Scattered: neighbours side by side would make one run of the whole window. */
    private static int slot(long offset, int mask) {
        return (int) (offset * 0x9E3779B97F4A7C15L >>> 32) & mask;
    }
}
