package io.polymq.core.router;

import io.polymq.core.subject.Filter;
import io.polymq.core.subject.Subject;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Filters with entries, found by subject: the router's subscriptions, a topic exchange's bindings.
 * Shared: any thread may read without locks, changes take a short lock (a microsecond, whatever the
 * size) and are seen by every read that begins after them.
 *
 * <p>Matching walks the subject level by level with the set of nodes that are alive. A node has one
 * way to be reached, except below a wildcard for many levels, where what was visited is remembered:
 * so the work is bounded by the levels times the filters that are alive, however wildcards are
 * combined.
 *
 * <p>Filters to which subjects beginning with {@code $} are hidden live under a root of their own,
 * which such subjects do not enter.
 */
public final class SubjectTrie<E extends SubjectTrie.Entry> {

    /** What stands at a filter; a class of the user's own extends it. In one trie at a time. */
    public abstract static class Entry {
        @Nullable TrieNode node;
        int index;

        /** The filter that it was added with; rebuilt by each call. Not after it was removed. */
        protected final Filter filterInTrie() {
            TrieNode at = node;
            if (at == null) {
                throw new IllegalStateException("the entry is in no trie");
            }
            return filterOf(at);
        }
    }

    private final LevelHash hashes;
    private final int maxLevels;
    private final LevelTable exact;
    private final TrieNode root = new TrieNode(new byte[0], null);
    private final TrieNode skippingRoot = new TrieNode(new byte[] {'$'}, null);
    private final ReentrantLock lock = new ReentrantLock();
    private final AtomicLong size = new AtomicLong();

    /**
     * @param secret makes hashes unpredictable for peers
     * @param maxLevels deeper filters with wildcards are refused; a level costs about a hundred
     *     bytes
     */
    public SubjectTrie(long secret, int maxLevels) {
        this(new LevelHash(secret), maxLevels);
    }

    SubjectTrie(LevelHash hashes, int maxLevels) {
        this.hashes = hashes;
        this.maxLevels = maxLevels;
        this.exact = new LevelTable(hashes);
    }

    public long size() {
        return size.get();
    }

    /** Whether the trie takes such a deep filter; it takes any without wildcards. */
    public boolean takes(Filter filter) {
        return filter.isExact() || filter.levelCount() <= maxLevels;
    }

    /** Fails when the filter is too deep. */
    public void add(Filter filter, E entry) {
        Subject text = filter.subject();
        if (text == null && filter.levelCount() > maxLevels) {
            throw new IllegalArgumentException(
                    "a filter with wildcards has at most " + maxLevels + " levels");
        }
        lock.lock();
        try {
            if (entry.node != null) {
                throw new IllegalStateException("the entry is in a trie already");
            }
            TrieNode node = text == null ? nodeFor(filter) : exactNode(text);
            Object there = node.entries;
            entry.node = node;
            if (there == null) {
                node.entries = entry;
            } else if (there instanceof EntrySet set) {
                set.add(entry);
            } else {
                EntrySet set = new EntrySet();
                set.add((Entry) there);
                set.add(entry);
                node.entries = set;
            }
            size.incrementAndGet();
        } finally {
            lock.unlock();
        }
    }

    /** False when it was not there any more. */
    public boolean remove(E entry) {
        lock.lock();
        try {
            TrieNode node = entry.node;
            if (node == null) {
                return false;
            }
            if (node.entries instanceof EntrySet set) {
                set.remove(entry);
                if (set.live() == 1) {
                    node.entries = set.any();
                }
            } else {
                node.entries = null;
                if (isWhole(node)) {
                    exact.remove(hashes.of(node.label, 0, node.label.length), node);
                } else {
                    prune(node);
                }
            }
            entry.node = null;
            size.decrementAndGet();
            return true;
        } finally {
            lock.unlock();
        }
    }

