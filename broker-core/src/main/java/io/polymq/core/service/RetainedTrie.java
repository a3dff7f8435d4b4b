package io.polymq.core.service;

import io.polymq.core.service.RetainedMessages.Retained;
import io.polymq.core.subject.Filter;
import io.polymq.core.subject.Subject;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Subjects by their levels, to be found by a filter with wildcards. Look-ups take no lock; whoever
 * adds or removes a subject holds the trie's owner's lock. Shared.
 */
final class RetainedTrie {

    /** A level; its children come into being with the first. */
    private static final class Node {
        private volatile @Nullable ConcurrentHashMap<String, Node> children;
        private volatile @Nullable Subject subject;

        private Iterator<Map.Entry<String, Node>> iterate() {
            Map<String, Node> known = children;
            return known == null ? Collections.emptyIterator() : known.entrySet().iterator();
        }

        private @Nullable Node child(String level) {
            Map<String, Node> known = children;
            return known == null ? null : known.get(level);
        }

        private boolean isEmpty() {
            Map<String, Node> known = children;
            return subject == null && (known == null || known.isEmpty());
        }
    }

    private final Node root = new Node();

    void add(Subject subject) {
        Node node = root;
        for (String level : levels(subject)) {
            ConcurrentHashMap<String, Node> children = node.children;
            if (children == null) {
                children = new ConcurrentHashMap<>(2);
                node.children = children;
            }
            node = children.computeIfAbsent(level, absent -> new Node());
        }
        node.subject = subject;
    }

    void remove(Subject subject) {
        List<String> levels = levels(subject);
        ArrayList<Node> path = new ArrayList<>(levels.size() + 1);
        path.add(root);
        for (String level : levels) {
            Node child = path.getLast().child(level);
            if (child == null) {
                return;
            }
            path.add(child);
        }
        path.getLast().subject = null;
        for (int i = levels.size(); i > 0 && path.get(i).isEmpty(); i--) {
            Map<String, Node> siblings = path.get(i - 1).children;
            if (siblings != null) {
                siblings.remove(levels.get(i - 1));
            }
        }
    }

    private static List<String> levels(Subject subject) {
        return Arrays.asList(subject.toString().split("\\.", -1));
    }

    /** Looks a subject's message up when the walk has come to it. */
    interface Lookup {
        @Nullable Retained get(Subject subject);
    }

    Walk walk(Filter filter, Lookup lookup) {
        return new Walk(filter, lookup);
    }

    /**
     * A walk over the matching subjects that can be interrupted. At each node it knows all places
     * in the filter that its path may have come to, so that a filter with several wildcards visits
     * no node twice.
     */
    final class Walk implements RetainedMessages.Scan {

        private static final int VISITS_PER_MATCH = 64;

        private record Frame(int[] places, Iterator<Map.Entry<String, Node>> children) {}

        private final Filter.Level[] levels;
        private final boolean skipsReserved;
        private final Lookup lookup;
        private final ArrayDeque<Frame> stack = new ArrayDeque<>();
        private @Nullable Node reached;

        private Walk(Filter filter, Lookup lookup) {
            ArrayList<Filter.Level> all = new ArrayList<>(filter.levels());
            if (!all.isEmpty() && all.getLast() instanceof Filter.Rest) {
                all.set(all.size() - 1, new Filter.One());
                all.add(new Filter.Any());
            }
            this.levels = all.toArray(new Filter.Level[0]);
            this.skipsReserved = filter.skipsReserved();
            this.lookup = lookup;
            enter(root, close(new int[] {0}));
        }

        @Override
        public boolean next(int max, Consumer<Retained> to) {
            int found = 0;
            int visits = max * VISITS_PER_MATCH;
            while (found < max && visits-- > 0) {
                Node node = reached;
                reached = null;
                Subject subject = node == null ? null : node.subject;
                Retained message = subject == null ? null : lookup.get(subject);
                if (message != null) {
                    to.accept(message);
                    found++;
                } else if (node == null && !step()) {
                    return false;
                }
            }
            return reached != null || !stack.isEmpty();
        }

        /** To the next node; false at the end. */
        private boolean step() {
            while (!stack.isEmpty()) {
                Frame top = stack.getFirst();
                if (!top.children().hasNext()) {
                    stack.removeFirst();
                    continue;
                }
                Map.Entry<String, Node> child = top.children().next();
                boolean hidden =
                        stack.size() == 1 && skipsReserved && child.getKey().startsWith("$");
                int[] places = hidden ? new int[0] : after(top.places(), child.getKey());
                if (places.length > 0) {
                    enter(child.getValue(), places);
                    return true;
                }
            }
            return false;
        }

        private void enter(Node node, int[] places) {
            if (places[places.length - 1] == levels.length) {
                reached = node;
            }
            stack.addFirst(new Frame(places, children(node, places)));
        }

        /** Only those that an exact level names, when there is no wildcard among the places. */
        private Iterator<Map.Entry<String, Node>> children(Node node, int[] places) {
            List<Map.Entry<String, Node>> named = new ArrayList<>(places.length);
            for (int place : places) {
                if (place == levels.length) {
                    continue;
                }
                if (!(levels[place] instanceof Filter.Exact exact)) {
                    return node.iterate();
                }
                Node child = node.child(exact.text());
                if (child != null && named.stream().noneMatch(e -> e.getValue() == child)) {
                    named.add(Map.entry(exact.text(), child));
                }
            }
            return named.iterator();
        }

        private int[] after(int[] places, String text) {
            int[] next = new int[places.length * 2];
            int count = 0;
            for (int place : places) {
                int to =
                        place == levels.length
                                ? -1
                                : switch (levels[place]) {
                                    case Filter.Exact exact ->
                                            exact.text().equals(text) ? place + 1 : -1;
                                    case Filter.One one -> place + 1;
                                    case Filter.Any any -> place;
                                    case Filter.Rest rest -> place;
                                };
                if (to >= 0 && (count == 0 || next[count - 1] != to)) {
                    next[count++] = to;
                }
            }
            return count == 0 ? new int[0] : close(Arrays.copyOf(next, count));
        }

        /** With the places that can be come to without a level, in order, each once. */
        private int[] close(int[] places) {
            int[] closed = new int[places.length + levels.length + 1];
            int count = 0;
            for (int place : places) {
                int at = place;
                if (count > 0 && closed[count - 1] >= at) {
                    continue;
                }
                closed[count++] = at;
                while (at < levels.length && levels[at] instanceof Filter.Any) {
                    closed[count++] = ++at;
                }
            }
            return Arrays.copyOf(closed, count);
        }
    }
}
