package io.polymq.core.router;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Arrays;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Nodes by their text: open addressing for lock-free readers and one writer at a time. A reader
 * that meets a table while it is replaced sees the state before. A removed node leaves a mark so
 * that chains stay whole. Above a few thousand nodes the table is split by the hash's upper bits,
 * so that no growth copies more than a part of it: subscribing takes microseconds, whatever the
 * size.
 */
class LevelTable {

    private static final VarHandle SLOT = MethodHandles.arrayElementVarHandle(TrieNode[].class);
    private static final TrieNode GONE = new TrieNode(new byte[0], null);
    private static final int FEWEST = 4;
    private static final int SPLIT_AT = 4096;
    private static final int PART_BITS = 8;

    private final LevelHash hashes;
    private final boolean splits;

    /** The nodes ({@code TrieNode[]}), or the parts ({@code LevelTable[]}) once there are many. */
    private volatile Object state = new TrieNode[FEWEST];

    private int used;
    private int live;

    LevelTable(LevelHash hashes) {
        this(hashes, true);
    }

    private LevelTable(LevelHash hashes, boolean splits) {
        this.hashes = hashes;
        this.splits = splits;
    }

    final int live() {
        return live;
    }

    /** Any thread. */
    final @Nullable TrieNode find(long hash, byte[] bytes, int from, int to) {
        Object now = state;
        if (now instanceof LevelTable[] split) {
            return part(split, hash).find(hash, bytes, from, to);
        }
        @Nullable TrieNode[] table = (@Nullable TrieNode[]) now;
        int mask = table.length - 1;
        for (int at = (int) hash & mask; ; at = at + 1 & mask) {
            TrieNode node = (TrieNode) SLOT.getAcquire(table, at);
            if (node == null) {
                return null;
            }
            byte[] label = node.label;
            if (label.length == to - from
                    && Arrays.equals(label, 0, label.length, bytes, from, to)
                    && !isGone(node)) {
                return node;
            }
        }
    }

    /** The node must not be there yet. */
    final void add(long hash, TrieNode node) {
        live++;
        if (state instanceof LevelTable[] split) {
            part(split, hash).add(hash, node);
            return;
        }
        @Nullable TrieNode[] table = (@Nullable TrieNode[]) state;
        if ((used + 1) * 3 > table.length * 2) {
            if (splits && live > SPLIT_AT) {
                part(split(table), hash).add(hash, node);
                return;
            }
            table = resize(table);
        }
        if (put(table, hash, node)) {
            used++;
        }
    }

    final void remove(long hash, TrieNode node) {
        live--;
        if (state instanceof LevelTable[] split) {
            part(split, hash).remove(hash, node);
            return;
        }
        @Nullable TrieNode[] table = (@Nullable TrieNode[]) state;
        int mask = table.length - 1;
        int at = (int) hash & mask;
        while (!isSame(table[at], node)) {
            at = at + 1 & mask;
        }
        SLOT.setRelease(table, at, GONE);
        // marks at a chain's end serve no one
        if (table[at + 1 & mask] == null) {
            while (table[at] != null && isGone(table[at])) {
                SLOT.setRelease(table, at, null);
                used--;
                at = at - 1 & mask;
            }
        }
        if (table.length > FEWEST && live * 8 < table.length) {
            resize(table);
        }
    }

    /** Any thread; weakly consistent. */
    final void forEach(Consumer<TrieNode> action) {
        Object now = state;
        if (now instanceof LevelTable[] split) {
            for (LevelTable part : split) {
                part.forEach(action);
            }
            return;
        }
        for (TrieNode node : (@Nullable TrieNode[]) now) {
            if (node != null && !isGone(node)) {
                action.accept(node);
            }
        }
    }

    private static LevelTable part(LevelTable[] split, long hash) {
        return split[(int) (hash >>> 64 - PART_BITS)];
    }

    private LevelTable[] split(@Nullable TrieNode[] table) {
        LevelTable[] split = new LevelTable[1 << PART_BITS];
        Arrays.setAll(split, i -> new LevelTable(hashes, false));
        for (TrieNode node : table) {
            if (node != null && !isGone(node)) {
                long hash = hashes.of(node.label, 0, node.label.length);
                part(split, hash).add(hash, node);
            }
        }
        state = split;
        return split;
    }

    private @Nullable TrieNode[] resize(@Nullable TrieNode[] table) {
        int size = FEWEST;
        while (size < (live + 1) * 2) {
            size *= 2;
        }
        @Nullable TrieNode[] now = new @Nullable TrieNode[size];
        used = 0;
        for (TrieNode node : table) {
            if (node != null && !isGone(node)) {
                put(now, hashes.of(node.label, 0, node.label.length), node);
                used++;
            }
        }
        state = now;
        return now;
    }

    /** False when it took the place of a mark. */
    private static boolean put(@Nullable TrieNode[] table, long hash, TrieNode node) {
        int mask = table.length - 1;
        int at = (int) hash & mask;
        while (table[at] != null && !isGone(table[at])) {
            at = at + 1 & mask;
        }
        boolean fresh = table[at] == null;
        SLOT.setRelease(table, at, node);
        return fresh;
    }

    @SuppressWarnings("ReferenceEquality") // nodes have no equality but identity
    private static boolean isGone(@Nullable TrieNode node) {
        return node == GONE;
    }

    @SuppressWarnings("ReferenceEquality")
    private static boolean isSame(@Nullable TrieNode a, TrieNode b) {
        return a == b;
    }
}
