package io.polymq.core.router;

import org.jspecify.annotations.Nullable;

/**
 * A level of some filters with wildcards, or the whole text of exact ones. Fields are read without
 * locks and written under the trie's lock. Small on purpose: a million filters have a few million
 * of these.
 */
final class TrieNode {

    static final byte[] ONE = {1};
    static final byte[] ANY = {2};
    static final byte[] REST = {3};

    /** The text, with its dots when it is a whole one; for wildcards one of the arrays above. */
    final byte[] label;

    final @Nullable TrieNode parent;

    /** Null, the only child, or {@link Children}. */
    volatile @Nullable Object children;

    /** Null, the only entry, or an {@link EntrySet}. */
    volatile @Nullable Object entries;

    TrieNode(byte[] label, @Nullable TrieNode parent) {
        this.label = label;
        this.parent = parent;
    }

    @SuppressWarnings("ReferenceEquality") // wildcards are told from texts by identity
    boolean isWildcard() {
        return label == ONE || label == ANY || label == REST;
    }

    boolean isBare() {
        return entries == null && children == null;
    }

    /** Children of a node that has several: wildcards, and a table of texts. */
    static final class Children extends LevelTable {
        volatile @Nullable TrieNode one;
        volatile @Nullable TrieNode any;
        volatile @Nullable TrieNode rest;

        Children(LevelHash hashes) {
            super(hashes);
        }

        boolean isEmpty() {
            return live() == 0 && one == null && any == null && rest == null;
        }
    }
}
