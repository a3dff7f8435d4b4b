package io.polymq.storage;

import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The newest batches of a shard, oldest first: all that the index does not have yet, and those that
 * {@link TailCache} keeps. Own lock, held for moments.
 */
final class ShardTail {

    private static final BatchRef[] NONE = new BatchRef[0];

    private BatchRef[] refs = NONE;
    private int first;
    private int end;

    /** Batches below it are in the index only. */
    private long from;

    ShardTail(long from) {
        this.from = from;
    }

    synchronized long from() {
        return from;
    }

    synchronized boolean isEmpty() {
        return first == end;
    }

    synchronized void add(BatchRef ref) {
        if (end == refs.length) {
            int count = end - first;
            BatchRef[] room = count < refs.length / 2 ? refs : new BatchRef[Math.max(4, count * 2)];
            System.arraycopy(refs, first, room, 0, count);
            if (room == refs) {
                Arrays.fill(refs, count, end, null);
            }
            refs = room;
            first = 0;
            end = count;
        }
        refs[end++] = ref;
    }

    /** Takes back what was added from that offset on; how many records that were. */
    synchronized long removeFrom(long baseOffset) {
        long records = 0;
        while (end > first && refs[end - 1].baseOffset >= baseOffset) {
            records += refs[--end].records;
            refs[end] = null;
        }
        return records;
    }

    /** A batch was rewritten: the new one takes its place if it is here. */
    synchronized void replace(BatchRef ref) {
        int i = indexOf(ref.baseOffset);
        if (i >= first && refs[i].baseOffset == ref.baseOffset) {
            refs[i] = ref;
        }
    }

    synchronized void drop(long baseOffset) {
        int i = indexOf(baseOffset);
        if (i >= first && refs[i].baseOffset == baseOffset) {
            System.arraycopy(refs, i + 1, refs, i, end - i - 1);
            refs[--end] = null;
        }
    }

    /** The last position whose base offset is at or before the offset; first - 1 when none. */
    private int indexOf(long offset) {
        int low = first;
        int high = end - 1;
        while (low <= high) {
            int middle = (low + high) >>> 1;
            if (refs[middle].baseOffset <= offset) {
                low = middle + 1;
            } else {
                high = middle - 1;
            }
        }
        return high;
    }

    /** A batch as it is now, with its place and memory at one moment. */
    record Held(BatchRef ref, Segment segment, long position, byte @Nullable [] bytes, int at) {}

    private static Held held(BatchRef ref) {
        return new Held(ref, ref.segment, ref.position, ref.memory(), ref.chunkAt);
    }

    /**
     * Collects batches from the one that holds {@code offset} on, below {@code limit}.
     *
     * @param room bytes; the first batch is taken anyway when {@code minOne}
     * @return false when the offset lies below the tail
     */
    synchronized boolean collect(long offset, long limit, int room, boolean minOne, List<Held> to) {
        if (offset < from) {
            return false;
        }
        int i = indexOf(offset);
        if (i < first || refs[i].nextOffset <= offset) {
            i++;
        }
        int left = room;
        while (i < end && refs[i].baseOffset < limit) {
            if (refs[i].bytes > left && !(to.isEmpty() && (minOne || isCut(refs[i].bytes)))) {
                break;
            }
            to.add(held(refs[i]));
            left -= refs[i].bytes;
            i++;
        }
        return true;
    }

    /** Whether an extent of that size may hold several batches, of which some may be wanted. */
    static boolean isCut(int bytes) {
        return bytes <= Extents.LIMIT;
    }

    synchronized @Nullable Held atOrBefore(long offset) {
        int i = indexOf(offset);
        return i < first ? null : held(refs[i]);
    }

    synchronized @Nullable Held atOrAfter(long offset) {
        int i = indexOf(offset - 1) + 1;
        return i < end ? held(refs[i]) : null;
    }

    /** The lane wrote its blocks anew: a batch has moved. */
    synchronized void relocate(BatchRef ref, Segment segment, long position) {
        ref.segment = segment;
        ref.position = position;
    }

    /** Lets go of the oldest batches that the index has and the cache does not keep. */
    synchronized void prune(long applied) {
        while (first < end) {
            BatchRef ref = refs[first];
            if (ref.nextOffset > applied || ref.chunk != null && !ref.chunk.isEvicted()) {
                break;
            }
            dropFirst(ref);
        }
        forgetIfEmpty(applied);
    }

    /** The index has trimmed the shard: what lies below the start may lose its segment. */
    synchronized void trim(long start, long applied) {
        while (first < end && refs[first].nextOffset <= Math.min(start, applied)) {
            dropFirst(refs[first]);
        }
        forgetIfEmpty(applied);
    }

    private void dropFirst(BatchRef ref) {
        refs[first++] = null;
        from = ref.nextOffset;
    }

    private void forgetIfEmpty(long applied) {
        if (first == end) {
            from = Math.max(from, applied);
            refs = NONE;
            first = 0;
            end = 0;
        }
    }

    /** Records and bytes of what the index does not have yet, below the limit. */
    synchronized long[] counted(long applied, long limit) {
        long records = 0;
        long bytes = 0;
        for (int i = end - 1; i >= first && refs[i].nextOffset > applied; i--) {
            if (refs[i].nextOffset <= limit) {
                records += refs[i].records;
                bytes += refs[i].bytes;
            }
        }
        return new long[] {records, bytes};
    }
}
