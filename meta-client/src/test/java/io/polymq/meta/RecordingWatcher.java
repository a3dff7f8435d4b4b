package io.polymq.meta;

import io.polymq.meta.MetadataStore.Change;
import io.polymq.meta.MetadataStore.Range;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Predicate;

/** Notes what it hears; {@link #state} is what a cache would hold. Any thread. */
public final class RecordingWatcher implements MetadataStore.Watcher {

    public record Heard(List<Change> changes, long revision) {
        public List<String> keys() {
            return changes.stream().map(c -> (c.deleted() ? "-" : "+") + c.key()).toList();
        }
    }

    private final List<Heard> heard = new ArrayList<>();
    private final Map<String, String> state = new TreeMap<>();
    private int resyncs;
    private long revision;
    private boolean broken;

    @Override
    public synchronized void changed(List<Change> changes, long at) {
        broken |= at <= revision || changes.isEmpty();
        revision = at;
        heard.add(new Heard(changes, at));
        for (Change change : changes) {
            broken |= change.modRevision() != at;
            if (change.deleted()) {
                state.remove(change.key());
            } else {
                state.put(change.key(), new String(change.value()));
            }
        }
        notifyAll();
    }

    @Override
    public synchronized void resync(Range range) {
        broken |= range.revision() < revision;
        revision = range.revision();
        resyncs++;
        state.clear();
        range.entries().forEach(e -> state.put(e.key(), new String(e.value())));
        notifyAll();
    }

    public synchronized List<Heard> heard() {
        return List.copyOf(heard);
    }

    public synchronized Map<String, String> state() {
        return Map.copyOf(state);
    }

    public synchronized int resyncs() {
        return resyncs;
    }

    /** Whether a call ever contradicted the contract. */
    public synchronized boolean broken() {
        return broken;
    }

    public synchronized RecordingWatcher await(Predicate<RecordingWatcher> condition) {
        long end = System.nanoTime() + Duration.ofSeconds(20).toNanos();
        while (!condition.test(this)) {
            long left = (end - System.nanoTime()) / 1_000_000;
            if (left <= 0) {
                throw new AssertionError(
                        "not reached; heard "
                                + heard
                                + ", resyncs "
                                + resyncs
                                + ", state "
                                + state);
            }
            try {
                wait(left);
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
        }
        return this;
    }
}
