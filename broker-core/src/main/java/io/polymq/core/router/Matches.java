package io.polymq.core.router;

import java.util.Arrays;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What a walk through a {@link SubjectTrie} has found, and its scratch space, to be used again and
 * again by one thread.
 */
public final class Matches<E extends SubjectTrie.Entry> {

    private static final int SMALL = 16;
    private static final int KEEP = 4096;

    private Object[] found = new Object[SMALL];
    private int foundCount;
    private TrieNode[] alive = new TrieNode[SMALL];
    private int aliveCount;
    private TrieNode[] next = new TrieNode[SMALL];
    private int nextCount;
    private TrieNode[] lasting = new TrieNode[SMALL];
    private int lastingCount;

    /** Wildcards for many levels below another such, met already; null while there are none. */
    private @Nullable Set<TrieNode> met;

    public int size() {
        return foundCount;
    }

    @SuppressWarnings("unchecked") // only entries of the trie's own type are put in
    public E get(int index) {
        return (E) found[index];
    }

    public void forEach(Consumer<E> action) {
        for (int i = 0; i < foundCount; i++) {
            action.accept(get(i));
        }
    }

    /** Forgets what was found, so that nothing is held longer than needed. */
    public void clear() {
        Arrays.fill(found, 0, foundCount, null);
        foundCount = 0;
        if (found.length > KEEP) {
            found = new Object[SMALL];
        }
        if (alive.length > KEEP || next.length > KEEP || lasting.length > KEEP) {
            alive = new TrieNode[SMALL];
            next = new TrieNode[SMALL];
            lasting = new TrieNode[SMALL];
        }
    }

    void begin() {
        clear();
        aliveCount = 0;
        nextCount = 0;
        lastingCount = 0;
        met = null;
    }

    void alive(TrieNode node) {
        if (nextCount == next.length) {
            next = Arrays.copyOf(next, nextCount * 2);
        }
        next[nextCount++] = node;
    }

    void nextLevel() {
        TrieNode[] swap = alive;
        alive = next;
        aliveCount = nextCount;
        next = swap;
        nextCount = 0;
    }

    int aliveCount() {
        return aliveCount;
    }

    TrieNode alive(int index) {
        return alive[index];
    }

    int lastingCount() {
        return lastingCount;
    }

    TrieNode lasting(int index) {
        return lasting[index];
    }

    boolean isDead() {
        return nextCount == 0 && lastingCount == 0;
    }

    /** A wildcard for any number of levels was reached: it matches, and lives from now on. */
    void lasting(TrieNode any) {
        if (isMet(any)) {
            return;
        }
        collect(any.entries);
        if (any.children != null) {
            if (lastingCount == lasting.length) {
                lasting = Arrays.copyOf(lasting, lastingCount * 2);
            }
            lasting[lastingCount++] = any;
        }
    }

    void rest(TrieNode rest) {
        if (!isMet(rest)) {
            collect(rest.entries);
        }
    }

    /** Only below a lasting wildcard can a node be reached in several ways. */
    private boolean isMet(TrieNode node) {
        if (lastingCount == 0) {
            return false;
        }
        Set<TrieNode> known = met;
        if (known == null) {
            known = Collections.newSetFromMap(new IdentityHashMap<>());
            met = known;
        }
        return !known.add(node);
    }

    void collect(@Nullable Object entries) {
        if (entries instanceof EntrySet set) {
            @Nullable Object[] slots = set.slots();
            for (int i = 0; i < slots.length; i++) {
                SubjectTrie.Entry entry = EntrySet.at(slots, i);
                if (entry != null) {
                    found(entry);
                }
            }
        } else if (entries != null) {
            found(entries);
        }
    }

    private void found(Object entry) {
        if (foundCount == found.length) {
            found = Arrays.copyOf(found, foundCount * 2);
        }
        found[foundCount++] = entry;
    }
}
