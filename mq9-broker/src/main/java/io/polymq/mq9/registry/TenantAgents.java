package io.polymq.mq9.registry;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.PriorityQueue;
import java.util.TreeMap;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** One tenant's agents and their indexes. Any thread, guarded by a lock of its own. */
final class TenantAgents {

    /** An agent and its signs of life. */
    static final class Entry {
        private final Agent agent;
        private final int document;
        private volatile long lastReport;
        private volatile String report;

        Entry(Agent agent, int document, long lastReport, String report) {
            this.agent = agent;
            this.document = document;
            this.lastReport = lastReport;
            this.report = report;
        }

        Agent agent() {
            return agent;
        }

        long lastReport() {
            return lastReport;
        }

        String report() {
            return report;
        }

        void reported(long now, String info) {
            lastReport = now;
            report = info;
        }
    }

    /** An entry and how well it fits. */
    record Scored(Entry entry, float score) {}

    /** Some of those that fit, and how many fit. */
    record Page(List<Scored> entries, int total) {}

    /** Those that fit alike in the order in which they came, on whatever page. */
    private static final Comparator<Scored> BEST_FIRST =
            Comparator.comparingDouble((Scored one) -> -one.score())
                    .thenComparingInt(one -> one.entry().document);

    private final Embedder embedder;
    private final ReadWriteLock lock = new ReentrantReadWriteLock();
    private final NavigableMap<String, Entry> byName = new TreeMap<>();
    private List<@Nullable Entry> byDocument = new ArrayList<>();
    private TextIndex text = new TextIndex();
    private VectorIndex vectors;

    TenantAgents(Embedder embedder) {
        this.embedder = embedder;
        this.vectors = new VectorIndex(embedder.dimensions());
    }

    int size() {
        lock.readLock().lock();
        try {
            return byName.size();
        } finally {
            lock.readLock().unlock();
        }
    }

    /** In place of what was there under that name; a new one is alive as of now. */
    void put(Agent agent, long now) {
        float[] vector = vector(agent);
        lock.writeLock().lock();
        try {
            forget(byName.get(agent.name()));
            index(agent, vector, now, "");
            sweep();
        } finally {
            lock.writeLock().unlock();
        }
    }

    private float[] vector(Agent agent) {
        StringBuilder all = new StringBuilder();
        agent.words().forEach(part -> all.append(part.text()).append(' '));
        return embedder.embed(all.toString());
    }

    private void index(Agent agent, float[] vector, long lastReport, String report) {
        Entry entry = new Entry(agent, text.add(agent.words()), lastReport, report);
        vectors.add(vector);
        byDocument.add(entry);
        byName.put(agent.name(), entry);
    }

    void remove(String name) {
        lock.writeLock().lock();
        try {
            forget(byName.remove(name));
            sweep();
        } finally {
            lock.writeLock().unlock();
        }
    }

    private void forget(@Nullable Entry known) {
        if (known != null) {
            text.remove(known.document);
            byDocument.set(known.document, null);
        }
    }

    private void sweep() {
        if (!text.needsSweep()) {
            return;
        }
        text = new TextIndex();
        vectors = new VectorIndex(embedder.dimensions());
        byDocument = new ArrayList<>();
        for (Map.Entry<String, Entry> known : List.copyOf(byName.entrySet())) {
            Entry entry = known.getValue();
            index(entry.agent, vector(entry.agent), entry.lastReport, entry.report);
        }
    }

    @Nullable Entry find(String name) {
        lock.readLock().lock();
        try {
            return byName.get(name);
        } finally {
            lock.readLock().unlock();
        }
    }

    /** By its mailbox, for clients that name agents so. */
    @Nullable Entry findByMailbox(String mailbox) {
        for (Entry entry : all()) {
            if (mailbox.equals(entry.agent.mailbox())) {
                return entry;
            }
        }
        return null;
    }

    List<Entry> all() {
        lock.readLock().lock();
        try {
            return List.copyOf(byName.values());
        } finally {
            lock.readLock().unlock();
        }
    }

    Page list(Predicate<Entry> wanted, int from, int most) {
        lock.readLock().lock();
        try {
            List<Scored> some = new ArrayList<>();
            int total = 0;
            for (Entry entry : byName.values()) {
                if (wanted.test(entry) && total++ >= from && some.size() < most) {
                    some.add(new Scored(entry, 0));
                }
            }
            return new Page(some, total);
        } finally {
            lock.readLock().unlock();
        }
    }

    Page byText(String question, Predicate<Entry> wanted, int from, int most) {
        lock.readLock().lock();
        try {
            return best(text.scores(question), wanted, from, most);
        } finally {
            lock.readLock().unlock();
        }
    }

    Page byMeaning(String question, Predicate<Entry> wanted, int from, int most) {
        float[] vector = embedder.embed(question);
        lock.readLock().lock();
        try {
            return best(vectors.scores(vector, from + most), wanted, from, most);
        } finally {
            lock.readLock().unlock();
        }
    }

    private Page best(float[] scores, Predicate<Entry> wanted, int from, int most) {
        PriorityQueue<Scored> best = new PriorityQueue<>(BEST_FIRST.reversed());
        int enough = from + most;
        float least = 0;
        int total = 0;
        for (int i = 0; i < scores.length; i++) {
            Entry entry = scores[i] > 0 ? byDocument.get(i) : null;
            if (entry == null || !wanted.test(entry)) {
                continue;
            }
            total++;
            if (scores[i] > least) {
                best.add(new Scored(entry, scores[i]));
                if (best.size() > enough) {
                    best.remove();
                }
                Scored worst = best.size() < enough ? null : best.peek();
                least = worst == null ? 0 : worst.score();
            }
        }
        List<Scored> sorted = new ArrayList<>(best);
        sorted.sort(BEST_FIRST);
        int begin = Math.min(from, sorted.size());
        return new Page(sorted.subList(begin, Math.min(begin + most, sorted.size())), total);
    }
}