    /** Adds to {@code found} every entry whose filter matches. */
    public void match(Subject subject, Matches<E> found) {
        byte[] bytes = subject.dotted();
        found.begin();
        TrieNode whole = exact.find(hashes.of(bytes, 0, bytes.length), bytes, 0, bytes.length);
        if (whole != null) {
            found.collect(whole.entries);
        }
        found.alive(root);
        if (!subject.isReserved() && skippingRoot.children != null) {
            found.alive(skippingRoot);
        }
        for (int from = 0; from <= bytes.length && bytes.length > 0; ) {
            int to = Filter.levelEnd(bytes, from);
            long hash = hashes.of(bytes, from, to);
            found.nextLevel();
            for (int i = 0; i < found.aliveCount(); i++) {
                step(found.alive(i), hash, bytes, from, to, found);
            }
            // grows while it is walked: what becomes lasting here may skip no level at all
            for (int i = 0; i < found.lastingCount(); i++) {
                step(found.lasting(i), hash, bytes, from, to, found);
            }
            if (found.isDead()) {
                return;
            }
            from = to + 1;
        }
        found.nextLevel();
        for (int i = 0; i < found.aliveCount(); i++) {
            end(found.alive(i), found);
        }
    }

    /** Every entry as it is now; weakly consistent. */
    public void forEach(Consumer<E> action) {
        Matches<E> here = new Matches<>();
        exact.forEach(
                node -> {
                    here.clear();
                    here.collect(node.entries);
                    here.forEach(action);
                });
        Deque<TrieNode> open = new ArrayDeque<>(List.of(root, skippingRoot));
        while (!open.isEmpty()) {
            TrieNode node = open.pop();
            here.clear();
            here.collect(node.entries);
            here.forEach(action);
            switch (node.children) {
                case null -> {}
                case TrieNode only -> open.push(only);
                case TrieNode.Children children -> {
                    pushUnlessNull(open, children.one);
                    pushUnlessNull(open, children.any);
                    pushUnlessNull(open, children.rest);
                    children.forEach(open::push);
                }
                default -> throw new IllegalStateException("no children: " + node.children);
            }
        }
    }

    private static void pushUnlessNull(Deque<TrieNode> open, @Nullable TrieNode node) {
        if (node != null) {
            open.push(node);
        }
    }

    @SuppressWarnings("ReferenceEquality") // wildcards are told from texts by identity
    private static <E extends Entry> void step(
            TrieNode node, long hash, byte[] bytes, int from, int to, Matches<E> found) {
        Object children = node.children;
        if (children instanceof TrieNode only) {
            byte[] label = only.label;
            if (label == TrieNode.ONE) {
                found.alive(only);
            } else if (label == TrieNode.ANY) {
                found.lasting(only);
            } else if (label == TrieNode.REST) {
                found.rest(only);
            } else if (label.length == to - from
                    && Arrays.equals(label, 0, label.length, bytes, from, to)) {
                found.alive(only);
            }
        } else if (children instanceof TrieNode.Children several) {
            TrieNode text = several.find(hash, bytes, from, to);
            if (text != null) {
                found.alive(text);
            }
            TrieNode one = several.one;
            if (one != null) {
                found.alive(one);
            }
            TrieNode any = several.any;
            if (any != null) {
                found.lasting(any);
            }
            TrieNode rest = several.rest;
            if (rest != null) {
                found.rest(rest);
            }
        }
    }

    @SuppressWarnings("ReferenceEquality")
    private static <E extends Entry> void end(TrieNode node, Matches<E> found) {
        found.collect(node.entries);
        Object children = node.children;
        if (children instanceof TrieNode only) {
            if (only.label == TrieNode.ANY) {
                found.lasting(only);
            }
        } else if (children instanceof TrieNode.Children several) {
            TrieNode any = several.any;
            if (any != null) {
                found.lasting(any);
            }
        }
    }

    private TrieNode exactNode(Subject text) {
        byte[] bytes = text.dotted();
        long hash = hashes.of(bytes, 0, bytes.length);
        TrieNode known = exact.find(hash, bytes, 0, bytes.length);
        if (known != null) {
            return known;
        }
        TrieNode fresh = new TrieNode(bytes, null);
        exact.add(hash, fresh);
        return fresh;
    }

    /** Whether the node stands for an exact filter, outside of the tree. */
    @SuppressWarnings("ReferenceEquality") // nodes have no equality but identity
    private boolean isWhole(TrieNode node) {
        return node.parent == null && node != root && node != skippingRoot;
    }

