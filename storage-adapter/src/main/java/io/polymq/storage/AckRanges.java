package io.polymq.storage;

import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * A set of offsets: all below the floor, and ranges above it that neither touch nor overlap, in
 * order. Its owner sees to exclusion.
 */
final class AckRanges {

    private long floor;
    private long[] from = new long[4];
    private long[] to = new long[4];
    private int count;

    AckRanges(long floor) {
        this.floor = floor;
    }

    long floor() {
        return floor;
    }

    int ranges() {
        return count;
    }

    boolean contains(long offset) {
        if (offset < floor) {
            return true;
        }
        int i = firstEndingAfter(offset);
        return i < count && from[i] <= offset;
    }

    /** The first offset at or above that one which is not in the set. */
    long nextMissing(long offset) {
        long at = Math.max(offset, floor);
        int i = firstEndingAfter(at);
        return i < count && from[i] <= at ? to[i] : at;
    }

    /** How many of {@code [start, end)} are not in the set. */
    long countMissing(long start, long end) {
        long begin = Math.max(start, floor);
        long missing = Math.max(0, end - begin);
        for (int i = firstEndingAfter(begin); i < count && from[i] < end; i++) {
            missing -= Math.min(to[i], end) - Math.max(from[i], begin);
        }
        return missing;
    }

    /** Adds {@code [start, end)}; whether that changed anything. */
    boolean add(long start, long end) {
        long begin = Math.max(start, floor);
        if (begin >= end) {
            return false;
        }
        // ranges first..last-1 touch or overlap the new one and become part of it
        int first = firstEndingAfter(begin - 1);
        int last = first;
        while (last < count && from[last] <= end) {
            last++;
        }
        if (last == first + 1 && from[first] <= begin && to[first] >= end) {
            return false;
        }
        long low = last > first ? Math.min(begin, from[first]) : begin;
        long high = last > first ? Math.max(end, to[last - 1]) : end;
        if (low <= floor) {
            floor = high;
            remove(0, last);
        } else {
            replace(first, last, low, high);
        }
        return true;
    }

    /** Moves the floor; a higher one swallows ranges, a lower one may forget them. */
    void reset(long newFloor, boolean forget) {
        if (forget) {
            count = 0;
            floor = newFloor;
        } else if (newFloor < floor) {
            // what lay between the floors is open again; ranges above the old one stay
            floor = newFloor;
        } else {
            floor = newFloor;
            int gone = firstEndingAfter(newFloor);
            remove(0, gone);
            if (count > 0 && from[0] <= floor) {
                floor = to[0];
                remove(0, 1);
            }
        }
    }

    private int firstEndingAfter(long offset) {
        int i = Arrays.binarySearch(to, 0, count, offset);
        return i >= 0 ? i + 1 : -i - 1;
    }

    private void remove(int first, int last) {
        System.arraycopy(from, last, from, first, count - last);
        System.arraycopy(to, last, to, first, count - last);
        count -= last - first;
    }

    private void replace(int first, int last, long low, long high) {
        if (first == last) {
            if (count == from.length) {
                from = Arrays.copyOf(from, count * 2);
                to = Arrays.copyOf(to, count * 2);
            }
            System.arraycopy(from, first, from, first + 1, count - first);
            System.arraycopy(to, first, to, first + 1, count - first);
            count++;
        } else {
            remove(first + 1, last);
        }
        from[first] = low;
        to[first] = high;
    }

    /** Floor, number of ranges, then gap and length of each, as variable-length numbers. */
    byte[] encode() {
        byte[] bytes = new byte[20 + count * 20];
        int at = Varints.put(bytes, 0, floor);
        at = Varints.put(bytes, at, count);
        long last = floor;
        for (int i = 0; i < count; i++) {
            at = Varints.put(bytes, at, from[i] - last);
            at = Varints.put(bytes, at, to[i] - from[i]);
            last = to[i];
        }
        return Arrays.copyOf(bytes, at);
    }

    static AckRanges decode(ByteBuffer bytes) {
        AckRanges ranges = new AckRanges(Varints.read(bytes));
        int count = Varints.readInt(bytes);
        if (count < 0 || count > bytes.remaining() / 2) {
            throw new StorageException(
                    StorageException.Kind.CORRUPT_STORE, "a cursor of " + count + " ranges");
        }
        ranges.from = new long[Math.max(4, count)];
        ranges.to = new long[Math.max(4, count)];
        ranges.count = count;
        long last = ranges.floor;
        for (int i = 0; i < count; i++) {
            ranges.from[i] = last + Varints.read(bytes);
            ranges.to[i] = ranges.from[i] + Varints.read(bytes);
            last = ranges.to[i];
        }
        return ranges;
    }
}
