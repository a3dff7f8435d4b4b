package io.polymq.core.topic;

import io.polymq.core.router.Matches;
import io.polymq.core.router.SubjectTrie;
import io.polymq.core.subject.Filter;
import io.polymq.core.subject.Subject;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import org.jspecify.annotations.Nullable;

/** One tenant's topics in memory. Read by any thread, changed by the catalogue's. */
final class TenantTopics {

    /** A capture, for finding topics by subject. */
    private static final class Captured extends SubjectTrie.Entry {
        private final String topic;

        Captured(String topic) {
            this.topic = topic;
        }
    }

    private final Map<String, StoredTopic> topics = new ConcurrentSkipListMap<>();
    private final SubjectTrie<Captured> captures;
    private final Map<String, List<Captured>> capturesByTopic = new HashMap<>();

    TenantTopics(long secret, int maxLevels) {
        captures = new SubjectTrie<>(secret, maxLevels);
    }

    @Nullable StoredTopic find(String name) {
        return topics.get(name);
    }

    Collection<StoredTopic> all() {
        return topics.values();
    }

    long partitions() {
        return topics.values().stream().mapToLong(topic -> topic.spec().partitions()).sum();
    }

    void put(StoredTopic topic) {
        topics.put(topic.name(), topic);
        index(topic.name(), topic.spec().captures());
    }

    void remove(String name) {
        topics.remove(name);
        index(name, List.of());
    }

    private void index(String topic, List<Filter> filters) {
        List<Captured> former = capturesByTopic.remove(topic);
        if (former != null) {
            former.forEach(captures::remove);
        }
        List<Captured> now = new ArrayList<>(filters.size());
        for (Filter filter : filters) {
            Captured captured = new Captured(topic);
            captures.add(filter, captured);
            now.add(captured);
        }
        if (!now.isEmpty()) {
            capturesByTopic.put(topic, now);
        }
    }

    List<Topic> capturing(Subject subject) {
        Matches<Captured> found = new Matches<>();
        captures.match(subject, found);
        List<Topic> capturing = new ArrayList<>(found.size());
        found.forEach(
                captured -> {
                    StoredTopic topic = topics.get(captured.topic);
                    if (topic != null && !capturing.contains(topic)) {
                        capturing.add(topic);
                    }
                });
        return capturing;
    }

    List<Topic> overlapping(Filter filter) {
        List<Topic> overlapping = new ArrayList<>();
        for (StoredTopic topic : topics.values()) {
            if (topic.spec().captures().stream().anyMatch(filter::overlaps)) {
                overlapping.add(topic);
            }
        }
        return overlapping;
    }
}