    private TrieNode nodeFor(Filter filter) {
        byte[] encoded = filter.encoded();
        TrieNode node = filter.skipsReserved() ? skippingRoot : root;
        for (int from = 0; from <= encoded.length && encoded.length > 0; ) {
            int to = Filter.levelEnd(encoded, from);
            if (Filter.isWildcard(encoded, from)) {
                node = wildcardChild(node, encoded[from]);
            } else {
                node = textChild(node, encoded, Filter.literalStart(encoded, from, to), to);
            }
            from = to + 1;
        }
        return node;
    }

    private TrieNode textChild(TrieNode node, byte[] bytes, int from, int to) {
        Object children = node.children;
        if (children instanceof TrieNode only
                && !only.isWildcard()
                && Arrays.equals(only.label, 0, only.label.length, bytes, from, to)) {
            return only;
        }
        long hash = hashes.of(bytes, from, to);
        if (children instanceof TrieNode.Children several) {
            TrieNode known = several.find(hash, bytes, from, to);
            if (known != null) {
                return known;
            }
        }
        TrieNode fresh = new TrieNode(Arrays.copyOfRange(bytes, from, to), node);
        adopt(node, fresh);
        return fresh;
    }

    @SuppressWarnings("ReferenceEquality")
    private TrieNode wildcardChild(TrieNode node, byte kind) {
        byte[] label =
                switch (kind) {
                    case Filter.ONE -> TrieNode.ONE;
                    case Filter.ANY -> TrieNode.ANY;
                    default -> TrieNode.REST;
                };
        Object children = node.children;
        if (children instanceof TrieNode only && only.label == label) {
            return only;
        }
        if (children instanceof TrieNode.Children several) {
            TrieNode known =
                    switch (kind) {
                        case Filter.ONE -> several.one;
                        case Filter.ANY -> several.any;
                        default -> several.rest;
                    };
            if (known != null) {
                return known;
            }
        }
        TrieNode fresh = new TrieNode(label, node);
        adopt(node, fresh);
        return fresh;
    }

    private void adopt(TrieNode node, TrieNode fresh) {
        Object children = node.children;
        if (children == null) {
            node.children = fresh;
        } else if (children instanceof TrieNode only) {
            TrieNode.Children several = new TrieNode.Children(hashes);
            put(several, only);
            put(several, fresh);
            node.children = several;
        } else {
            put((TrieNode.Children) children, fresh);
        }
    }

    @SuppressWarnings("ReferenceEquality")
    private void put(TrieNode.Children children, TrieNode child) {
        if (child.label == TrieNode.ONE) {
            children.one = child;
        } else if (child.label == TrieNode.ANY) {
            children.any = child;
        } else if (child.label == TrieNode.REST) {
            children.rest = child;
        } else {
            children.add(hashes.of(child.label, 0, child.label.length), child);
        }
    }

    /** Takes out nodes that no filter goes through any more. */
    @SuppressWarnings("ReferenceEquality")
    private void prune(TrieNode from) {
        TrieNode node = from;
        TrieNode parent = node.parent;
        while (parent != null && node.isBare()) {
            if (parent.children instanceof TrieNode.Children several) {
                if (node.label == TrieNode.ONE) {
                    several.one = null;
                } else if (node.label == TrieNode.ANY) {
                    several.any = null;
                } else if (node.label == TrieNode.REST) {
                    several.rest = null;
                } else {
                    several.remove(hashes.of(node.label, 0, node.label.length), node);
                }
                if (several.isEmpty()) {
                    parent.children = null;
                }
            } else {
                parent.children = null;
            }
            node = parent;
            parent = node.parent;
        }
    }

    @SuppressWarnings("ReferenceEquality")
    private static Filter filterOf(TrieNode leaf) {
        if (leaf.parent == null) {
            return Filter.exactly(Subject.ofDotted(leaf.label, 0, leaf.label.length));
        }
        List<TrieNode> path = new ArrayList<>();
        TrieNode top = leaf;
        for (TrieNode parent = top.parent; parent != null; parent = top.parent) {
            path.add(top);
            top = parent;
        }
        Filter.Builder filter = new Filter.Builder(path.size() * 8);
        for (TrieNode node : path.reversed()) {
            byte[] label = node.label;
            if (label == TrieNode.ONE) {
                filter.one();
            } else if (label == TrieNode.ANY) {
                filter.any();
            } else if (label == TrieNode.REST) {
                filter.rest();
            } else {
                filter.exact(label, 0, label.length);
            }
        }
        return filter.build(top.label.length > 0);
    }
}
