package io.polymq.nats.jetstream.stream;

import io.polymq.core.subject.Filter;
import io.polymq.core.subject.Subject;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Which messages a stream holds: for each sequence its subject, size and time in arrays of 4096,
 * for each subject its number of messages, first and last. A message costs 20 bytes, a subject
 * about 150. Messages of one subject are chained forwards, so that the next of a subject is found
 * without looking at those between; a removed message stays in its chain and is passed over.
 *
 * <p>Removed are bits of their block; a block without messages is let go, with its part of the
 * chains: who follows them falls back to looking for the subject's next message. Shard zone.
 */
public final class MessageIndex {

    private static final int BITS = 12;
    private static final int SIZE = 1 << BITS;
    private static final int MASK = SIZE - 1;

    private static final class Block {
        final int[] subjects = new int[SIZE];
        final int[] sizes = new int[SIZE];
        final int[] next = new int[SIZE];
        final int[] times = new int[SIZE];
        final long[] live = new long[SIZE / 64];
        final long baseTime;
        int count;

        Block(long baseTime) {
            this.baseTime = baseTime;
        }
    }

    private final ArrayList<@Nullable Block> blocks = new ArrayList<>();
    private final Map<Subject, SubjectEntry> subjects = new HashMap<>();
    private final ArrayList<@Nullable SubjectEntry> byId = new ArrayList<>();
    private final ArrayList<Integer> freeIds = new ArrayList<>();
    private long firstBlock;
    private long first = 1;
    private long last;
    private long messages;
    private long bytes;

    /** An empty index whose next message is this one. */
    void reset(long nextSequence) {
        blocks.clear();
        subjects.clear();
        byId.clear();
        freeIds.clear();
        first = nextSequence;
        last = nextSequence - 1;
        firstBlock = nextSequence >> BITS;
        messages = 0;
        bytes = 0;
    }

    /** Passes over sequences up to and including this one. */
    void skipTo(long sequence) {
        last = Math.max(last, sequence);
        if (messages == 0) {
            first = last + 1;
        }
    }

    SubjectEntry add(long sequence, Subject subject, int size, long time) {
        SubjectEntry entry = subjects.get(subject);
        if (entry == null) {
            int id = freeIds.isEmpty() ? byId.size() : freeIds.removeLast();
            entry = new SubjectEntry(id, subject);
            if (id == byId.size()) {
                byId.add(entry);
            } else {
                byId.set(id, entry);
            }
            subjects.put(subject, entry);
        }
        Block block = blockFor(sequence, time);
        int at = (int) sequence & MASK;
        block.subjects[at] = entry.id;
        block.sizes[at] = size;
        block.times[at] = (int) Math.min(Integer.MAX_VALUE, Math.max(0, time - block.baseTime));
        block.next[at] = 0;
        block.live[at >> 6] |= 1L << at;
        block.count++;
        if (entry.count == 0) {
            entry.first = sequence;
        } else {
            link(entry.last, sequence);
        }
        entry.last = sequence;
        entry.count++;
        if (messages == 0) {
            first = sequence;
        }
        last = sequence;
        messages++;
        bytes += size;
        return entry;
    }

    private void link(long from, long to) {
        Block block = block(from);
        long distance = to - from;
        if (block != null && distance <= Integer.MAX_VALUE) {
            block.next[(int) from & MASK] = (int) distance;
        }
    }

    private Block blockFor(long sequence, long time) {
        long number = sequence >> BITS;
        if (blocks.isEmpty()) {
            firstBlock = number;
        }
        while (firstBlock + blocks.size() <= number) {
            blocks.add(null);
        }
        int index = (int) (number - firstBlock);
        Block block = blocks.get(index);
        if (block == null) {
            block = new Block(time);
            blocks.set(index, block);
        }
        return block;
    }

    private @Nullable Block block(long sequence) {
        long index = (sequence >> BITS) - firstBlock;
        return index < 0 || index >= blocks.size() ? null : blocks.get((int) index);
    }

    /** Whether the message is there. */
    public boolean has(long sequence) {
        Block block = block(sequence);
        int at = (int) sequence & MASK;
        return block != null && (block.live[at >> 6] & 1L << at) != 0;
    }

    /** Removes a message; null when it is not there. */
    @Nullable SubjectEntry remove(long sequence) {
        if (!has(sequence)) {
            return null;
        }
        Block block = java.util.Objects.requireNonNull(block(sequence));
        int at = (int) sequence & MASK;
        SubjectEntry entry = java.util.Objects.requireNonNull(byId.get(block.subjects[at]));
        block.live[at >> 6] &= ~(1L << at);
        block.count--;
        messages--;
        bytes -= block.sizes[at];
        entry.count--;
        if (entry.count == 0) {
            subjects.remove(entry.subject);
            byId.set(entry.id, null);
            freeIds.add(entry.id);
        } else if (sequence == entry.first) {
            entry.first = nextOf(entry, sequence);
        } else if (sequence == entry.last) {
            entry.last = before(entry, sequence);
        }
        if (block.count == 0) {
            blocks.set((int) ((sequence >> BITS) - firstBlock), null);
            while (!blocks.isEmpty() && blocks.getFirst() == null) {
                blocks.removeFirst();
                firstBlock++;
            }
        }
        if (messages == 0) {
            first = last + 1;
        } else if (sequence == first) {
            first = next(sequence + 1);
        }
        return entry;
    }

