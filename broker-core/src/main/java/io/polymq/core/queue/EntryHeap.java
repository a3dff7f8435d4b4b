package io.polymq.core.queue;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Entries in the order of their offsets, the lowest on top; any of them may be taken out. Shard
 * zone.
 */
final class EntryHeap {

    private @Nullable Entry[] heap = new Entry[8];
    private int size;

    int size() {
        return size;
    }

    @Nullable Entry peek() {
        return size == 0 ? null : heap[0];
    }

    void add(Entry entry) {
        if (size == heap.length) {
            heap = Arrays.copyOf(heap, size * 2);
        }
        entry.heap = this;
        up(size++, entry);
    }

    void remove(Entry entry) {
        int at = entry.heapIndex;
        entry.heap = null;
        entry.heapIndex = -1;
        Entry last = heap[--size];
        heap[size] = null;
        if (last == null || last == entry) {
            return;
        }
        up(at, last);
        if (last.heapIndex == at) {
            down(at, last);
        }
    }

    private void up(int at, Entry entry) {
        int i = at;
        while (i > 0) {
            Entry parent = heap[(i - 1) >>> 1];
            if (parent == null || parent.offset <= entry.offset) {
                break;
            }
            place(i, parent);
            i = (i - 1) >>> 1;
        }
        place(i, entry);
    }

    private void down(int at, Entry entry) {
        int i = at;
        while (2 * i + 1 < size) {
            int child = 2 * i + 1;
            Entry lower = heap[child];
            Entry right = child + 1 < size ? heap[child + 1] : null;
            if (right != null && lower != null && right.offset < lower.offset) {
                lower = right;
                child++;
            }
            if (lower == null || lower.offset >= entry.offset) {
                break;
            }
            place(i, lower);
            i = child;
        }
        place(i, entry);
    }

    private void place(int at, Entry entry) {
        heap[at] = entry;
        entry.heapIndex = at;
    }
}
