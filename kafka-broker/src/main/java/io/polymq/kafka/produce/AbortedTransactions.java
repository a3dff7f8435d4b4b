package io.polymq.kafka.produce;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The aborted transactions of a partition, in the order of their markers, so that readers of
 * committed records can leave them out. Kept in chunks, of which all but the newest are never
 * changed again. Not for several threads.
 */
public final class AbortedTransactions {

    static final int CHUNK = 1024;
    private static final int ENTRY_BYTES = 32;

    /**
     * One aborted transaction.
     *
     * @param first its first record's offset
     * @param last its marker's offset
     * @param stable what was stable once it had ended: later ones begin at or after it
     */
    public record Aborted(long producerId, long first, long last, long stable) {}

    /** Some of them; their numbers count up without a gap. */
    record Chunk(int number, List<Aborted> entries) {

        private boolean isFull() {
            return entries.size() == CHUNK;
        }

        private long last() {
            return entries.getLast().last;
        }
    }

    private final ArrayDeque<Chunk> chunks = new ArrayDeque<>();
    private int nextNumber;

    AbortedTransactions() {}

    /**
     * @return the chunk that is complete with it; null when none is
     */
    @Nullable Chunk add(Aborted aborted) {
        Chunk newest = chunks.peekLast();
        if (newest != null && !newest.entries.isEmpty() && newest.last() >= aborted.last) {
            return null; // known from a snapshot
        }
        if (newest == null || newest.isFull()) {
            newest = new Chunk(nextNumber++, new ArrayList<>());
            chunks.addLast(newest);
        }
        newest.entries.add(aborted);
        return newest.isFull() ? newest : null;
    }

    /** Those that a reader has to know who gets the records of [from, to). */
    List<Aborted> within(long from, long to) {
        List<Aborted> found = new ArrayList<>(0);
        for (Chunk chunk : chunks) {
            if (chunk.entries.isEmpty() || chunk.last() < from) {
                continue;
            }
            for (Aborted aborted : chunk.entries) {
                if (aborted.last >= from && aborted.first < to) {
                    found.add(aborted);
                }
                if (aborted.stable >= to) {
                    return found;
                }
            }
        }
        return found;
    }

    boolean isEmpty() {
        return chunks.isEmpty();
    }

    /**
     * Forgets whole chunks below what can still be read.
     *
     * @return their numbers
     */
    List<Integer> forgetBelow(long startOffset) {
        List<Integer> gone = new ArrayList<>(0);
        for (Iterator<Chunk> oldest = chunks.iterator(); oldest.hasNext(); ) {
            Chunk chunk = oldest.next();
            if (!chunk.isFull() || chunk.last() >= startOffset) {
                break;
            }
            gone.add(chunk.number);
            oldest.remove();
        }
        return gone;
    }

    /** The numbers of all complete chunks. */
    List<Integer> complete() {
        return chunks.stream().filter(Chunk::isFull).map(Chunk::number).toList();
    }

    /** Where the numbering stands, and the newest chunk when it is not complete. */
    ByteBuffer encodeTail() {
        Chunk newest = chunks.peekLast();
        boolean tail = newest != null && !newest.isFull();
        List<Aborted> entries = tail && newest != null ? newest.entries : List.of();
        int firstKept = chunks.isEmpty() ? nextNumber : chunks.getFirst().number;
        ByteBuffer to = ByteBuffer.allocate(12 + entries.size() * ENTRY_BYTES);
        to.putInt(firstKept).putInt(tail ? nextNumber - 1 : nextNumber).putInt(entries.size());
        entries.forEach(entry -> put(to, entry));
        return to.flip();
    }

    static ByteBuffer encode(Chunk chunk) {
        ByteBuffer to = ByteBuffer.allocate(chunk.entries.size() * ENTRY_BYTES);
        chunk.entries.forEach(entry -> put(to, entry));
        return to.flip();
    }

    private static void put(ByteBuffer to, Aborted entry) {
        to.putLong(entry.producerId).putLong(entry.first).putLong(entry.last).putLong(entry.stable);
    }

    /** What {@link #encodeTail} says: the complete chunks to be fetched, then the rest. */
    record Tail(int firstChunk, int nextChunk, List<Aborted> rest) {

        static Tail decode(ByteBuffer from) {
            int first = from.getInt();
            int next = from.getInt();
            return new Tail(first, next, entries(from, from.getInt()));
        }
    }

    static List<Aborted> entries(ByteBuffer from, int count) {
        List<Aborted> entries = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            entries.add(
                    new Aborted(from.getLong(), from.getLong(), from.getLong(), from.getLong()));
        }
        return entries;
    }

    /** Begins with what was kept. */
    void restore(Tail tail, List<Chunk> complete) {
        chunks.clear();
        chunks.addAll(complete);
        nextNumber = tail.nextChunk;
        tail.rest.forEach(this::add);
    }

    static Chunk decode(int number, ByteBuffer from) {
        return new Chunk(number, entries(from, from.remaining() / ENTRY_BYTES));
    }
}