    /** The subject's first message behind one that is or was of it. */
    private long nextOf(SubjectEntry entry, long sequence) {
        long at = sequence;
        while (true) {
            Block block = block(at);
            int step = block == null ? 0 : block.next[(int) at & MASK];
            if (step == 0) {
                return scan(entry, at + 1);
            }
            at += step;
            if (has(at)) {
                return at;
            }
        }
    }

    private long scan(SubjectEntry entry, long from) {
        for (long at = next(from); at > 0; at = next(at + 1)) {
            Block block = block(at);
            if (block != null && block.subjects[(int) at & MASK] == entry.id) {
                return at;
            }
        }
        return entry.last;
    }

    /** The subject's last message before one; follows the chain where that is the shorter way. */
    private long before(SubjectEntry entry, long sequence) {
        for (long at = sequence - 1; at >= entry.first; at--) {
            Block block = block(at);
            if (block == null) {
                at &= ~(long) MASK;
                continue;
            }
            int in = (int) at & MASK;
            if ((block.live[in >> 6] & 1L << in) != 0 && block.subjects[in] == entry.id) {
                block.next[in] = 0;
                return at;
            }
        }
        return entry.first;
    }

    /** The first message at or behind a sequence; 0 when there is none. */
    public long next(long from) {
        long at = Math.max(from, first);
        while (at <= last) {
            Block block = block(at);
            if (block == null) {
                at = (at & ~(long) MASK) + SIZE;
                continue;
            }
            int in = (int) at & MASK;
            long bits = block.live[in >> 6] >>> (in & 63);
            if (bits != 0) {
                return at + Long.numberOfTrailingZeros(bits);
            }
            at = (at | 63) + 1;
        }
        return 0;
    }

    /** The last message at or before a sequence; 0 when there is none. */
    public long previous(long from) {
        for (long at = Math.min(from, last); at >= first; at--) {
            if (has(at)) {
                return at;
            }
        }
        return 0;
    }

    /** The next message of a subject at or behind a sequence; 0 when there is none. */
    public long next(SubjectEntry entry, long from) {
        if (from <= entry.first) {
            return entry.first;
        }
        if (from > entry.last) {
            return 0;
        }
        if (from == entry.last) {
            return entry.last;
        }
        long found = scan(entry, from);
        return found < from ? 0 : found;
    }

    /** The subject of a message that is there. */
    public SubjectEntry entryAt(long sequence) {
        Block block = java.util.Objects.requireNonNull(block(sequence));
        return java.util.Objects.requireNonNull(byId.get(block.subjects[(int) sequence & MASK]));
    }

    /** Bytes of a message that is there. */
    public int sizeAt(long sequence) {
        return java.util.Objects.requireNonNull(block(sequence)).sizes[(int) sequence & MASK];
    }

    /** When a message that is there came, in milliseconds since 1970. */
    public long timeAt(long sequence) {
        Block block = java.util.Objects.requireNonNull(block(sequence));
        return block.baseTime + block.times[(int) sequence & MASK];
    }

    /** The first message that came at that time or later; last + 1 when there is none. */
    public long firstAt(long time) {
        long low = first;
        long high = last + 1;
        while (low < high) {
            long middle = (low + high) >>> 1;
            long at = next(middle);
            if (at == 0 || timeAt(at) >= time) {
                high = middle;
            } else {
                low = at + 1;
            }
        }
        long at = next(low);
        return at == 0 ? last + 1 : at;
    }

    public @Nullable SubjectEntry entry(Subject subject) {
        return subjects.get(subject);
    }

    /** Every subject that the filter matches. */
    public void matching(@Nullable Filter filter, Consumer<SubjectEntry> action) {
        Subject exact = filter == null ? null : filter.subject();
        if (exact != null) {
            SubjectEntry entry = subjects.get(exact);
            if (entry != null) {
                action.accept(entry);
            }
            return;
        }
        byte[] prefix = filter == null ? new byte[0] : literalPrefix(filter.encoded());
        for (SubjectEntry entry : subjects.values()) {
            if (filter == null
                    || startsWith(entry.subject.dotted(), prefix)
                            && filter.matches(entry.subject)) {
                action.accept(entry);
            }
        }
    }

    private static byte[] literalPrefix(byte[] encoded) {
        int end = 0;
        while (end < encoded.length && (encoded[end] < 0 || encoded[end] > Filter.LITERAL)) {
            end++;
        }
        return java.util.Arrays.copyOf(encoded, end);
    }

    private static boolean startsWith(byte[] bytes, byte[] prefix) {
        return bytes.length >= prefix.length
                && java.util.Arrays.equals(bytes, 0, prefix.length, prefix, 0, prefix.length);
    }

    public List<SubjectEntry> matching(@Nullable Filter filter) {
        List<SubjectEntry> all = new ArrayList<>();
        matching(filter, all::add);
        return all;
    }

    public long first() {
        return first;
    }

    public long last() {
        return last;
    }

    public long messages() {
        return messages;
    }

    public long bytes() {
        return bytes;
    }

    public int subjectCount() {
        return subjects.size();
    }

    /** How many sequences between the first and the last are holes. */
    public long deleted() {
        return messages == 0 ? 0 : last - first + 1 - messages;
    }
}
